"""One sandbox for these tests; each finds the firm as it was seeded."""

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.odoo.client import OdooClient, OdooConfig, connect
from tests.sandbox import Running, running


@pytest.fixture(scope="session")
def one_sandbox(django_db_setup: None, django_db_blocker: Any) -> Iterator[Running]:
    with django_db_blocker.unblock(), running("odoo_sandbox_alone") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(one_sandbox: Running) -> Running:
    one_sandbox.reset()
    return one_sandbox


def sign_in(sandbox: Running, who: str = "", transport: str = "json2", timeout_s: float = 30) -> OdooClient:
    """A client of `cockpit` (""), `admin` or somebody of the cast, who has only a password."""
    name = f"{who.upper()}_" if who else ""
    key = sandbox.env.get(f"ODOO_{name}API_KEY", "")
    return connect(
        OdooConfig(
            url=sandbox.env["ODOO_URL"],
            db=sandbox.env["ODOO_DB"],
            login=sandbox.env[f"ODOO_{name}LOGIN"],
            api_key=key,
            password=sandbox.env[f"ODOO_{name}PASSWORD"],
            transport=transport if key else "jsonrpc",
            timeout_s=timeout_s,
        )
    )


@pytest.fixture
def odoo(sandbox: Running) -> OdooClient:
    """The integration user."""
    return sign_in(sandbox)


@pytest.fixture
def draft(odoo: OdooClient) -> int:
    """A draft invoice of the German company."""
    domain = [("state", "=", "draft"), ("company_id.name", "=", "Halden & Roth GmbH")]
    return odoo.search_read("account.move", domain, ["id"], limit=1)[0]["id"]
