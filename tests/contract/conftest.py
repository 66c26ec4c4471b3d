"""The contract on the sandbox, once per transport. The live suite has the same tests and another `odoo`."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.world import World
from tests.sandbox import running


@pytest.fixture(scope="session")
def sandbox_env(django_db_setup: Any, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    with django_db_blocker.unblock(), running("contract") as sandbox:
        yield sandbox.env


@pytest.fixture(scope="session", params=["json2", "jsonrpc"])
def odoo(request: pytest.FixtureRequest, sandbox_env: dict[str, str]) -> World:
    return World(sandbox_env, request.param)
