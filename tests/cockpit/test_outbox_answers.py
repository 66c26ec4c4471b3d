"""What each answer of a run function does to its message, stream and destination."""

from datetime import timedelta

import pytest
import structlog

from cockpit.audit import spoken
from cockpit.audit.models import Entry
from cockpit.exception_queue.models import Case
from cockpit.outbox import DestinationAway, Done, OutboxError, Refused, RetryLater, drain, retry, run_one, skip
from cockpit.outbox.models import Attempt, Destination, Message
from cockpit.outbox.origin import current_origin
from cockpit.outbox.worker import backoff
from cockpit.transitions import TransitionError
from tests.cockpit import fakes
from tests.cockpit.fakes import MONDAY

pytestmark = pytest.mark.django_db


def after(seconds):
    return MONDAY + timedelta(seconds=seconds)


def state(key="a"):
    message = Message.objects.get(key=key)
    return message.state, message.last_error


class TestDone:
    def test_keeps_outcome_and_result(self, outbox):
        outbox("a")
        fakes.script.append(Done("verified", {"id": 7}))
        assert run_one(MONDAY) is True
        assert run_one(MONDAY) is False
        message = Message.objects.get()
        assert (message.state, message.outcome, message.result) == ("done", "verified", {"id": 7})

    def test_runs_with_the_origin_of_its_message(self, outbox):
        outbox("a", origin="approvals.request:12")
        fakes.script.append(lambda _message: outbox("b", subject="other") and None)
        run_one(MONDAY)
        assert Message.objects.get(key="b").origin == "approvals.request:12"
        assert current_origin() == ""


class TestRetryLater:
    def test_comes_back_when_it_says(self, outbox):
        outbox("a")
        fakes.script.append(RetryLater("The record is locked.", after_s=30))
        run_one(MONDAY)
        message = Message.objects.get()
        assert (message.state, message.not_before) == ("pending", after(30))
        assert message.last_error == "The record is locked."
        assert message.used_attempts == 1

    def test_does_not_use_up_an_attempt_when_it_says_so(self, outbox):
        outbox("a", handler="brief")
        for number in range(5):
            fakes.script.append(RetryLater("The period opens tomorrow.", after_s=1, counts=False))
            run_one(after(number * 2))
        assert state() == ("pending", "The period opens tomorrow.")
        assert Message.objects.get().used_attempts == 0

    def test_is_given_up_after_the_last_attempt(self, outbox):
        outbox("a", handler="brief")
        fakes.script += [RetryLater("Busy.", after_s=1)] * 2
        run_one(MONDAY), run_one(after(2))
        assert state() == ("dead", "Busy.")
        case = Case.objects.get()
        assert (case.fingerprint, case.kind, case.state) == ("outbox.dead:odoo|invoice:1", "outbox.dead", "open")

    def test_keeps_what_the_attempt_came_to(self, outbox):
        outbox("a")
        fakes.script.append(RetryLater("No answer after the call.", outcome="unknown"))
        run_one(MONDAY)
        assert Attempt.objects.get().outcome == "unknown"

    def test_pauses_grow_and_scatter(self):
        for used, seconds in ((1, 2), (2, 4), (5, 32), (12, 900), (40, 900)):
            pauses = {backoff(used).total_seconds() for _ in range(50)}
            assert len(pauses) > 10, "failures would come back in step"
            assert all(0.8 * seconds <= pause <= 1.2 * seconds for pause in pauses)


class TestRefused:
    def test_is_a_dead_letter_at_once_with_its_reason(self, outbox):
        outbox("a", origin="approvals.request:12")
        outbox("b"), outbox("c")
        fakes.script.append(Refused("The period is closed.", {"code": "lock"}))
        run_one(MONDAY)
        message = Message.objects.get(key="a")
        assert (message.state, message.outcome, message.result) == ("dead", "refused", {"code": "lock"})
        case = Case.objects.get()
        assert case.title == "odoo refused invoice:1: The period is closed."
        assert (case.kind, case.subject) == ("outbox.refused", "approvals.request:12")
        assert case.detail["waiting_behind"] == 2
        assert Entry.objects.filter(verb="exception_queue.case.open").exists()


