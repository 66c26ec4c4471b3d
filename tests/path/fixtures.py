"""The cockpit beside `odoo`; for the sandbox and the live suite alike."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from integrations.odoo.push import connection
from tests.contract.world import World
from tests.emptying import empty_tables
from tests.killed_worker import Reaper
from tests.path.cockpit import Cockpit


@pytest.fixture
def db() -> None:
    """In place of pytest-django's: it makes the database because this name is asked for. Transactions are real here."""


@pytest.fixture(autouse=True)
def database(db: None) -> None:
    """Asks for it."""


@pytest.fixture(scope="module")
def cockpit(odoo: World, django_db_setup: None, django_db_blocker: Any) -> Iterator[Cockpit]:
    """Set up once for a module, with real transactions: workers of other processes see the same rows."""
    known = {name: odoo.env.get(f"ODOO_{name}", "") for name in ("URL", "DB", "LOGIN", "API_KEY", "PASSWORD")}
    environment = {**os.environ, **odoo.env, "ODOO_TRANSPORT": odoo.transport}
    with django_db_blocker.unblock(), Reaper(environment) as reaper, override_settings():
        from django.conf import settings

        settings.ODOO = {**settings.ODOO, **known, "TRANSPORT": odoo.transport}
        connection.forget()
        made = Cockpit(odoo, reaper)
        try:
            made.set_up()
            yield made
        finally:
            connection.forget()
            odoo.guard("off")
            empty_tables()
