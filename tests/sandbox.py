"""The Odoo sandbox in this process: a WSGI server in a thread, on a free port, with a PostgreSQL schema of its own.

`running()` gives one; `tests.contract.world.World(sandbox.env, transport)` is the firm in it. Here a person's password
is the first name.
"""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from integrations.odoo.sandbox import faults, firm
from integrations.odoo.sandbox.app import Sandbox
from integrations.odoo.sandbox.records import Env
from integrations.odoo.sandbox.server import Server, listen
from integrations.odoo.sandbox.store import Store
from integrations.odoo.sandbox.who import keep_secret

TOKEN = "token of the tests"
KEYS = {"cockpit": "5b0c6f1e9d2a4783", "admin": "e81f47a06c3b29d5"}
PEOPLE = ("ann", "ben", "dan", "mia", "lea", "eve", "frank")


@dataclass
class Running:
    """A sandbox that answers; `reset()` brings the seeded firm back in about 50 ms."""

    store: Store
    app: Sandbox
    server: Server
    env: dict[str, str] = field(default_factory=dict)  # what reaches it, as the contract tests take it

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def reset(self) -> None:
        self.store.reset()

    def fault(self, kind: str, **more: Any) -> None:
        """`kind`: delay (`seconds`), 500, drop; optionally only for `model`, `method`, and `count` times."""
        body = json.dumps({"kind": kind, **more}).encode()
        status, answer = faults.control(self.store, TOKEN, "POST", "127.0.0.1", f"Bearer {TOKEN}", body)
        assert status == 200, answer

    def start(self) -> None:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Odoo goes away: its address refuses connections."""
        self.server.shutdown()
        self.server.server_close()

    def restart(self) -> None:
        """It comes back at the same address."""
        self.server = listen(self.app, self.server.server_port)
        self.start()


def test_database() -> str:
    """Where libpq finds the database of the tests, or the plain one when no test of this run asks Django for it."""
    parts = connection.settings_dict
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return make_conninfo(**{ours: parts[theirs] for ours, theirs in known.items() if parts[theirs]})


test_database.__test__ = False  # type: ignore[attr-defined]  # no test, whatever its name


@contextmanager
def running(schema: str = "odoo_sandbox") -> Iterator[Running]:
    """A seeded sandbox in a schema of its own, which goes with it; each worker of xdist has another."""
    schema = f"{schema}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    with psycopg.connect(test_database(), autocommit=True) as left_over:
        left_over.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
    store = Store(test_database(), schema)
    store.open(firm.seed)
    store.run(lambda cursor: give_passwords(Env(cursor, 1, is_sudo=True)))
    store.keep()
    app = Sandbox(store, token=TOKEN)
    sandbox = Running(store, app, listen(app, 0))
    sandbox.env |= {"ODOO_URL": sandbox.url, "ODOO_DB": app.db, "ODOO_LOGIN": "cockpit", "ODOO_PASSWORD": "cockpit",
                    "ODOO_API_KEY": KEYS["cockpit"], "ODOO_ADMIN_LOGIN": "admin", "ODOO_ADMIN_PASSWORD": "admin",
                    "ODOO_ADMIN_API_KEY": KEYS["admin"]}  # fmt: skip
    for name in PEOPLE:
        sandbox.env |= {f"ODOO_{name.upper()}_LOGIN": f"{name}@{firm.MAIL}", f"ODOO_{name.upper()}_PASSWORD": name}
    sandbox.start()
    try:
        yield sandbox
    finally:
        sandbox.stop()
        store.drop()


def give_passwords(env: Env) -> None:
    for login, key in KEYS.items():
        keep_secret(env.cursor, "key", key, env.ids("res.users", [["login", "=", login]])[0])
    for name in PEOPLE:
        keep_secret(env.cursor, "password", name, env.ids("res.users", [["login", "=", f"{name}@{firm.MAIL}"]])[0])
