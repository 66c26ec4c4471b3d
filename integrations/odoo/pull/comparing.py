"""Rows of Odoo against rows of the mirror, in SQL: which are absent on one side, which are not equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import connection
from psycopg import sql

from integrations.mirror.models import MirrorModel, Number
from integrations.odoo.client import OdooClient

from .maps import Map
from .reader import EVERY_RECORD, check_ids

IDS_AT_ONCE = 100_000
NAMED_AT_ONCE = 10_000  # ids in one domain
Condition = tuple[sql.Composable, list[Any]]  # of rows of the mirror, with its parameters
EVERY_ROW: Condition = (sql.SQL("true"), [])


def unequal(model: type[MirrorModel], columns: Mapping[str, Sequence[Any]]) -> list[int]:
    """Ids among `columns` (column → values, as the table takes them) whose row is not live here, or not equal."""
    if not columns["odoo_id"]:
        return []
    names = [name for name in columns if name != "odoo_id"]
    arrays = sql.SQL(", ").join(
        sql.SQL("%s::{}[]").format(sql.SQL(model._meta.get_field(name).db_type(connection) or "")) for name in columns
    )
    there, here = (
        sql.SQL(", ").join(sql.SQL("{}.{}").format(sql.SQL(side), sql.Identifier(name)) for name in names)
        for side in ("there", "here")
    )
    command = sql.SQL(
        "SELECT there.odoo_id FROM unnest({arrays}) AS there({names}) LEFT JOIN {table} AS here USING (odoo_id)"
        " WHERE here.odoo_id IS NULL OR here.odoo_deleted_at IS NOT NULL OR ({here}) IS DISTINCT FROM ({there})"
        " ORDER BY 1"
    ).format(
        arrays=arrays,
        names=sql.SQL(", ").join(map(sql.Identifier, columns)),
        table=sql.Identifier(model._meta.db_table),
        here=here,
        there=there,
    )
    with connection.cursor() as cursor:
        cursor.execute(command, [_exact(model, name, values) for name, values in columns.items()])
        return [id_ for (id_,) in cursor.fetchall()]


def _exact(model: type[MirrorModel], name: str, values: Sequence[Any]) -> list[Any]:
    """Numbers as text: on the way through a binary float PostgreSQL would keep fifteen of their digits."""
    if not isinstance(model._meta.get_field(name), Number):
        return list(values)
    return [None if value is None else str(value) for value in values]


def absent(
    model: type[MirrorModel], there: Sequence[int], *, after: int, upto: int | None, condition: Condition = EVERY_ROW
) -> list[int]:
    """Live rows that are not `there`, of those with after < id ≤ upto (None: to the end) that fit the condition."""
    where, values = condition
    command = sql.SQL(
        "SELECT odoo_id FROM {table} WHERE odoo_deleted_at IS NULL AND odoo_id > %s"
        " AND (%s::bigint IS NULL OR odoo_id <= %s) AND {where}"
        " EXCEPT SELECT unnest(%s::bigint[]) ORDER BY 1"
    ).format(table=sql.Identifier(model._meta.db_table), where=where)
    with connection.cursor() as cursor:
        cursor.execute(command, [after, upto, upto, *values, list(there)])
        return [id_ for (id_,) in cursor.fetchall()]


def ids_of(client: OdooClient, map_: Map, domain: Sequence[Any]) -> Iterator[tuple[int, int | None, list[int]]]:
    """Windows (after, up to or None for the end) with the ids that Odoo has in them, in rising order."""
    after = 0
    while True:
        ids = client.call(
            map_.odoo_model, "search", domain=[*map_.domain, *domain, ["id", ">", after]], order="id",
            limit=IDS_AT_ONCE, context=EVERY_RECORD,
        )  # fmt: skip
        check_ids(ids, after=after)
        is_last = len(ids) < IDS_AT_ONCE
        yield after, None if is_last else ids[-1], ids
        if is_last:
            return
        after = ids[-1]


def still_there(client: OdooClient, map_: Map, ids: Sequence[int]) -> set[int]:
    """Those of `ids` that Odoo has: what stands in another group now is not gone."""
    found: set[int] = set()
    for start in range(0, len(ids), NAMED_AT_ONCE):
        named = [["id", "in", list(ids[start : start + NAMED_AT_ONCE])]]
        for _, _, there in ids_of(client, map_, named):
            found.update(there)
    return found
