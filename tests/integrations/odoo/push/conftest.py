"""A sandbox of Odoo that writes down each call it gets, the cockpit configured for it, and workers that die."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from integrations.odoo.client import OdooClient
from integrations.odoo.push import connection
from tests.contract.world import World
from tests.integrations.odoo.push.pushes import AMOUNT
from tests.killed_worker import Reaper
from tests.sandbox import Running, running


class Bed:
    """A running sandbox: what was called, and how many calls it is at work on."""

    def __init__(self, sandbox: Running) -> None:
        self.sandbox, self.calls, self.at_work = sandbox, list[tuple[str, str]](), 0
        self.fault, self.stop, self.start = sandbox.fault, sandbox.stop, sandbox.restart
        self._run, sandbox.app.run = sandbox.app.run, self.run  # type: ignore[method-assign]
        self.world = World(sandbox.env, "json2")
        self.invoice = 0  # a draft as the pushes expect it

    def run(self, uid: int, context: dict | None, model: str, method: str, *given: Any) -> Any:
        self.calls.append((model, method))
        self.at_work += 1
        try:
            return self._run(uid, context, model, method, *given)
        finally:
            self.at_work -= 1

    @property
    def admin(self) -> OdooClient:
        """Somebody in Odoo who does things there."""
        return self.world.admin

    def draft(self) -> int:
        return self.world.invoice(float(AMOUNT))

    def count(self, method: str) -> int:
        return sum(1 for _model, called in self.calls if called == method)

    def wait_until_quiet(self) -> None:
        """Until Odoo is through with every call, also those whose caller is dead."""
        while self.at_work:
            time.sleep(0.02)


@pytest.fixture(scope="session")
def one_bed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bed]:
    with django_db_blocker.unblock(), running("push") as sandbox:
        yield Bed(sandbox)


@pytest.fixture
def bed(one_bed: Bed, settings: Any) -> Iterator[Bed]:
    """The sandbox as it was seeded, and the cockpit configured for it."""
    one_bed.sandbox.reset()
    one_bed.invoice = one_bed.draft()
    one_bed.calls.clear()
    values = {name.removeprefix("ODOO_"): value for name, value in one_bed.sandbox.env.items()}
    settings.ODOO = {**settings.ODOO, **values, "TRANSPORT": "json2"}
    connection.forget()
    yield one_bed
    connection.forget()


@pytest.fixture(scope="session")
def reaper(one_bed: Bed) -> Iterator[Reaper]:
    with Reaper({**os.environ, **one_bed.sandbox.env, "ODOO_TRANSPORT": "json2"}) as reaper:
        yield reaper


@pytest.fixture
def kill_worker(reaper: Reaper, bed: Bed) -> Callable[[str, datetime], None]:
    """Let another process claim a message and die at a point of it."""
    return reaper.kill
