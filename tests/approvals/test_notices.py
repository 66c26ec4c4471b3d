"""Who is told what, by real SMTP: warned, asked back, answered, named, decided; faults, digests, German."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from approvals import services
from approvals.models import Participant, Request, Step
from cockpit import outbox
from cockpit.exception_queue.models import Case
from cockpit.notify import sending
from cockpit.notify import services as notices
from cockpit.notify.models import Notice, Preference
from cockpit.outbox.models import Message
from tests.approvals.conftest import NOW
from tests.cast import hold, policy
from tests.mail_server import MailServer, mail_server
from tests.visiting import words

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def server(open_firm, settings) -> Iterator[MailServer]:
    """A mail server that listens; what publishing the policy set off is over."""
    outbox.drain(NOW, 100)
    settings.LINK_LIMIT = Decimal(100000)
    with mail_server() as found:
        for name, value in found.settings().items():
            setattr(settings, name, value)
        yield found


def deliver(at=NOW) -> None:
    outbox.drain(at, 100)


def step_of(request: Request) -> Step:
    return Step.objects.get(round__request=request, state=Step.State.OPEN)


def told(server: MailServer, name: str) -> list[str]:
    """The first lines of the mails that this person got."""
    got = [mail for mail, to in zip(server.taken, server.to, strict=True) if to == [f"{name}@example.com"]]
    return [mail.get_body(("plain",)).get_content().splitlines()[0] for mail in got]


def decide(request: Request, person: Any, verdict: str = "approve", note: str = "") -> None:
    step = step_of(request)
    services.decide(step.pk, actor=person, verdict=verdict, snapshot_id=request.snapshot_id, at=NOW, note=note)


class TestAMail:
    def test_is_plain_text_and_html_that_fetches_nothing(self, open_firm, server):
        open_firm.ask()
        deliver()
        mail = server.taken[0]
        html = mail.get_body(("html",)).get_content()
        assert "€48,200.00" in mail.get_body(("plain",)).get_content()
        assert "€48,200.00" in html
        assert not re.findall(r"<(img|link|script|style|iframe)|src=|url\(", html)
        assert mail["List-Unsubscribe"] == "<http://127.0.0.1:8000/notices/>"
        assert mail["Auto-Submitted"] == "auto-generated"

    def test_takes_what_is_in_a_record_as_text(self, open_firm, server):
        open_firm.ask(client={"id": 7, "name": "<script>x</script>\nBcc: eve@example.com"})
        deliver()
        assert "<script>" not in server.taken[0].get_body(("html",)).get_content()
        assert server.taken[0]["Bcc"] is None
        assert server.to[0] in (["ann@example.com"], ["dan@example.com"])

    def test_speaks_the_persons_language_and_time(self, open_firm, server):
        Preference.objects.create(person=open_firm["ann"], language="de")
        open_firm.ask()
        deliver()
        assert told(server, "ann") == ["Sie werden gebeten, dies zu entscheiden."]
        assert told(server, "dan") == ["You are asked to decide this."]


class TestWhoIsTold:
    def test_of_a_warning_whoever_is_asked(self, open_firm, server):
        open_firm.ask(at=NOW)
        deliver()
        services.sweep_clocks(NOW + timedelta(hours=3, minutes=30))
        deliver(NOW + timedelta(hours=3, minutes=31))
        assert told(server, "ann")[1:] == ["80 % of the time for this decision is used."]
        assert not told(server, "eve") + told(server, "mia") + told(server, "ben")

    def test_of_a_question_who_is_asked_and_of_the_answer_who_wanted_it(self, open_firm, server):
        request = open_firm.ask()
        deliver()
        asked = services.ask_back(step_of(request).pk, actor=open_firm["ann"], text="Which order?", at=NOW)
        deliver()
        assert told(server, "ben") == [
            "Ann Albers wants to know something before deciding; the clock waits for your answer."
        ]
        services.answer(asked.pk, actor=open_firm["ben"], text="S00046", at=NOW)
        deliver()
        assert told(server, "ann")[1:] == ["Ben Brook answered your question; the clock runs on."]
        assert len(told(server, "dan")) == 1

    def test_of_a_comment_who_is_named(self, open_firm, server):
        request = open_firm.ask()
        deliver()
        services.comment(request.pk, actor=open_firm["ann"], text="@Lea, look at this", at=NOW)
        deliver()
        assert told(server, "lea") == ["Ann Albers names you in a comment."]

    def test_of_a_comment_nobody_who_has_seen_it_meanwhile(self, open_firm, server):
        request = open_firm.ask()
        services.comment(request.pk, actor=open_firm["ann"], text="@Lea, look at this", at=NOW)
        services.look_at_mentions(request.pk, actor=open_firm["lea"], at=NOW)
        deliver()
        assert told(server, "lea") == []

    def test_of_the_outcome_who_asked_once_it_can_not_be_undone(self, open_firm, server):
        request = open_firm.ask()
        deliver()
        decide(request, open_firm["ann"], "reject", "No order number")
        deliver()
        assert told(server, "ben") == []
        services.settle_due(NOW + timedelta(minutes=1))
        deliver(NOW + timedelta(minutes=1))
        assert told(server, "ben") == ["What you asked for is rejected, by Ann Albers."]
        assert "> No order number" in server.taken[-1].get_body(("plain",)).get_content()

    def test_of_a_step_passed_on_whoever_has_it_now(self, open_firm, server):
        Preference.objects.create(person=open_firm["dan"], rhythm="off")
        request = open_firm.ask()
        deliver()
        Notice.objects.filter(person=open_firm["dan"]).delete()
        Preference.objects.all().delete()
        services.reassign(step_of(request).pk, to=open_firm["dan"], actor=open_firm["ann"], at=NOW, reason="Leave")
        deliver()
        assert told(server, "dan") == ["You are asked to decide this."]
        assert len(told(server, "ann")) == 1

    def test_of_what_they_may_not_see_nobody(self, open_firm, server):
        """A participant whose part was taken away before the mail was sent."""
        request = open_firm.ask()
        services.ask_back(step_of(request).pk, actor=open_firm["ann"], text="?", at=NOW, of=open_firm["eve"])
        Participant.objects.filter(person=open_firm["eve"]).delete()
        deliver()
        assert told(server, "eve") == []

    def test_that_the_time_is_over_the_next_ones_and_nobody_who_has_it_no_more(self, open_firm, server):
        hold(open_firm, ("lea", "partner", open_firm.de))
        ladder = "ladder: [{at: 80, to: 'role:pmo'}, {at: 100, to: 'role:partner', hand_over: true}]"
        step = "{role: finance, within: 2 h, " + ladder + "}"
        policy("{kind: invoice_release, name: R, mode: enforce, rules: [{name: all, ask: [" + step + "]}]}", at=NOW)
        deliver()
        open_firm.ask(at=NOW)
        deliver()
        services.sweep_clocks(NOW + timedelta(minutes=100))
        deliver(NOW + timedelta(minutes=101))
        assert [one.partition(" has used ")[2] for one in told(server, "mia")] == [
            "80 % of the time for this decision. You are told, so that you can help."
        ]
        services.sweep_clocks(NOW + timedelta(minutes=125))
        deliver(NOW + timedelta(minutes=126))
        assert told(server, "lea") == ["The time of those who were asked is over: you are asked to decide this now."]
        assert len(told(server, "ann")) == 2  # asked, and warned: not that it is somebody else's now


class TestTheirWishes:
    def test_off_sends_nothing_and_says_so(self, open_firm, server):
        Preference.objects.create(person=open_firm["ann"], rhythm="off")
        open_firm.ask()
        deliver()
        assert told(server, "ann") == []
        assert Notice.objects.get(person=open_firm["ann"]).dropped_why == "off"

    def test_hourly_is_one_mail_of_what_is_still_true(self, open_firm, server):
        Preference.objects.create(person=open_firm["ann"], rhythm="hourly")
        first, _second, _third = (open_firm.ask(number) for number in (1, 2, 3))
        deliver()
        assert told(server, "ann") == []
        decide(first, open_firm["dan"])
        assert notices.send_due(NOW + timedelta(minutes=17)) == 0
        assert notices.send_due(NOW + timedelta(minutes=18)) == 1
        deliver(NOW + timedelta(minutes=18))
        [mail] = [one for one, to in zip(server.taken, server.to, strict=True) if to == ["ann@example.com"]]
        assert mail["Subject"] == "2 things for you"
        assert notices.send_due(NOW + timedelta(minutes=19)) == 0

    def test_a_flood_becomes_one_mail(self, open_firm, server):
        for number in range(1, 13):
            open_firm.ask(number)
        deliver()
        assert len(told(server, "ann")) == notices.FLOOD
        notices.send_due(NOW + timedelta(minutes=11))
        deliver(NOW + timedelta(minutes=11))
        assert len(told(server, "ann")) == notices.FLOOD + 1
        assert server.taken[-1]["Subject"] == "7 things for you"

    def test_are_chosen_on_a_page_and_hold_for_what_waits(self, open_firm, server, visit):
        Preference.objects.create(person=open_firm["ann"], rhythm="daily")
        open_firm.ask()
        deliver()
        given = {"rhythm": "at_once", "quiet": "never", "quiet_from": "18:00", "quiet_to": "08:00", "language": "de"}
        assert visit("ann").post("/notices/", given).status_code == 302
        notices.send_due(timezone.now())
        deliver(timezone.now())
        assert told(server, "ann") == ["Sie werden gebeten, dies zu entscheiden."]

    def test_are_named_by_what_they_are_about(self, open_firm, server, visit):
        request = open_firm.ask()
        deliver()
        assert f"{request.number} {request.title} mailed" in words(visit("ann").get("/notices/"))

    def test_that_make_no_sense_come_back(self, open_firm, server, visit):
        assert visit("ann").post("/notices/", {"rhythm": "sometimes"}).status_code == 422
        assert not Preference.objects.exists()


class TestFaults:
    def test_a_server_that_is_away_holds_nothing_up_and_loses_nothing(self, open_firm, server, settings):
        settings.EMAIL_PORT = 1  # nobody listens there
        open_firm.ask()
        deliver()
        waiting = Message.objects.filter(handler="notify.mail")
        assert {(one.state, one.used_attempts) for one in waiting} == {("pending", 0)}
        settings.EMAIL_PORT = server.port
        deliver(LATER)
        assert len(server.taken) == 2

    def test_a_refused_address_is_a_case_and_stands_on_the_step(self, open_firm, server, visit):
        server.refuses["ann@example.com"] = "550 no such mailbox"
        request = open_firm.ask()
        deliver()
        case = Case.objects.get(kind="notify.undelivered")
        assert case.unit == open_firm.de
        page = words(visit("dan").get(f"/queue/R-{request.pk}/"))
        assert "Ann Albers: mail failed: 550 no such mailbox" in page
        assert "Dan Dietz: mailed 10:42" in page

    def test_not_now_is_tried_again(self, open_firm, server):
        server.refuses["ann@example.com"] = "450 greylisted"
        open_firm.ask()
        deliver()
        assert told(server, "ann") == []
        server.refuses.clear()
        deliver(LATER)
        assert len(told(server, "ann")) == 1

    def test_a_connection_lost_after_the_server_took_it_sends_again_under_the_same_id(self, open_firm, server):
        """At least once, honestly: nobody can know whether it was taken."""
        server.hangs_up_after_taking = True
        open_firm.ask()
        deliver()
        server.hangs_up_after_taking = False
        deliver(LATER)
        mine = [mail["Message-ID"] for mail, to in zip(server.taken, server.to, strict=True) if "ann" in to[0]]
        assert len(mine) >= 2
        assert len(set(mine)) == 1

    def test_a_worker_that_dies_before_it_is_noted_sends_again_under_the_same_id(self, open_firm, server, monkeypatch):
        class Dead(BaseException):
            pass

        def die(*_given: Any, **_named: Any) -> None:
            raise Dead

        open_firm.ask()
        monkeypatch.setattr(sending, "complete", die)
        with pytest.raises(Dead):
            deliver()
        monkeypatch.undo()
        deliver(LATER)
        first = server.to[0]
        mine = [mail["Message-ID"] for mail, to in zip(server.taken, server.to, strict=True) if to == first]
        assert len(mine) == 2
        assert len(set(mine)) == 1
        assert Notice.objects.filter(sent_at__isnull=False).count() == 2
