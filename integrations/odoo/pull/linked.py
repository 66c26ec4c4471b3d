"""Many2many from their other side: the record's own stamp does not move, so each link's records are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from psycopg import sql

from integrations.odoo.client import OdooClient, UnknownNameError

from .comparing import Condition, absent, ids_of
from .maps import FittedMap
from .reader import EVERY_RECORD, PageError

LINKS_AT_MOST = 2_000  # different ones: beyond, a call that groups by them costs as much as reading all
Counted = dict[int | None, tuple[int, int]]  # linked record (None: no link) → how many have it, sum of their ids


def links_that_differ(
    client: OdooClient, fitted: FittedMap, described: Mapping[str, Mapping[str, Any]]
) -> Iterator[list[int]]:
    """For each many2many column the ids of records that have other links there than here. One call for each."""
    for column, source in fitted.columns.items():
        is_array = isinstance(fitted.map.mirror_model._meta.get_field(column), ArrayField)
        about = described.get(source, {}) if isinstance(source, str) else {}
        if is_array and about.get("type") == "many2many" and about.get("store", True):
            yield _of_column(client, fitted, column, str(source))


def _of_column(client: OdooClient, fitted: FittedMap, column: str, name: str) -> list[int]:
    here = _here(fitted, column)
    if len(here) > LINKS_AT_MOST:
        return []
    try:
        there = _there(client, fitted, name)
    except UnknownNameError:  # before Odoo 19: found when the record is read again
        return []
    wrong = [link for link in {*there, *here} if there.get(link) != here.get(link) and link is not None]
    return [id_ for link in wrong for id_ in _having_one_side(client, fitted, column, name, link)]


def _there(client: OdooClient, fitted: FittedMap, name: str) -> Counted:
    groups = client.call(
        fitted.map.odoo_model, "formatted_read_group", domain=list(fitted.map.domain), groupby=[name],
        aggregates=["__count", "id:sum"], context=EVERY_RECORD,
    )  # fmt: skip
    try:
        return {group[name][0] if group[name] else None: (group["__count"], group["id:sum"] or 0) for group in groups}
    except (IndexError, KeyError, TypeError):
        raise PageError("Odoo's groups of links can't be understood") from None


def _here(fitted: FittedMap, column: str) -> Counted:
    command = sql.SQL(
        "SELECT link, count(*), sum(odoo_id)::bigint FROM {} LEFT JOIN LATERAL unnest({}) AS link ON true"
        " WHERE odoo_deleted_at IS NULL GROUP BY 1"
    ).format(sql.Identifier(fitted.map.mirror_model._meta.db_table), sql.Identifier(column))
    with connection.cursor() as cursor:
        cursor.execute(command)
        return {link: (count, total) for link, count, total in cursor.fetchall()}


def _having_one_side(client: OdooClient, fitted: FittedMap, column: str, name: str, link: int) -> list[int]:
    """Records that have the link in Odoo and not here, or here and not in Odoo."""
    model = fitted.map.mirror_model
    has_it: Condition = (sql.SQL("{} @> ARRAY[%s::bigint]").format(sql.Identifier(column)), [link])
    found: list[int] = []
    for after, upto, there in ids_of(client, fitted.map, [[name, "in", [link]]]):
        lacking = absent(model, there, after=after, upto=upto, condition=has_it)
        with connection.cursor() as cursor:
            command = sql.SQL("SELECT unnest(%s::bigint[]) EXCEPT SELECT odoo_id FROM {} WHERE {}")
            cursor.execute(command.format(sql.Identifier(model._meta.db_table), has_it[0]), [list(there), *has_it[1]])
            found += lacking + [id_ for (id_,) in cursor.fetchall()]
    return found
