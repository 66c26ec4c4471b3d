"""Databases of the bench in one throw-away server: made, filled in sets, looked at in turn, and gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql


def make(name: str) -> None:
    """An empty, migrated database, which the project's connection is turned to."""
    _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _administer("CREATE DATABASE {}", name)
    turn_to(name)
    call_command("migrate", verbosity=0)


def drop(name: str) -> None:
    connection.close()
    _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def turn_to(name: str) -> None:
    if connection.settings_dict["NAME"] != name:
        connection.close()
        connection.settings_dict["NAME"] = name


def _administer(statement: str, name: str) -> None:
    parts = connection.settings_dict
    known = {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {ours: str(parts[theirs]) for ours, theirs in known.items() if parts[theirs]}
    with psycopg.connect(dbname="postgres", autocommit=True, **given) as server:  # type: ignore[arg-type]
        server.execute(sql.SQL(statement).format(sql.Identifier(name)))  # type: ignore[arg-type]


@contextmanager
def bulk(*tables: str) -> Iterator[None]:
    """Many rows at once: without triggers, foreign keys and indexes, which are made again; then all is analysed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
            WHERE i.indrelid = ANY(%s::regclass[]) AND NOT EXISTS (
                SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)""",
            [list(tables)],
        )
        indexes = cursor.fetchall()
        cursor.execute(
            """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])""",
            [list(tables)],
        )
        links = cursor.fetchall()
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for statement in _off(tables, links, indexes):
            cursor.execute(statement)
        yield
        for statement in _on(tables, links, indexes):
            cursor.execute(statement)
        cursor.execute("RESET maintenance_work_mem")


def _off(tables: Sequence[str], links: Sequence[tuple], indexes: Sequence[tuple]) -> Iterator[str]:
    yield from (f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables)
    yield from (f'ALTER TABLE {table} DROP CONSTRAINT "{name}"' for table, name, _ in links)
    yield from (f"DROP INDEX {name}" for name, _ in indexes)


def _on(tables: Sequence[str], links: Sequence[tuple], indexes: Sequence[tuple]) -> Iterator[str]:
    yield from (definition for _, definition in indexes)
    yield from (f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {said} NOT VALID' for table, name, said in links)
    yield from (f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables)
    yield from (f"ANALYZE {table}" for table in tables)


def multiply(table: str, ids: Sequence[int], count: int, values: Mapping[str, str], key: str = "id") -> None:
    """Copy rows `count` times; `n` counts from 1, and `values` says per column (SQL over `t` and `n`) what differs."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT column_name FROM information_schema.columns
            WHERE table_name = %s AND table_schema = current_schema() AND is_generated = 'NEVER'""",
            [table],
        )
        names = [row[0] for row in cursor.fetchall()]
        if unknown := set(values) - set(names):
            raise KeyError(f"{table} has no columns {sorted(unknown)}")
        columns = ", ".join(f'"{name}"' for name in names)
        chosen = ", ".join(values.get(name, f't."{name}"') for name in names).replace("%", "%%")
        cursor.execute(
            f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE "
            f"SELECT {chosen} FROM {table} t CROSS JOIN generate_series(1, {count}) n WHERE t.{key} = ANY(%s)",
            [list(ids)],
        )
