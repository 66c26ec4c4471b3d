"""A first load: an empty table is filled straight by COPY, and its indexes are made once it is full.

That a table is being filled, and which indexes it lacks, stands in the model's cursor, in the transaction of each page:
after any end of the process the next round goes on, and makes what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any

from django.db import connection, transaction
from django.db.utils import DataError, IntegrityError
from psycopg import sql
from psycopg.errors import UniqueViolation

from integrations.mirror.models import Cursor, MirrorModel

from .merge import Merged, RowsRefusedError, content_of, in_words


class NotEmptyError(Exception):
    """Somebody else put a row of the page into the table meanwhile; nothing of it was written."""


ROWS_AT_ONCE = 2_000
SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def begins_empty(model: type[MirrorModel]) -> bool:
    """Whether nothing stands in the table yet, not even a tombstone."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT NOT EXISTS (SELECT FROM {})").format(sql.Identifier(model._meta.db_table)))
        return bool(cursor.fetchone()[0])


def put_indexes_off(cursor: Cursor, model: type[MirrorModel]) -> None:
    """Drop all indexes but the key, in the caller's transaction, and note how they are made."""
    with connection.cursor() as run:
        run.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
            " WHERE i.indrelid = %s::regclass AND NOT i.indisunique"
            " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY 1",
            [model._meta.db_table],
        )
        found = run.fetchall()
        for name, _definition in found:
            run.execute(f"DROP INDEX {name}")
    cursor.indexes_due = [definition for _name, definition in found]


@transaction.atomic
def make_indexes(cursor: Cursor, model: type[MirrorModel]) -> None:
    """Make what was put off, and let the planner know the table. Twice is once."""
    with connection.cursor() as run:
        run.execute("SET LOCAL maintenance_work_mem = '128MB'")
        for definition in cursor.indexes_due:
            run.execute(definition.replace("CREATE INDEX ", "CREATE INDEX IF NOT EXISTS ", 1))
        run.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(model._meta.db_table)))
    cursor.indexes_due, cursor.filling = [], False
    cursor.save(update_fields=["indexes_due", "filling"])


def fill(model: type[MirrorModel], columns: Mapping[str, Sequence[Any]], *, at: datetime) -> Merged:
    """Append rows (column → values) that the table does not hold; what `merge` makes of them in an empty table.

    Raises NotEmptyError and RowsRefusedError, and then nothing was written.
    """
    ids = columns["odoo_id"]
    if not ids:
        return Merged()
    known = {"odoo_id", "odoo_write_date", *content_of(model)}
    names = [name for name in columns if name in known]
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(map(sql.Identifier, [*names, "row_version", "pulled_at"])),
    )
    try:
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            connection.wrap_database_errors,
            cursor.copy(command) as copy,
        ):
            for block in text_of([columns[name] for name in names], ["1", at.isoformat()]):
                copy.write(block)
    except (DataError, IntegrityError) as problem:
        if isinstance(problem.__cause__, UniqueViolation):
            raise NotEmptyError from problem
        raise RowsRefusedError(in_words(problem)) from problem
    return Merged(len(ids), list(ids))


def text_of(columns: Sequence[Sequence[Any]], constants: Sequence[str]) -> Iterable[str]:
    """Rows in the text form of COPY, some thousand at a time. Made by columns: much faster than row by row."""
    count = len(columns[0])
    for start in range(0, count, ROWS_AT_ONCE):
        parts = [_texts(values[start : start + ROWS_AT_ONCE]) for values in columns]
        rows = zip(*parts, *map(repeat, constants), strict=False)
        yield "\n".join(map("\t".join, rows)) + "\n"


def _texts(values: Sequence[Any]) -> list[str]:
    """One column's values as COPY reads them; `convert` has seen to it that they are of one kind or None."""
    kinds = set(map(type, values))
    without = kinds - {type(None)}
    if without <= {int, float}:
        made = list(map(repr, values))
    elif without == {str}:
        made = _escaped([value or "" for value in values] if kinds != without else list(values))
    elif without == {bool}:
        made = ["t" if value else "f" for value in values]
    else:
        made = [_array(value) if isinstance(value, list) else str(value).translate(SPECIAL) for value in values]
    if type(None) in kinds:
        return ["\\N" if value is None else text for value, text in zip(values, made, strict=True)]
    return made


def _escaped(texts: list[str]) -> list[str]:
    whole = "".join(texts)
    if any(sign in whole for sign in "\\\t\n\r"):
        return [text.translate(SPECIAL) for text in texts]
    return texts


def _array(ids: Sequence[int]) -> str:
    return "{" + ",".join(map(str, ids)) + "}"
