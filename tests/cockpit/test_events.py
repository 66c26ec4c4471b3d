from datetime import timedelta

import pytest
from django.conf import settings as wired
from django.db import transaction

from cockpit.events import EventError, emit
from cockpit.events.catalogue import EVENTS
from cockpit.events.models import Event
from cockpit.exception_queue.models import Case
from cockpit.outbox import claim, drain, run_one
from cockpit.outbox.models import Attempt, Message
from tests.cockpit import fakes
from tests.cockpit.fakes import MONDAY, at_once

pytestmark = pytest.mark.django_db


def happen(key="e1", name="test.happened", **more):
    given = {"subject": "invoice:1", "at": MONDAY, "payload": {"number": 1}, **more}
    return emit(name, key=key, **given)


class TestEmit:
    def test_keeps_the_event_and_queues_its_handlers(self, outbox, settings):
        settings.EVENT_HANDLERS["test.happened"].append("tests.cockpit.fakes.other_handler")
        event = happen(origin="approvals.request:12")
        assert event == Event.objects.get()
        messages = Message.objects.order_by("id")
        assert [message.destination for message in messages] == [
            "handler:tests.cockpit.fakes.on_event",
            "handler:tests.cockpit.fakes.other_handler",
        ]
        assert {message.origin for message in messages} == {"approvals.request:12"}
        drain(MONDAY, 10)
        assert fakes.ran == ["e1", "other:e1"]

    def test_is_heard_once_per_key(self, outbox):
        assert happen() is not None
        assert happen(payload={"number": 2}) is None
        assert Message.objects.count() == 1

    def test_may_have_no_handler(self, outbox, settings):
        settings.EVENT_HANDLERS = {}
        assert happen() is not None
        assert not Message.objects.exists()

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"name": "test.hapened"}, "No event 'test.hapened' in cockpit/events/catalogue.py"),
            ({"key": ""}, "needs a key"),
            ({"payload": {"nmber": 1}}, r"carries \['number'\]; the payload has \['nmber'\]"),
            ({"payload": None}, r"carries \['number'\]; the payload has \[\]"),
        ],
    )
    def test_refuses_what_was_not_declared(self, outbox, wrong, says):
        with pytest.raises(EventError, match=says):
            happen(**wrong)

    @pytest.mark.django_db(transaction=True)
    def test_refuses_to_stand_outside_a_transaction(self, outbox):
        with pytest.raises(EventError, match="transaction"):
            happen()

    @pytest.mark.django_db(transaction=True)
    def test_is_heard_once_when_two_say_it_at_once(self, outbox):
        def say():
            with transaction.atomic():
                return happen()

        made = at_once(say, say)
        assert sorted(type(event).__name__ for event in made) == ["Event", "NoneType"]
        assert Message.objects.count() == 1


class TestHandle:
    def test_hands_the_origin_down_from_event_to_effect(self, outbox):
        fakes.script.append(lambda event: outbox("effect", subject="other"))
        happen(origin="approvals.request:12")
        run_one(MONDAY)
        assert Message.objects.get(key="effect").origin == "approvals.request:12"

    def test_completes_the_message_with_the_effects(self, outbox):
        happen()
        assert drain(MONDAY, 10) == 1
        assert Message.objects.get().state == "done"
        assert Attempt.objects.get().outcome == "done"
        assert Case.objects.get().occurrences == 1

    def test_leaves_no_effects_when_the_handler_fails(self, outbox):
        def fail(event):
            raise ValueError("half way")

        fakes.script.append(fail)
        happen()
        run_one(MONDAY)
        assert not Case.objects.exists()
        assert Message.objects.get().last_error == "ValueError: half way"
        run_one(MONDAY + timedelta(seconds=10))
        assert Case.objects.get().occurrences == 1

    @pytest.mark.django_db(transaction=True)
    def test_leaves_no_effects_of_a_worker_that_was_too_late(self, outbox):
        """While it was at it, its claim expired and another worker did the same."""

        def meanwhile(event):
            later = MONDAY + timedelta(minutes=5)
            (taken,) = at_once(lambda: claim(later))
            assert taken.attempt == 2

        fakes.script.append(meanwhile)
        with transaction.atomic():
            happen()
        assert run_one(MONDAY) is True
        assert not Case.objects.exists()
        assert list(Attempt.objects.order_by("number").values_list("outcome", flat=True)) == ["late", ""]

    def test_keeps_the_events_of_a_subject_in_order(self, outbox):
        for number in range(5):
            happen(f"e{number}")
        fakes.script.append(lambda event: 1 / 0)
        drain(MONDAY, 10)
        drain(MONDAY + timedelta(seconds=10), 10)
        assert fakes.ran == ["e0", "e0", "e1", "e2", "e3", "e4"]


class TestWiring:
    def test_names_only_events_that_are_declared(self):
        assert set(wired.EVENT_HANDLERS) <= set(EVENTS)
