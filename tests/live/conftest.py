"""A real Odoo: the one at ODOO_URL, else one that is started here. ODOO_TRANSPORT says how to speak to it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.odoo.client import OdooError
from tests.contract.world import COMPANIES, World
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
    world = World(odoo_env, os.environ.get("ODOO_TRANSPORT") or "json2")
    if missing := lacks(world):
        pytest.exit(f"The live suite cannot play in the Odoo at {odoo_env['ODOO_URL']}: {missing}", returncode=2)
    return world


def lacks(world: World) -> str:
    """What keeps the suite from playing in this Odoo, or nothing."""
    try:
        companies = {row["name"] for row in world.admin.search_read("res.company", [], ["name"])}
    except OdooError as problem:
        return f"as its administrator, {problem.sentence}"
    if lacking := sorted({*COMPANIES.values()} - companies):
        names = " and no ".join(lacking)
        return f"it has no company {names}: `tests/live/odoo/provision.py` makes the firm (docs/odoo.md)."
    return ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A real Odoo rebuilds its registry for seconds, on a busy machine for a minute."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(600))
