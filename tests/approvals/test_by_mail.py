"""Mails to who is asked, and the page that their link opens: it shows, and only what is pressed there decides."""

import re
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.core import mail, signing
from django.test import Client

from approvals import links, services
from approvals.models import Decision, Request, Step
from cockpit import outbox
from cockpit.accounts.models import User
from cockpit.audit.models import Entry
from cockpit.notify.models import Notice
from tests import cast
from tests.approvals.conftest import NOW
from tests.visiting import words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quiet(open_firm, settings) -> None:
    """What publishing the policy set off is over: it would look for the records, and there are none here."""
    settings.LINK_LIMIT = Decimal(100000)
    outbox.drain(NOW, 100)


def deliver(at=NOW) -> list:
    """Let the workers do what is due; the mails that went out by it."""
    before = len(mail.outbox)
    outbox.drain(at, 100)
    return mail.outbox[before:]


def to(firm, name, letters):
    return [one for one in letters if one.to == [firm[name].email]]


def link_in(letter) -> str:
    return urlsplit(re.search(r"http\S+/mail/\S+", letter.body).group()).path


def asked(firm, name="ann", **facts) -> tuple[Request, str]:
    """A request, and the path of the link that `name` gets."""
    request = firm.ask(**facts)
    [letter] = to(firm, name, deliver())
    return request, link_in(letter)


