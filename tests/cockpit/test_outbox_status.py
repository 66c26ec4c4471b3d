from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cockpit.outbox import DestinationAway, Done, Refused, RetryLater, claim, run_one, skip, status
from cockpit.outbox.models import Message
from tests.cockpit import fakes
from tests.cockpit.fakes import MONDAY

pytestmark = pytest.mark.django_db
ORIGIN = "approvals.request:12"


def kinds():
    return [standing.kind for standing in status(ORIGIN)]


class TestStatus:
    def test_tells_what_became_of_each_effect_in_order(self, outbox):
        outbox("a", origin=ORIGIN), outbox("b", origin=ORIGIN), outbox("c")
        assert kinds() == ["waiting", "waiting"]
        fakes.script += [Done("verified", {"id": 3}), RetryLater("The record is locked.", after_s=30)]
        run_one(MONDAY), run_one(MONDAY)
        done, again = status(ORIGIN)
        assert (done.kind, done.at, done.outcome, done.result) == ("done", MONDAY, "verified", {"id": 3})
        assert (again.kind, again.at) == ("trying_again", MONDAY + timedelta(seconds=30))
        with timezone.override("Europe/Berlin"):
            assert done.words == "done at 2026-11-23 10:00:00"
            assert again.words == "trying again at 2026-11-23 10:00:30: The record is locked."

    def test_tells_what_was_refused_and_given_up(self, outbox, ann):
        outbox("a", origin=ORIGIN), outbox("b", origin=ORIGIN, subject="invoice:2", handler="brief")
        message = outbox("c", origin=ORIGIN, subject="invoice:3")
        skip(message, actor=ann, at=MONDAY, reason="Posted by hand.")
        fakes.script += [Refused("The period is closed."), ValueError("x"), ValueError("x")]
        run_one(MONDAY), run_one(MONDAY), run_one(MONDAY + timedelta(minutes=1))
        assert kinds() == ["refused", "dead", "skipped"]
        refused, dead, skipped = status(ORIGIN)
        assert refused.words == "refused: The period is closed."
        assert dead.words == "given up after 2 tries: ValueError: x"
        assert skipped.reason == "Posted by hand."

    def test_tells_that_a_worker_is_at_it(self, outbox):
        outbox("a", origin=ORIGIN)
        claim(MONDAY)
        (running,) = status(ORIGIN)
        assert (running.kind, running.at, running.words) == ("running", MONDAY, "being done now")

    def test_tells_when_an_absent_destination_is_tried_again(self, outbox):
        outbox("a", origin=ORIGIN), outbox("b", origin=ORIGIN)
        at = MONDAY
        for _ in range(3):
            fakes.script.append(DestinationAway("Odoo does not answer."))
            run_one(at)
            at = Message.objects.get(key="a").not_before
        tried, behind = status(ORIGIN)
        assert (tried.kind, tried.at, tried.reason) == ("trying_again", at, "Odoo does not answer.")
        assert (behind.kind, behind.at, behind.reason) == ("trying_again", at, "Odoo does not answer.")

    def test_takes_three_queries(self, outbox):
        for number in range(10):
            outbox(str(number), origin=ORIGIN)
        with CaptureQueriesContext(connection) as captured:
            assert len(status(ORIGIN)) == 10
        assert len(captured) == 3

    def test_knows_nothing_about_no_origin(self, outbox):
        outbox("a")
        assert status("") == []


class TestCommand:
    @pytest.fixture
    def dead(self, outbox):
        message = outbox("a")
        outbox("b")
        fakes.script.append(Refused("The period is closed."))
        run_one(MONDAY)
        return message

    def test_lists_dead_letters_before_what_waits(self, dead, capsys):
        call_command("outbox", "list")
        first, second, last = capsys.readouterr().out.splitlines()
        assert first == f"{dead.pk}\tdead\todoo|invoice:1\t1/12 tries\tThe period is closed."
        assert "due 2026-11-23 09:00:00" in second
        assert last == "2 unfinished."

    def test_retries_and_skips_in_somebody_s_name(self, dead, ann, capsys):
        call_command("outbox", "retry", dead.pk, "--by", "Ann@example.com")
        assert "tried again now" in capsys.readouterr().out
        call_command("outbox", "skip", dead.pk, "--by", "ann@example.com", "--reason", "Posted by hand.")
        assert Message.objects.get(pk=dead.pk).state == "skipped"

    @pytest.mark.parametrize(
        ("given", "says"),
        [
            (["retry", "4711", "--by", "ann@example.com"], "There is no message 4711"),
            (["retry", "{pk}", "--by", "nobody@example.com"], "Nobody active has the e-mail address"),
            (["skip", "{pk}", "--by", "ann@example.com", "--reason", " "], "Say why"),
            (["retry", "{behind}", "--by", "ann@example.com"], "is pending; 'retry' is possible only from dead"),
        ],
    )
    def test_says_what_is_wrong(self, dead, ann, given, says):
        behind = Message.objects.get(key="b").pk
        with pytest.raises(CommandError, match=says):
            call_command("outbox", *[word.format(pk=dead.pk, behind=behind) for word in given])