class TestUnexpectedError:
    def test_is_recorded_logged_and_tried_again(self, outbox):
        outbox("a")
        fakes.script.append(ValueError("no\n  such   field " + "x" * 2000))
        with structlog.testing.capture_logs() as logs:
            assert run_one(MONDAY) is True
        message, attempt = Message.objects.get(), Attempt.objects.get()
        assert message.state == "pending"
        assert MONDAY < message.not_before < after(3)
        assert message.last_error.startswith("ValueError: no such field xxx")
        assert len(message.last_error) == 500
        assert (attempt.outcome, attempt.error) == ("error", message.last_error)
        assert [log["event"] for log in logs] == ["outbox.handler_failed"]

    def test_is_given_up_after_the_last_attempt(self, outbox):
        outbox("a", handler="brief")
        fakes.script += [KeyError("x")] * 2
        run_one(MONDAY), run_one(after(60))
        assert state() == ("dead", "KeyError: 'x'")

    def test_is_what_a_handler_without_a_function_is(self, outbox):
        outbox("a", handler="lost")
        run_one(MONDAY)
        assert state()[1].startswith("ImportError: Module")

    def test_is_what_a_handler_that_is_no_longer_wired_is(self, outbox, settings):
        outbox("a")
        settings.OUTBOX_HANDLERS = {}
        run_one(MONDAY)
        assert state() == ("pending", "KeyError: 'fake'")

    def test_leaves_room_for_what_stops_a_process(self, outbox):
        outbox("a")
        fakes.script.append(SystemExit(1))
        with pytest.raises(SystemExit):
            run_one(MONDAY)
        assert Message.objects.get().state == "pending"


class TestDestinationAway:
    def away(self, at, key="a"):
        fakes.script.append(DestinationAway("Odoo does not answer."))
        ran = run_one(at)
        if not ran:
            fakes.script.clear()
        return ran

    def open_breaker(self):
        at = MONDAY
        for _ in range(3):
            assert self.away(at)
            at = Message.objects.get(key="a").not_before
        return Destination.objects.get()

    def test_uses_up_no_attempt(self, outbox):
        outbox("a", handler="brief")
        at = MONDAY
        for _ in range(10):
            assert self.away(at)
            at = Message.objects.get().not_before
        message = Message.objects.get()
        assert (message.state, message.attempt, message.used_attempts) == ("pending", 10, 0)

    def test_opens_the_breaker_after_three_in_a_row(self, outbox):
        outbox("a"), outbox("b", subject="invoice:2")
        row = self.open_breaker()
        assert (row.breaker, row.failures, row.last_error) == ("open", 3, "Odoo does not answer.")
        opened = row.opened_at
        assert row.next_probe_at == opened + timedelta(seconds=5)
        assert run_one(opened + timedelta(seconds=4)) is False, "nobody calls while it rests"

    def test_holds_no_other_destination(self, outbox):
        outbox("a")
        at = self.open_breaker().opened_at
        outbox("n", destination="n8n")
        assert run_one(at) is True
        assert fakes.ran[-1] == "n"

    def test_lets_one_probe_through_at_a_time(self, outbox):
        from cockpit.outbox import claim

        outbox("a"), outbox("b", subject="invoice:2"), outbox("c", subject="invoice:3")
        at = self.open_breaker().next_probe_at
        probe = claim(at)
        assert probe is not None
        assert claim(at) is None
        assert Destination.objects.get().breaker == "half_open"
        died = probe.not_before + timedelta(seconds=1)
        assert claim(died) is not None, "a probe that died makes room for another"
        assert claim(died) is None

    def test_pauses_grow_to_a_minute_while_probes_fail(self, outbox):
        outbox("a")
        row, pauses = self.open_breaker(), []
        for _ in range(6):
            at = row.next_probe_at
            assert self.away(at)
            row.refresh_from_db()
            pauses.append((row.next_probe_at - at).total_seconds())
        assert pauses == [10, 20, 40, 60, 60, 60]

    def test_ends_with_the_first_answer_whatever_it_is(self, outbox):
        outbox("a")
        row = self.open_breaker()
        outbox("b", subject="invoice:2", not_before=row.next_probe_at)
        fakes.script.append(Refused("The period is closed."))
        assert drain(row.next_probe_at, 10) == 2
        row.refresh_from_db()
        assert (row.breaker, row.failures, row.next_probe_at) == ("closed", 0, None)
        assert (state("a")[0], state("b")[0]) == ("dead", "done")

    def test_is_not_over_because_a_probe_broke(self, outbox):
        outbox("a")
        row = self.open_breaker()
        fakes.script.append(ValueError("bug"))
        run_one(row.next_probe_at)
        at = row.next_probe_at
        row.refresh_from_db()
        assert (row.breaker, row.next_probe_at) == ("open", at + timedelta(seconds=5))

    def test_counts_the_probe_alone_when_others_fail_late(self, outbox):
        from cockpit.outbox import breaker

        outbox("a")
        row = self.open_breaker()
        breaker.stayed_away("odoo", 4711, at=row.opened_at, reason="me too")
        row.refresh_from_db()
        assert row.failures == 3


