"""Writing a page: COPY into a temporary table, then one INSERT … ON CONFLICT that leaves equal rows untouched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.utils import DataError, IntegrityError
from psycopg import sql

from integrations.mirror.models import Dirty, MirrorModel

from .maps import BASE_COLUMNS, Map, Mark

PAGE = sql.Identifier("pull_page")


class RowsRefusedError(ValueError):
    """PostgreSQL can't hold a value of the page; the message says which and where."""


@dataclass(frozen=True)
class Merged:
    """Ids by what became of them; a revived record (its tombstone taken away) counts as updated."""

    read: int = 0
    inserted: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)

    @property
    def changed(self) -> list[int]:
        return self.inserted + self.updated

    @property
    def unchanged(self) -> int:
        return self.read - len(self.inserted) - len(self.updated)


@transaction.atomic
def merge(model: type[MirrorModel], columns: Mapping[str, Sequence[Any]], *, at: datetime) -> Merged:
    """Bring the rows (column → values, `odoo_id` among them, each id once), read not before `at`, into the table.

    A row that was read later stays as it is, for a record may be read beside a round. A page of a round holds only what
    was written before the round began, so whoever read it since has seen at least as much.
    One whose content is equal stays untouched: no new version, no write. Columns of content that are not given
    become NULL. Raises RowsRefusedError, and then nothing was written.
    """
    if not columns["odoo_id"]:
        return Merged()
    try:
        with connection.cursor() as cursor:
            _copy(cursor, model, columns)
            cursor.execute(_upsert(model), {"at": at})
            touched = cursor.fetchall()
            cursor.execute(_restamp(model), {"at": at})
            cursor.execute(sql.SQL("DROP TABLE {}").format(PAGE))
    except (DataError, IntegrityError) as problem:
        raise RowsRefusedError(in_words(problem)) from problem
    inserted = [id_ for id_, is_new in touched if is_new]
    return Merged(len(columns["odoo_id"]), inserted, [id_ for id_, is_new in touched if not is_new])


@transaction.atomic
def bury(model: type[MirrorModel], ids: Iterable[int], *, at: datetime) -> list[int]:
    """Put a tombstone on the live rows among `ids` that nobody read after `at`; the ids that got one."""
    command = sql.SQL(
        "UPDATE {table} SET odoo_deleted_at = %(at)s, pulled_at = %(at)s, row_version = row_version + 1"
        " WHERE odoo_id = ANY(%(ids)s) AND odoo_deleted_at IS NULL AND pulled_at <= %(at)s RETURNING odoo_id"
    ).format(table=sql.Identifier(model._meta.db_table))
    with connection.cursor() as cursor:
        cursor.execute(command, {"at": at, "ids": list(ids)})
        return [id_ for (id_,) in cursor.fetchall()]


def leave_marks(map_: Map, ids: Sequence[int]) -> None:
    """Note in the caller's transaction what these changed rows give to tell."""
    if map_.mark is None or not ids:
        return
    if map_.mark.column is None:
        leave_mark(map_.mark)
        return
    command = sql.SQL(
        "INSERT INTO {dirty} (reason, model, odoo_id) SELECT DISTINCT %s, %s, {column} FROM {table}"
        " WHERE odoo_id = ANY(%s) AND {column} IS NOT NULL{where} ON CONFLICT DO NOTHING"
    ).format(
        dirty=sql.Identifier(Dirty._meta.db_table),
        column=sql.Identifier(map_.mark.column),
        table=sql.Identifier(map_.mirror_model._meta.db_table),
        where=sql.SQL(" AND {} = %s").format(sql.Identifier(map_.mark.where[0])) if map_.mark.where else sql.SQL(""),
    )
    chosen = [map_.mark.where[1]] if map_.mark.where else []
    with connection.cursor() as cursor:
        cursor.execute(command, [map_.mark.reason, map_.mark.model, list(ids), *chosen])


def leave_mark(mark: Mark) -> None:
    """Note a mark about a model as a whole."""
    Dirty.objects.bulk_create([Dirty(reason=mark.reason, model=mark.model)], ignore_conflicts=True)


def content_of(model: type[MirrorModel]) -> list[str]:
    """The columns that Odoo fills, in the table's order."""
    return [each.attname for each in model._meta.concrete_fields if each.attname not in BASE_COLUMNS]


def _copy(cursor: Any, model: type[MirrorModel], columns: Mapping[str, Sequence[Any]]) -> None:
    """The page as a table of its own, with the column types of the mirror's; types are checked by PostgreSQL."""
    table = sql.Identifier(model._meta.db_table)
    names = sql.SQL(", ").join(map(sql.Identifier, ["odoo_id", "odoo_write_date", *content_of(model)]))
    cursor.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0").format(PAGE, names, table)
    )
    given = sql.SQL(", ").join(map(sql.Identifier, columns))
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(PAGE, given)
    with connection.wrap_database_errors, cursor.copy(command) as copy:  # a cursor's copy is not wrapped by Django
        for row in zip(*columns.values(), strict=True):
            copy.write_row(row)


def _upsert(model: type[MirrorModel]) -> sql.Composed:
    names = ["odoo_write_date", *content_of(model)]
    content = [sql.Identifier(name) for name in content_of(model)]
    return sql.SQL(
        "INSERT INTO {table} AS m (odoo_id, row_version, pulled_at, {names})"
        " SELECT odoo_id, 1, %(at)s, {names} FROM {page}"
        " ON CONFLICT (odoo_id) DO UPDATE SET {sets},"
        " row_version = m.row_version + 1, pulled_at = EXCLUDED.pulled_at, odoo_deleted_at = NULL"
        " WHERE m.pulled_at <= EXCLUDED.pulled_at"
        " AND (({old}) IS DISTINCT FROM ({new}) OR m.odoo_deleted_at IS NOT NULL)"
        " RETURNING m.odoo_id, m.xmax = 0"
    ).format(
        table=sql.Identifier(model._meta.db_table),
        page=PAGE,
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
        sets=sql.SQL(", ").join(sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name)) for name in names),
        old=sql.SQL(", ").join(sql.SQL("m.{}").format(name) for name in content),
        new=sql.SQL(", ").join(sql.SQL("EXCLUDED.{}").format(name) for name in content),
    )


def _restamp(model: type[MirrorModel]) -> sql.Composed:
    """Odoo moves `write_date` also when nothing changed: follow it without making a new version."""
    return sql.SQL(
        "UPDATE {} AS m SET odoo_write_date = p.odoo_write_date, pulled_at = %(at)s FROM {} AS p"
        " WHERE m.odoo_id = p.odoo_id AND m.odoo_write_date IS DISTINCT FROM p.odoo_write_date"
        " AND m.pulled_at <= %(at)s"
    ).format(sql.Identifier(model._meta.db_table), PAGE)


def in_words(problem: Exception) -> str:
    """PostgreSQL's sentence with the column it is about; never the whole row."""
    diagnostics = getattr(problem.__cause__, "diag", None)
    said = getattr(diagnostics, "message_primary", None) or str(problem).splitlines()[0]
    context = (getattr(diagnostics, "context", None) or "").split(":")[0]
    return f"{said} ({context})" if context else said
