"""A real Odoo: the one at ODOO_URL, else one that is started here. ODOO_TRANSPORT says how to speak to it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.world import World
from tests.live.odoo.server import odoo_server


@pytest.fixture(scope="session")
def odoo_env() -> Iterator[dict[str, str]]:
    """What reaches the server, as environment variables. A server of one's own is made ready by odoo/provision.py."""
    if os.environ.get("ODOO_URL"):
        yield {name: value for name, value in os.environ.items() if name.startswith("ODOO_")}
    else:
        with odoo_server() as env:
            yield env


@pytest.fixture(scope="session")
def odoo(odoo_env: dict[str, str]) -> World:
    return World(odoo_env, os.environ.get("ODOO_TRANSPORT") or "json2")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A real Odoo rebuilds its registry for seconds, on a busy machine for a minute."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(600))
