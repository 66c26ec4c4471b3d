"""Persons of the cast, and an outbox whose handlers answer as a test tells them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from cockpit.accounts.models import Person
from cockpit.events.catalogue import EVENTS, EventType
from cockpit.outbox import put
from cockpit.outbox.models import Message
from tests.cockpit import fakes


@pytest.fixture
def ann(db: None) -> Person:
    return Person.objects.create(name="Ann Albers", email="ann@example.com")


@pytest.fixture
def ben(db: None) -> Person:
    return Person.objects.create(name="Ben Brook", email="ben@example.com")


@pytest.fixture
def at() -> datetime:
    return fakes.MONDAY


@pytest.fixture
def outbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Message]:
    """Puts a message for the fake handler: `outbox("a")` is message a of invoice 1; no workers are nudged."""
    settings.OUTBOX_HANDLERS = fakes.WIRING
    settings.EVENT_HANDLERS = {"test.happened": ["tests.cockpit.fakes.on_event"]}
    monkeypatch.setitem(EVENTS, "test.happened", EventType("For tests.", frozenset({"number"})))
    monkeypatch.setattr("cockpit.outbox.services.nudge", lambda: None)
    fakes.ran.clear()
    fakes.script.clear()

    def put_one(key: str, subject: str = "invoice:1", destination: str = "odoo", **more: Any) -> Message:
        more = {"payload": {"key": key}, "at": fakes.MONDAY, **more}
        return put(more.pop("handler", "fake"), destination=destination, subject=subject, key=key, **more)

    return put_one