def fields(response) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden"\s+name="(snapshot)"\s+value="([^"]*)"', response.content.decode()))


def press(client, link, verdict="approve", **more):
    return client.post(link, {**fields(client.get(link)), "verdict": verdict, **more})


class TestWhoIsAsked:
    def test_gets_a_mail_and_nobody_else(self, open_firm):
        request = open_firm.ask()
        letters = deliver()
        assert sorted(one.to[0] for one in letters) == ["ann@example.com", "dan@example.com"]  # finance of that unit
        assert letters[0].subject.startswith(f"{request.number} Release invoice for Brandt AG")
        assert "€48,200.00" in letters[0].body

    def test_gets_none_once_it_is_decided(self, open_firm):
        request = open_firm.ask()
        step = Step.objects.get(round__request=request)
        services.decide(step.pk, actor=open_firm["dan"], verdict="approve", snapshot_id=request.snapshot_id, at=NOW)
        assert deliver() == []
        assert set(Notice.objects.values_list("dropped_why", flat=True)) <= {"over"}

    def test_gets_one_mail_however_often_it_is_asked_for_the_same(self, open_firm):
        request = open_firm.ask()
        deliver()
        step = Step.objects.get(round__request=request)
        services.decide(step.pk, actor=open_firm["dan"], verdict="approve", snapshot_id=request.snapshot_id, at=NOW)
        services.undo(request.pk, actor=open_firm["dan"], at=NOW)
        assert deliver(NOW + timedelta(seconds=5)) == []


class TestLink:
    def test_says_what_is_missing_while_it_can_be_decided(self, open_firm):
        _request, link = asked(open_firm, evidence=[])
        client = Client()
        assert "Evidence 0 of 2: acceptance missing, PDF missing" in words(client.get(link))
        assert "Evidence 0 of 2" not in words(press(client, link))

    def test_decides_nothing_when_it_is_followed(self, open_firm):
        request, link = asked(open_firm)
        for _time in range(3):
            assert Client().get(link).status_code == 200
        assert Client().head(link).status_code == 200
        assert not Decision.objects.exists()
        request.refresh_from_db()
        assert request.state == Request.State.PENDING

    def test_decides_by_a_press_without_signing_in(self, open_firm):
        request, link = asked(open_firm)
        answer = press(Client(), link)
        assert "You have approved it." in words(answer)
        assert Decision.objects.get().person == open_firm["ann"]
        verbs = Entry.objects.filter(subject=request.audit_subject).values_list("verb", flat=True)
        assert "approvals.request.by_mail" in verbs

    def test_is_pressed_in_a_browser_which_says_no_origin_where_no_referrer_is_wanted(self, open_firm):
        _request, link = asked(open_firm)
        browser = Client(enforce_csrf_checks=True)
        page = browser.get(link)
        origin = "null" if page["Referrer-Policy"] == "no-referrer" else "http://testserver"
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]*)"', page.content.decode()).group(1)
        given = {**fields(page), "verdict": "approve", "csrfmiddlewaretoken": token}
        assert "You have approved it." in words(browser.post(link, given, headers={"origin": origin}))

    def test_pressed_twice_decides_once(self, open_firm):
        _request, link = asked(open_firm)
        client = Client()
        given = {**fields(client.get(link)), "verdict": "approve"}
        assert [client.post(link, given).status_code for _time in range(2)] == [200, 409]
        assert Decision.objects.count() == 1

    def test_rejects_with_a_reason_and_asks_for_a_missing_one(self, open_firm):
        _request, link = asked(open_firm)
        assert press(Client(), link, "reject").status_code == 422
        press(Client(), link, "reject", note="The order number is missing.")
        assert Decision.objects.get().note == "The order number is missing."

    def test_is_used_up_by_its_use(self, open_firm):
        request, link = asked(open_firm)
        press(Client(), link)
        services.undo(request.pk, actor=open_firm["ann"], at=NOW)
        page = Client().get(link)
        assert "This link was used already" in words(page)
        assert press(Client(), link, snapshot=request.snapshot_id).status_code == 409
        assert not Decision.objects.filter(void_at__isnull=True).exists()

    def test_takes_back_what_it_decided(self, open_firm):
        request, link = asked(open_firm)
        press(Client(), link)
        Client().post(link, {"undo": "1"})
        request.refresh_from_db()
        assert request.state == Request.State.PENDING

    def test_shows_what_is_another_than_in_the_mail(self, open_firm):
        request, link = asked(open_firm)
        stale = fields(Client().get(link))
        services.refresh_facts(request, cast.invoice_facts(open_firm.de, "61000.00"), at=NOW)
        assert "This is another than in the mail: Amount, with tax : €48,200.00 → €61,000.00" in words(
            Client().get(link)
        )
        assert Client().post(link, {**stale, "verdict": "approve"}).status_code == 409
        assert not Decision.objects.exists()

    def test_ends(self, open_firm, now):
        _request, link = asked(open_firm)
        now.shift(timedelta(days=3, seconds=1))
        answer = Client().get(link)
        assert answer.status_code == 410
        assert "older than 3 days" in words(answer)

    @pytest.mark.parametrize("spoil", [lambda token: token[:-1] + "x", lambda token: "abc", lambda token: token[5:]])
    def test_made_up_opens_nothing(self, open_firm, spoil):
        _request, link = asked(open_firm)
        token = link.strip("/").rpartition("/")[2]
        answer = Client().get(f"/mail/{spoil(token)}/")
        assert answer.status_code == 404
        assert "not whole" in words(answer)

    def test_signed_for_something_else_opens_nothing(self, open_firm):
        request, _link = asked(open_firm)
        step, notice = Step.objects.get(), Notice.objects.first()
        other = signing.dumps([notice.pk, notice.person_id, step.pk, request.snapshot_id], salt="another")
        assert Client().get(f"/mail/{other}/").status_code == 404

    def test_of_somebody_else_is_refused_while_one_is_signed_in(self, open_firm, visit):
        _request, link = asked(open_firm)
        answer = visit("dan").get(link)
        assert answer.status_code == 403
        assert "sent to somebody else" in words(answer)

    def test_decides_only_its_own_step(self, open_firm):
        """The form names no step: whatever is sent beside it, the link's counts."""
        _request, link = asked(open_firm)
        other = open_firm.ask(99)
        step = Step.objects.get(round__request=other)
        press(Client(), link, step=step.pk)
        assert not Decision.objects.filter(step=step).exists()

    def test_opens_nothing_for_a_closed_sign_in(self, open_firm):
        _request, link = asked(open_firm)
        User.objects.filter(person=open_firm["ann"]).update(is_active=False)
        assert Client().get(link).status_code == 403

    def test_is_not_in_the_log(self, open_firm):
        from cockpit.request_log import veil

        _request, link = asked(open_firm)
        assert veil(f"GET {link}") == "GET /mail/…/"


class TestAboveTheLimit:
    def test_the_mail_has_no_link_that_decides(self, open_firm, settings):
        settings.LINK_LIMIT = Decimal(10000)
        open_firm.ask()
        [letter] = to(open_firm, "ann", deliver())
        assert "/mail/" not in letter.body
        assert "/queue/R-" in letter.body

    def test_a_link_from_before_asks_for_the_sign_in(self, open_firm, settings):
        _request, link = asked(open_firm)
        given = {**fields(Client().get(link)), "verdict": "approve"}
        settings.LINK_LIMITS = {"invoice_release": Decimal(10000)}
        assert "Sign in and decide it there" in words(Client().get(link))
        assert Client().post(link, given).status_code == 409
        assert not Decision.objects.exists()

    def test_what_has_no_amount_needs_a_sign_in_unless_it_is_named(self, open_firm, settings):
        request = Request(kind_key="vendor", amount=None)
        assert links.needs_sign_in(request)
        settings.LINK_LIMITS = {"vendor": Decimal(0)}
        assert not links.needs_sign_in(request)
