import threading
import time
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction

from cockpit.outbox import OutboxError, put
from cockpit.outbox.models import Message
from cockpit.outbox.origin import acting_for
from tests.cockpit.fakes import MONDAY, at_once

pytestmark = pytest.mark.django_db


class TestPut:
    def test_makes_a_message_of_the_stream(self, outbox):
        made = outbox("a", payload={"id": 7}, origin="approvals.request:12")
        stored = Message.objects.get()
        assert made == stored
        assert (stored.stream, stored.state, stored.attempt, stored.max_attempts) == (
            "odoo|invoice:1",
            "pending",
            0,
            12,
        )
        assert (stored.not_before, stored.payload, stored.origin) == (MONDAY, {"id": 7}, "approvals.request:12")

    def test_returns_the_message_that_has_the_key_already(self, outbox):
        first, second = outbox("a"), outbox("a", payload={"other": 1})
        assert first == second
        assert second.payload == {"key": "a"}
        assert Message.objects.count() == 1

    def test_goes_away_with_the_transaction_it_belongs_to(self, outbox):
        with transaction.atomic():
            outbox("a")
            transaction.set_rollback(True)
        assert not Message.objects.exists()

    def test_waits_until_it_may(self, outbox):
        later = MONDAY + timedelta(hours=3)
        assert outbox("a", not_before=later).not_before == later

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"handler": "odoo.psh"}, "No outbox handler 'odoo.psh'; there are brief, events.handle, fake, lost"),
            ({"destination": "odoo|x"}, "without '|'"),
            ({"destination": ""}, "needs a key and a destination"),
            ({"key": ""}, "needs a key and a destination"),
        ],
    )
    def test_refuses_what_could_never_run(self, outbox, wrong, says):
        right = {"destination": "odoo", "subject": "invoice:1", "payload": {}, "key": "a", "at": MONDAY}
        given = {**right, **wrong}
        with pytest.raises(OutboxError) as refused:
            put(given.pop("handler", "fake"), **given)
        assert says in str(refused.value)

    def test_inherits_the_origin_of_what_is_being_handled(self, outbox):
        with acting_for("approvals.request:12"):
            assert outbox("a").origin == "approvals.request:12"
            assert outbox("b", origin="own").origin == "own"
        assert outbox("c").origin == ""


@pytest.mark.django_db(transaction=True)
class TestPutOrder:
    def test_is_the_order_of_commits_within_a_stream(self, outbox, rounds):
        """Whoever puts first commits first: a later id never becomes visible before an earlier one."""
        seen: list[list[int]] = []
        stop = threading.Event()

        def watch():
            while not stop.is_set():
                seen.append(
                    list(Message.objects.filter(subject="invoice:1").order_by("id").values_list("id", flat=True))
                )

        def write(who):
            def act():
                for number in range(5 * rounds):
                    with transaction.atomic():
                        outbox(f"{who}-{number}")
                        time.sleep(0.001 * (number % 3))

            return act

        def write_then_stop():
            results = at_once(*[write(who) for who in "abcd"])
            stop.set()
            return results

        _watched, results = at_once(watch, write_then_stop)
        assert results == [None] * 4
        for earlier, later in pairwise(seen):
            assert later[: len(earlier)] == earlier, "a message slipped in before one that was visible"

    def test_does_not_wait_for_other_streams(self, outbox):
        inside, done = threading.Event(), threading.Event()

        def slow():
            with transaction.atomic():
                outbox("a", subject="invoice:1")
                inside.set()
                return done.wait(5)

        def other():
            assert inside.wait(5)
            outbox("b", subject="invoice:2")
            done.set()

        assert at_once(slow, other) == [True, None]

    def test_gives_one_message_to_two_who_put_the_same_key_at_once(self, outbox):
        first, second = at_once(lambda: outbox("same"), lambda: outbox("same"))
        assert first == second
        assert Message.objects.count() == 1
        connection.close()
