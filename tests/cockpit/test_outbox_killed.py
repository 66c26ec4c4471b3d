"""Promises 8 and 15, the outbox's half: whatever dies when, an effect is seen once, in order, and nothing is lost."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from cockpit.audit.models import Entry
from cockpit.events import emit
from cockpit.exception_queue.models import Case
from cockpit.outbox import drain
from cockpit.outbox.models import Attempt, Message
from tests.cockpit import doomed
from tests.cockpit.fakes import MONDAY

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]
EXPIRED = MONDAY + timedelta(seconds=21)


def killed_worker(place: str, world: Path) -> None:
    """Run one message in a process of its own that is killed at `place`."""
    database = connection.settings_dict
    parts = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = " ".join(f"{ours}='{database[theirs]}'" for ours, theirs in parts.items() if database[theirs])
    env = {**os.environ, "DATABASE_URL": given, "DJANGO_SETTINGS_MODULE": "cockpit.settings"}
    command = [sys.executable, "-m", "tests.cockpit.doomed", place, str(world)]
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


class TestKilledWorker:
    @pytest.mark.parametrize("place", ["after the claim", "before the call", "after the call", "after the answer"])
    def test_leaves_an_effect_that_is_seen_once_and_in_order(self, outbox, settings, tmp_path, place):
        settings.OUTBOX_HANDLERS = doomed.WIRING
        world = tmp_path / "world"
        world.write_text("")
        for key in ("release", "post"):
            outbox(key, handler="doomed", payload={"world": str(world)})
        killed_worker(place, world)
        assert drain(MONDAY + timedelta(seconds=19), 10) == 0, "the dead worker's claim still holds the stream"
        assert drain(EXPIRED, 10) == 2
        assert world.read_text().split() == ["release", "post"]
        assert set(Message.objects.values_list("state", "outcome")) == {("done", "verified")}
        tries = Attempt.objects.order_by("message_id", "number").values_list("outcome", flat=True)
        assert list(tries) == ["lost", "verified", "verified"]

    def test_leaves_nothing_of_an_event_handler_it_died_in(self, outbox, settings, tmp_path):
        settings.OUTBOX_HANDLERS = doomed.WIRING
        settings.EVENT_HANDLERS = {"test.happened": ["tests.cockpit.doomed.on_event"]}
        with transaction.atomic():
            emit("test.happened", subject="invoice:1", key="e1", at=MONDAY, payload={"number": 1})
        killed_worker("inside the handler", tmp_path)
        assert not Case.objects.exists()
        assert not Entry.objects.exists()
        assert drain(EXPIRED, 10) == 1
        assert Case.objects.get().occurrences == 1
