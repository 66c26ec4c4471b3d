"""The sandbox's own PostgreSQL schema: made and seeded when missing, one transaction per call, reset for tests."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from . import hooks, versions
from .errors import OdooError
from .records import NOW, Env
from .schema import DDL, MODELS, TYPES
from .who import Rows, keep_secret

AGAIN = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected, psycopg.errors.UniqueViolation)
ATTEMPTS = 12
KEPT = ("record", "secret")
SECRETS = {  # variable: kind, login, and what it is on a developer's machine
    "SANDBOX_API_KEY": ("key", "cockpit", "sandbox"),
    "SANDBOX_PASSWORD": ("password", "cockpit", "cockpit"),
    "SANDBOX_ADMIN_API_KEY": ("key", "admin", "sandbox-admin"),
    "SANDBOX_ADMIN_PASSWORD": ("password", "admin", "admin"),
}
T = TypeVar("T")


class Store:
    """`url` is a libpq URL; `schema` is made in that database when it is missing."""

    def __init__(self, url: str, schema: str = "odoo_sandbox"):
        self.schema = schema
        self.faults: list[dict] = []  # asked for and not yet used up
        self.faults_lock = threading.Lock()
        self.pool: ConnectionPool[psycopg.Connection[dict[str, Any]]] = ConnectionPool(
            url, min_size=1, max_size=8, timeout=10, open=False, configure=_configure,
            check=ConnectionPool.check_connection,  # PostgreSQL may have been started anew
            kwargs={"options": f"-c search_path={schema}", "row_factory": dict_row},
        )  # fmt: skip

    def open(self, seed: Callable[[Env], None]) -> None:
        """Make what is missing; `seed` runs only in an empty schema. Keys and passwords come from the environment."""
        self.pool.open(wait=True, timeout=15)
        with self._connection() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")  # see what is there after the lock
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('odoo_sandbox'))")
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"'.encode())
            connection.execute(DDL.encode())
            for model in MODELS:
                connection.execute(f'CREATE SEQUENCE IF NOT EXISTS "id_{model}"'.encode())
            env = Env(connection.cursor(), 1, is_sudo=True)
            is_empty = not env.rows("SELECT 1 FROM record LIMIT 1")
            declare(env)
            if is_empty:
                seed(env)
            versions.complete(env)
            versions.follow(env)
            for variable, (kind, login, default) in SECRETS.items():
                user = env.ids("res.users", [["login", "=", login]])[0]
                keep_secret(env.cursor, kind, os.environ.get(variable) or default, user)

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        with self.pool.connection() as connection, connection.transaction():
            yield connection

    def run(self, work: Callable[[Rows], T]) -> T:
        """`work` in one transaction, repeated when another one was faster. Raises OdooError when it never wins."""
        for attempt in range(ATTEMPTS):
            try:
                with hooks.after_commit(), self._connection() as connection:
                    return work(connection.cursor())
            except AGAIN:
                time.sleep(random.uniform(0, 0.02 * 2 ** min(attempt, 5)))
        raise OdooError("busy", "could not serialize access due to concurrent update")

    def keep(self) -> None:
        """Remember the present state as the one that `reset` returns to."""
        with self._connection() as connection:
            for table in KEPT:
                connection.execute(f"DROP TABLE IF EXISTS kept_{table}".encode())
                connection.execute(f"CREATE TABLE kept_{table} AS TABLE {table}".encode())

    def reset(self) -> None:
        """Back to the kept state, ids included."""
        self.faults.clear()
        with self._connection() as connection:
            connection.execute("TRUNCATE record, secret")
            for table in KEPT:
                connection.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}".encode())
            connection.execute("""SELECT setval(c.oid, coalesce(max(r.id), 0) + 1, false)
                FROM pg_class c LEFT JOIN record r ON c.relname = 'id_' || r.model
                WHERE c.relkind = 'S' AND c.relnamespace = current_schema()::regnamespace GROUP BY c.oid""")

    def drop(self) -> None:
        with self._connection() as connection:
            connection.execute(f'DROP SCHEMA IF EXISTS "{self.schema}" CASCADE'.encode())
        self.close()

    def close(self) -> None:
        self.pool.close()


def _configure(connection: psycopg.Connection[dict[str, Any]]) -> None:
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ


def declare(env: Env) -> None:
    """List the declared models and fields as Odoo lists its own; those that are listed already keep their ids."""
    add = f"INSERT INTO record SELECT %s, nextval(%s), 1, {NOW}, 1, {NOW}, %s"
    there = {row["data"]["model"] for row in env.find("ir.model", [])}
    models = [{"name": m.label, "model": name, "state": "base"} for name, m in MODELS.items() if name not in there]
    env.cursor.executemany(add.encode(), [("ir.model", '"id_ir.model"', Jsonb(data)) for data in models])
    ids = {row["data"]["model"]: row["id"] for row in env.find("ir.model", [])}
    known = {(row["data"]["model"], row["data"]["name"]) for row in env.find("ir.model.fields", [])}
    missing = [(name, field) for name, model in MODELS.items() for field in model.fields.values()
               if (name, field.name) not in known]  # fmt: skip
    fields = [{
        "name": field.name, "model": name, "model_id": ids[name], "field_description": field.label, "state": "base",
        "ttype": TYPES[field.kind], "relation": field.relation or None, "required": field.required, "index": False,
        "readonly": field.computed, "store": field.stored, "copied": not field.computed,
    } for name, field in missing]  # fmt: skip
    env.cursor.executemany(add.encode(), [("ir.model.fields", '"id_ir.model.fields"', Jsonb(one)) for one in fields])


def from_environment() -> Store:
    """SANDBOX_DATABASE_URL, else the project's DATABASE_URL; a schema of its own in either."""
    url = os.environ.get("SANDBOX_DATABASE_URL") or os.environ.get("DATABASE_URL")
    if not url:
        raise SystemExit("Set SANDBOX_DATABASE_URL to a PostgreSQL database for the sandbox's schema.")
    return Store(url)
