from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cockpit.outbox import claim, complete, drain, retry, run_one, skip, statements
from cockpit.outbox.models import Attempt, Message
from tests.cockpit import fakes
from tests.cockpit.fakes import MONDAY, at_once

pytestmark = pytest.mark.django_db
EXPIRED = MONDAY + timedelta(seconds=21)  # the fake handler's 5 s, 15 s grace


class TestClaim:
    def test_reschedules_past_the_time_out_and_a_grace(self, outbox):
        outbox("a")
        message = claim(MONDAY)
        assert (message.attempt, message.not_before) == (1, MONDAY + timedelta(seconds=20))
        assert Attempt.objects.get().started_at == MONDAY
        assert claim(MONDAY) is None

    def test_takes_only_the_head_of_a_stream(self, outbox):
        outbox("a"), outbox("b"), outbox("c", subject="invoice:2")
        assert [claim(MONDAY).key, claim(MONDAY).key, claim(MONDAY)] == ["a", "c", None]

    def test_passes_on_to_the_next_when_the_head_is_done(self, outbox):
        outbox("a"), outbox("b")
        drain(MONDAY, 10)
        assert fakes.ran == ["a", "b"]

    def test_leaves_what_waits_behind_a_dead_letter(self, outbox):
        from cockpit.outbox import Refused

        outbox("a"), outbox("b"), outbox("c", subject="invoice:2")
        fakes.script.append(Refused("Already posted."))
        assert drain(MONDAY, 10) == 2
        assert fakes.ran == ["a", "c"]

    def test_leaves_what_waits_behind_a_message_that_is_tried_later(self, outbox):
        outbox("a", not_before=MONDAY + timedelta(hours=1)), outbox("b")
        assert claim(MONDAY) is None
        assert claim(MONDAY + timedelta(hours=1)).key == "a"

    def test_goes_on_behind_a_skipped_message(self, outbox, ann):
        first = outbox("a")
        outbox("b")
        skip(first, actor=ann, at=MONDAY, reason="Posted by hand.")
        assert claim(MONDAY).key == "b"

    def test_begins_with_what_has_been_due_longest(self, outbox):
        outbox("young", subject="invoice:1")
        outbox("old", subject="invoice:2", not_before=MONDAY - timedelta(hours=1))
        assert claim(MONDAY).key == "old"

    def test_gives_the_message_to_another_when_its_worker_died(self, outbox):
        outbox("a")
        claim(MONDAY)
        again = claim(EXPIRED)
        assert (again.key, again.attempt) == ("a", 2)
        assert list(Attempt.objects.order_by("number").values_list("outcome", flat=True)) == ["lost", ""]

    def test_gives_a_message_up_that_kills_every_worker(self, outbox):
        outbox("a", handler="brief")
        at = MONDAY
        for _ in range(2):
            assert claim(at)
            at += timedelta(minutes=1)
        assert claim(at) is None
        dead = Message.objects.get()
        assert dead.state == "dead"
        assert dead.last_error == "Every worker that tried this died without an answer."
        retry(dead, actor="system:test", at=at)
        assert claim(at).key == "a"

    def test_and_its_completion_take_one_query_each(self, outbox):
        for number in range(20):
            outbox(str(number), subject=f"invoice:{number}")
        with CaptureQueriesContext(connection) as captured:
            complete(claim(MONDAY), at=MONDAY, outcome="verified", result={})
        real = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
        assert len(real) == 2, real

    def test_looks_at_unfinished_messages_only(self, outbox):
        """The two look-ups of a claim use the partial indexes, however many messages are done."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO outbox_message (handler, destination, subject, stream, payload, key, origin, state,"
                " not_before, attempt, spared, max_attempts, created_at, done_at, outcome, last_error, result)"
                " SELECT 'fake', 'odoo', 's' || n % 500, 'odoo|s' || n % 500, '{}', 'done-' || n, '', 'done',"
                " now(), 1, 0, 12, now(), now(), 'done', '', '{}' FROM generate_series(1, 20000) n"
            )
            cursor.execute("ANALYZE outbox_message")
        for number in range(50):
            outbox(str(number), subject=f"s{number % 5}")
        values = {"at": MONDAY, "resting": ["n8n"], "timeouts": "{}", "timeout": 60, "grace": 15}
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN ANALYZE {statements.TAKE}", values)
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "message_due" in plan
        assert "message_stream_head" in plan
        assert "Seq Scan on outbox_message" not in plan


class TestComplete:
    def test_marks_the_message_done(self, outbox):
        outbox("a")
        assert complete(claim(MONDAY), at=MONDAY, outcome="verified", result={"id": 3}) is True
        done = Message.objects.get()
        assert (done.state, done.done_at, done.outcome, done.result) == ("done", MONDAY, "verified", {"id": 3})
        assert Attempt.objects.get().outcome == "verified"

    def test_is_ignored_when_another_worker_has_the_message(self, outbox):
        outbox("a")
        late, mine = claim(MONDAY), claim(EXPIRED)
        assert complete(late, at=EXPIRED, outcome="done", result={"by": "late"}) is False
        assert Message.objects.get().state == "pending"
        assert complete(mine, at=EXPIRED, outcome="done", result={"by": "mine"}) is True
        assert complete(late, at=EXPIRED, outcome="done", result={"by": "late"}) is False
        assert Message.objects.get().result == {"by": "mine"}
        assert list(Attempt.objects.order_by("number").values_list("outcome", flat=True)) == ["late", "done"]

    def test_counts_when_the_answer_is_late_but_nobody_else_came(self, outbox):
        outbox("a")
        assert complete(claim(MONDAY), at=MONDAY + timedelta(hours=1), outcome="done", result={}) is True

    def test_is_ignored_when_a_person_has_skipped_the_message(self, outbox, ann):
        message = outbox("a")
        running = claim(MONDAY)
        skip(message, actor=ann, at=MONDAY, reason="Wrong invoice.")
        assert complete(running, at=MONDAY, outcome="done", result={}) is False
        assert Message.objects.get().state == "skipped"


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_claimers_never_get_the_same_message(self, outbox, rounds):
        for number in range(rounds):
            outbox(f"{number}")
            got = at_once(*[lambda: claim(MONDAY)] * 4)
            assert [message.key for message in got if message] == [f"{number}"]
            complete(next(message for message in got if message), at=MONDAY, outcome="done", result={})

    def test_workers_that_drain_at_once_run_each_message_once_and_streams_in_order(self, outbox):
        for number in range(40):
            outbox(f"{number:02}", subject=f"invoice:{number % 4}")

        def work():
            ran = 0
            for _ in range(400):
                ran += drain(MONDAY, 100)
                if not Message.objects.filter(state="pending").exists():
                    return ran
            return ran

        assert sum(at_once(*[work] * 4)) == 40
        assert sorted(fakes.ran) == [f"{number:02}" for number in range(40)]
        for stream in range(4):
            own = [key for key in fakes.ran if int(key) % 4 == stream]
            assert own == sorted(own)

    def test_a_late_completion_loses_against_the_worker_that_took_over(self, outbox):
        outbox("a")
        late, mine = claim(MONDAY), claim(EXPIRED)
        results = at_once(
            lambda: complete(late, at=EXPIRED, outcome="done", result={"by": "late"}),
            lambda: complete(mine, at=EXPIRED, outcome="done", result={"by": "mine"}),
        )
        assert results == [False, True]
        assert Message.objects.get().result == {"by": "mine"}

    def test_running_inside_a_transaction_is_refused(self, outbox):
        from django.db import transaction

        outbox("a")
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
            run_one(MONDAY)
        assert fakes.ran == []
