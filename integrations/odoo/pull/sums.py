"""Counts and sums of a model by month and company, in Odoo and here: where they agree nothing needs to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, models
from psycopg import sql

from integrations.odoo.client import OdooClient

from .maps import FittedMap
from .reader import EVERY_RECORD, PageError

ADDED = {"integer", "float", "monetary", "many2one", "many2one_reference"}
GROUPED = {"date", "datetime"}
Key = tuple[str | None, int | None]  # month as 2026-05, company; None: not set, or the model has no such column
Found = tuple[Decimal, ...]  # count, sum of ids, newest stamp in seconds, sum of each column


@dataclass(frozen=True)
class Group:
    """`domain`: which of the model's records are in it, as Odoo says."""

    found: Found
    domain: list[Any]


@dataclass(frozen=True)
class Sums:
    """What is added up: numbers, and links as the sum of their ids. `month` and `company` are columns, or empty."""

    fitted: FittedMap
    columns: Mapping[str, str]  # column → field
    month: str
    company: str

    @property
    def groupby(self) -> list[str]:
        month = [f"{self._field(self.month)}:month"] if self.month else []
        return month + ([self._field(self.company)] if self.company else [])

    @property
    def aggregates(self) -> list[str]:
        return ["__count", "id:sum", "write_date:max", *(f"{field}:sum" for field in self.columns.values())]

    @property
    def narrowed(self) -> FittedMap:
        """The map with nothing but these columns: what to read of a record to see whether it differs."""
        return FittedMap(self.fitted.map, {**self.columns})

    def _field(self, column: str) -> str:
        return str(self.fitted.columns[column])

    def there(self, client: OdooClient) -> dict[Key, Group]:
        """One call. Raises PageError and the client's errors."""
        groups = client.call(
            self.fitted.map.odoo_model, "formatted_read_group", domain=list(self.fitted.map.domain),
            groupby=self.groupby, aggregates=self.aggregates, context=EVERY_RECORD,
        )  # fmt: skip
        try:
            found = {self._key(group): self._group(group) for group in groups}
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, ArithmeticError):
            raise PageError("Odoo's groups of sums can't be understood") from None
        return {key: group for key, group in found.items() if group.found[0]}

    def _key(self, group: Mapping[str, Any]) -> Key:
        month = group[f"{self._field(self.month)}:month"] if self.month else None
        company = group[self._field(self.company)] if self.company else None
        return (month[0][:7] if month else None), (company[0] if company else None)

    def _group(self, group: Mapping[str, Any]) -> Group:
        newest = group["write_date:max"]
        stamp = datetime.fromisoformat(newest[:19]).replace(tzinfo=UTC).timestamp() if newest else 0
        numbers = [Decimal(repr(group[f"{name}:sum"] or 0)) for name in ("id", *self.columns.values())]
        found = (Decimal(group["__count"]), numbers[0], Decimal(int(stamp)), *numbers[1:])
        return Group(found, list(group["__extra_domain"]))

    def here(self) -> dict[Key, Found]:
        """The same of the live rows of the mirror. One query."""
        added = sql.SQL("").join(
            sql.SQL(", coalesce(sum({}), 0)").format(sql.Identifier(name)) for name in self.columns
        )
        command = sql.SQL(
            "SELECT {month}, {company}, count(*), coalesce(sum(odoo_id), 0),"
            " coalesce(extract(epoch FROM date_trunc('second', max(odoo_write_date))), 0){added}"
            " FROM {table} WHERE odoo_deleted_at IS NULL GROUP BY 1, 2"
        ).format(month=self._month_sql(), company=self._company_sql(), added=added, table=self._table())
        with connection.cursor() as cursor:
            cursor.execute(command)
            rows = cursor.fetchall()
        return {(month and f"{month:%Y-%m}", company): tuple(map(Decimal, rest)) for month, company, *rest in rows}

    def is_in(self, key: Key) -> tuple[sql.Composable, list[Any]]:
        """The condition under which a row of the mirror is in the group `key`."""
        condition = sql.SQL("{} IS NOT DISTINCT FROM %s::timestamp AND {} IS NOT DISTINCT FROM %s::bigint")
        month, company = key
        return condition.format(self._month_sql(), self._company_sql()), [month and f"{month}-01", company]

    def _table(self) -> sql.Identifier:
        return sql.Identifier(self.fitted.map.mirror_model._meta.db_table)

    def _month_sql(self) -> sql.Composable:
        if not self.month:
            return sql.SQL("NULL::timestamp")
        is_moment = isinstance(self.fitted.map.mirror_model._meta.get_field(self.month), models.DateTimeField)
        plain = "{} AT TIME ZONE 'UTC'" if is_moment else "{}::timestamp"
        return sql.SQL("date_trunc('month', " + plain + ")").format(sql.Identifier(self.month))

    def _company_sql(self) -> sql.Composable:
        return sql.Identifier(self.company) if self.company else sql.SQL("NULL::bigint")


def sums_of(fitted: FittedMap, described: Mapping[str, Mapping[str, Any]]) -> Sums:
    """What can be added up of a map on a server that describes its fields so.

    Texts, truth values and dates can't: what changes in them without a new stamp is found by reading again.
    """
    plain = {column: source for column, source in fitted.columns.items() if isinstance(source, str)}
    stored = {column: source for column, source in plain.items() if _is_stored(described.get(source, {}))}
    types = {column: described.get(source, {}).get("type") for column, source in stored.items()}
    month = next((column for column in stored if types[column] in GROUPED), "")
    company = "company_id" if types.get("company_id") == "many2one" else ""
    return Sums(fitted, {name: source for name, source in stored.items() if types[name] in ADDED}, month, company)


def _is_stored(about: Mapping[str, Any]) -> bool:
    return about.get("store", True) is True and not about.get("company_dependent", False)


def differing(there: Mapping[Key, Group], here: Mapping[Key, Found]) -> list[Key]:
    """The groups that are not equal in both, those without a month first."""
    keys = {*there, *here}
    unequal = [key for key in keys if key not in there or key not in here or not _equal(there[key].found, here[key])]
    return sorted(unequal, key=lambda key: (key[0] or "", key[1] or 0))


def _equal(there: Found, here: Found) -> bool:
    """Odoo adds up in binary floats and sends them as such: the last digits are noise."""
    return all(
        abs(left - right) <= Decimal("1e-6") + abs(right) * Decimal("1e-12")
        for left, right in zip(there, here, strict=True)
    )