class TestDeadLetter:
    @pytest.fixture
    def dead(self, outbox):
        outbox("a"), outbox("b")
        fakes.script.append(Refused("The period is closed."))
        run_one(MONDAY)
        return Message.objects.get(key="a")

    def test_is_tried_again_with_all_its_attempts_when_a_person_says_so(self, dead, ann):
        retry(dead, actor=ann, at=after(60))
        assert (dead.state, dead.used_attempts, dead.outcome) == ("pending", 0, "")
        assert drain(after(60), 10) == 2
        assert Message.objects.filter(state="done").count() == 2
        assert Entry.objects.get(verb="outbox.message.retry").actor.startswith("person:")

    def test_closes_its_case_when_it_goes_through(self, dead, ann):
        retry(dead, actor=ann, at=after(60))
        assert Case.objects.get().state == "open", "nothing is well yet"
        drain(after(60), 10)
        case = Case.objects.get()
        assert (case.state, case.closed_because) == ("resolved", "The message went through.")

    def test_reopens_its_case_when_it_dies_again(self, dead, ann):
        retry(dead, actor=ann, at=after(60))
        fakes.script.append(Refused("Still closed."))
        run_one(after(60))
        case = Case.objects.get()
        assert (case.state, case.occurrences) == ("open", 2)

    def test_waits_for_the_next_time_when_its_case_cannot_be_opened(self, outbox, settings):
        settings.OUTBOX_ON_DEAD = "tests.cockpit.fakes.broken_hook"
        outbox("c", subject="invoice:2")
        fakes.script.append(Refused("The period is closed."))
        with pytest.raises(RuntimeError, match="no case today"):
            run_one(MONDAY)
        assert state("c") == ("pending", "")
        settings.OUTBOX_ON_DEAD = "cockpit.exception_queue.dead_letters.open_for"
        fakes.script.append(Refused("The period is closed."))
        assert drain(after(21), 10) == 1
        assert state("c") == ("dead", "The period is closed.")
        assert Case.objects.get().kind == "outbox.refused"

    def test_is_skipped_with_a_reason_and_its_stream_goes_on(self, dead, ann):
        skip(dead, actor=ann, at=after(60), reason="Posted by hand.")
        assert Case.objects.get().closed_because == "Posted by hand."
        assert drain(after(60), 10) == 1
        assert fakes.ran == ["a", "b"]
        entry = Entry.objects.get(verb="outbox.message.skip")
        assert spoken([entry])[entry.pk] == {"reason": "Posted by hand."}

    def test_is_not_skipped_without_a_reason(self, dead, ann):
        with pytest.raises(OutboxError, match="Say why"):
            skip(dead, actor=ann, at=MONDAY, reason="  ")

    def test_is_the_only_thing_that_can_be_retried(self, dead, ann):
        other = Message.objects.get(key="b")
        with pytest.raises(TransitionError, match=r"is pending; 'retry' is possible only from dead"):
            retry(other, actor=ann, at=MONDAY)
