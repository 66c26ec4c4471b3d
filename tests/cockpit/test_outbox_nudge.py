import socket
import threading
import time

import pytest
import structlog
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone

from cockpit.outbox import nudge, nudging
from cockpit.outbox.tasks import sweep
from tests.cockpit import fakes

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    tasks = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: tasks.append(name))
    return tasks


class TestNudge:
    def test_sends_the_sweep_once_per_transaction_after_the_commit(self, sent, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True) as callbacks:
            nudge()
            with transaction.atomic():
                nudge()
            assert sent == []
        assert len(callbacks) == 1
        assert sent == ["cockpit.outbox.tasks.sweep"]

    def test_names_a_task_that_exists(self):
        assert sweep.name == nudging.SWEEP

    @pytest.mark.django_db(transaction=True)
    def test_follows_a_put_and_not_a_rollback(self, outbox, sent, monkeypatch):
        monkeypatch.setattr("cockpit.outbox.services.nudge", nudge)
        with transaction.atomic():
            outbox("a")
            transaction.set_rollback(True)
        assert sent == []
        outbox("b")
        assert sent == ["cockpit.outbox.tasks.sweep"]
        outbox("b")
        assert len(sent) == 1, "nothing was put"

    def test_survives_a_broker_that_refuses(self, monkeypatch):
        def refuse(*_args, **_options):
            raise ConnectionRefusedError("Redis is away")

        monkeypatch.setattr(current_app, "send_task", refuse)
        with structlog.testing.capture_logs() as logs:
            nudging._nudge_workers()
            assert nudging._sending[nudging.SWEEP].acquire(timeout=5)
        nudging._sending[nudging.SWEEP].release()
        assert logs == [
            {"event": "outbox.nudge_failed", "log_level": "info", "problem": "ConnectionRefusedError: Redis is away"}
        ]

    def test_waits_no_longer_than_its_budget_for_a_broker_that_hangs(self, monkeypatch):
        """A real socket that accepts and never answers."""
        hang = threading.Event()
        with socket.create_server(("127.0.0.1", 0)) as server:

            def send(*_args, **_options):
                with socket.create_connection(server.getsockname()) as client:
                    client.settimeout(5)
                    hang.wait(5)

            monkeypatch.setattr(current_app, "send_task", send)
            started = time.monotonic()
            for _ in range(5):
                nudging._nudge_workers()
            assert time.monotonic() - started < 0.3, "the first waits a tenth of a second, the others not at all"
            hang.set()
        assert nudging._sending[nudging.SWEEP].acquire(timeout=5)
        nudging._sending[nudging.SWEEP].release()


class TestSweep:
    @pytest.mark.django_db(transaction=True)
    def test_runs_what_is_due(self, outbox):
        for key in "ab":
            outbox(key, subject=f"invoice:{key}", at=timezone.now())
        sweep()
        assert fakes.ran == ["a", "b"]
        connection.close()
