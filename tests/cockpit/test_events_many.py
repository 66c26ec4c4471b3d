"""Many events at once are the same as one after the other, only quicker."""

import pytest
from django.db import transaction

from cockpit import outbox
from cockpit.events import EventError, Happening, emit, emit_all
from cockpit.events.models import Event
from cockpit.outbox.models import Message
from tests.cast import MONDAY

NAME = "odoo.invoice.changed"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_handler(settings):
    """Who listens is not what is tested here."""
    settings.EVENT_HANDLERS = {**settings.EVENT_HANDLERS, NAME: ["delivery.invoice_release.rules.evaluate"]}


def happening(number: int, version: int = 1) -> Happening:
    subject = f"odoo.account.move:{number}"
    return Happening(subject, f"{subject} {version}", {"deleted": False})


def messages():
    names = ("handler", "destination", "stream", "payload__handler", "state", "not_before", "max_attempts", "origin")
    return list(Message.objects.order_by("pk").values_list("subject", *names))


class TestEmitAll:
    def test_leaves_the_same_events_and_messages_as_emit(self):
        with transaction.atomic():
            emit_all(NAME, [happening(1), happening(2)], at=MONDAY, origin="test:1")
        events = list(Event.objects.order_by("pk").values_list("name", "subject", "key", "at", "payload", "origin"))
        at_once = messages()
        Message.objects.all().delete()
        Event.objects.all().delete()
        for each in (happening(1), happening(2)):
            emit(NAME, subject=each.subject, key=each.key, at=MONDAY, payload=each.payload, origin="test:1")
        assert (
            list(Event.objects.order_by("pk").values_list("name", "subject", "key", "at", "payload", "origin"))
            == events
        )
        assert messages() == at_once
        assert len(at_once) == 2

    def test_tells_what_is_known_already_nobody_again(self):
        assert emit_all(NAME, [happening(1)], at=MONDAY) == 1
        assert emit_all(NAME, [happening(1), happening(1, version=2)], at=MONDAY) == 1
        assert len(messages()) == 2

    def test_gives_each_message_its_event(self):
        emit_all(NAME, [happening(number) for number in (3, 1, 2)], at=MONDAY)
        pairs = {message.subject: message.payload["event"] for message in Message.objects.all()}
        assert pairs == dict(Event.objects.values_list("subject", "pk"))
        assert set(Message.objects.values_list("key", flat=True)) == {
            f"event:{message.payload['event']}:{message.payload['handler']}" for message in Message.objects.all()
        }

    def test_costs_as_many_statements_for_many_as_for_few(self, django_assert_max_num_queries):
        with django_assert_max_num_queries(8):
            emit_all(NAME, [happening(number) for number in range(300)], at=MONDAY)
        assert Message.objects.count() == 300

    def test_refuses_what_emit_refuses(self):
        with pytest.raises(EventError, match="the payload has"):
            emit_all(NAME, [happening(1), Happening("x", "y")], at=MONDAY)
        with pytest.raises(EventError, match="No event"):
            emit_all("odoo.moon.rose", [Happening("x", "y")], at=MONDAY)
        assert not Event.objects.exists()

    def test_of_nothing_is_nothing(self):
        assert emit_all(NAME, [], at=MONDAY) == 0


class TestPutAll:
    def test_refuses_what_put_refuses(self):
        with pytest.raises(outbox.OutboxError, match="No outbox handler"):
            outbox.put_all("moon", [outbox.New("a", "b", {}, "c")], at=MONDAY)
        with pytest.raises(outbox.OutboxError, match="destination without"):
            outbox.put_all("events.handle", [outbox.New("a|b", "b", {}, "c")], at=MONDAY)
        assert not Message.objects.exists()
