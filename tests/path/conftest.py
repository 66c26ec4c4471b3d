"""The sandbox for the path's tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.world import World
from tests.path.fixtures import cockpit, database, db
from tests.sandbox import running

__all__ = ["cockpit", "database", "db"]


@pytest.fixture(scope="session")
def odoo(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), running("path") as sandbox:
        yield World(sandbox.env, "json2")
