"""From a save in Odoo to the row in the mirror, over HTTP both ways. No round runs here unless a test calls one."""

from __future__ import annotations

import io
import queue
import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command
from django.utils import timezone

from cockpit.events.models import Event
from integrations.mirror.models import Invoice, InvoiceLine, PullRun
from integrations.odoo.hints import secret
from integrations.odoo.hints.models import Hint
from integrations.odoo.hints.views import TASK
from integrations.odoo.pull.round import pull_round
from integrations.odoo.push import connection
from tests.contract.world import World
from tests.sandbox import Running, running

MOVE, LINE = "account.move", "account.move.line"
SETTLED_S = 2.1  # a round reads what was written before the last whole second that is over
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def sandbox(django_db_setup: None, django_db_blocker: Any) -> Iterator[Running]:
    with django_db_blocker.unblock(), running("hinting") as sandbox:
        yield sandbox


class Worker:
    """Does in the test's thread what it is woken for, as a Celery worker would in its own process."""

    def __init__(self) -> None:
        self.woken: queue.Queue[str] = queue.Queue()

    def send_task(self, name: str, **_options: Any) -> None:
        if name == TASK:  # what was told wakes others
            self.woken.put(name)

    def work(self) -> None:
        """Wait to be woken, and work. Raises queue.Empty when nobody does."""
        current_app.tasks[self.woken.get(timeout=20)]()


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    current_app.loader.import_default_modules()
    worker = Worker()
    monkeypatch.setattr(current_app, "send_task", worker.send_task)
    return worker


@pytest.fixture
def odoo(sandbox: Running, settings: Any, monkeypatch: pytest.MonkeyPatch, live_server: Any, worker: Worker) -> World:
    """Odoo was told the cockpit's address, as `odoo apply` does it, and is mirrored as it is."""
    sandbox.reset()
    for name, value in sandbox.env.items():
        if name.startswith("ODOO_ADMIN_"):
            monkeypatch.setenv(name, value)
    names = ("URL", "DB", "LOGIN", "API_KEY", "PASSWORD")
    values = {name: sandbox.env[f"ODOO_{name}"] for name in names} | {"HINTS_URL": live_server.url}
    settings.ODOO = {**settings.ODOO, "TRANSPORT": "json2", **values}
    connection.forget()
    said = apply()
    assert "Odoo sends no hints" not in said
    load()
    return World(sandbox.env, "json2")


def apply(*words: str) -> str:
    out = io.StringIO()
    call_command("odoo", "apply", "--yes", *words, stdout=out)
    return out.getvalue()


def load() -> None:
    pull_round(connection.client(at=timezone.now()), at=timezone.now(), models=[MOVE, LINE], compare_ids=False)
    PullRun.objects.all().delete()


class TestSave:
    def test_in_odoo_is_in_the_mirror_without_a_round(self, odoo, worker):
        move = odoo.invoice(500)
        assert not Invoice.objects.filter(pk=move).exists()
        worker.work()
        assert Invoice.objects.get(pk=move).amount_total == 500
        assert InvoiceLine.objects.live().filter(move_id=move).count() == 1
        assert Event.objects.filter(name="odoo.invoice.changed", subject__endswith=f":{move}").count() == 1
        odoo.client.call(MOVE, "write", [move], vals={"invoice_date": "2026-11-03"})
        worker.work()
        assert str(Invoice.objects.get(pk=move).invoice_date) == "2026-11-03"
        odoo.client.call(MOVE, "unlink", [move])
        worker.work()
        assert Invoice.objects.get(pk=move).odoo_deleted_at
        assert not InvoiceLine.objects.live().filter(move_id=move).exists()
        assert not Hint.objects.exists()
        assert not PullRun.objects.exists(), "a round ran"

    def test_that_nobody_heard_of_comes_with_the_next_round(self, odoo, worker):
        secret.renew(at=timezone.now())  # Odoo goes on calling the old address
        move = odoo.invoice(500)
        assert worker.woken.empty()
        assert not Hint.objects.exists()
        time.sleep(SETTLED_S)
        load()
        assert Invoice.objects.get(pk=move).amount_total == 500

    def test_is_told_again_once_odoo_knows_the_new_address(self, odoo, worker):
        apply("--new-hint-address")
        move = odoo.invoice(500)
        worker.work()
        assert Invoice.objects.filter(pk=move).exists()

    def test_is_not_told_any_more_when_hints_are_turned_off(self, odoo, worker):
        apply("--without-hints")
        odoo.invoice(500)
        assert worker.woken.empty()
        assert not Hint.objects.exists()
