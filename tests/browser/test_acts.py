"""What can be done beside deciding, by keys alone and on a phone; several decided at once; axe in both themes."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from approvals import kinds, services
from approvals.delegations import Delegation
from approvals.models import Decision, Question, Request, Step
from tests import cast
from tests.visiting import with_keys

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def three(firm, monkeypatch):
    """Three requests about as large, which may be decided together."""
    known = dict(kinds.registry())
    known[cast.KIND] = replace(known[cast.KIND], bulk_below=Decimal(60_000))
    monkeypatch.setattr(kinds, "registry", lambda: known)
    now = timezone.now()
    cast.policy(cast.TABLE.replace("within: 4 h", "within: 80 h"), at=now - timedelta(days=20))
    return [firm.ask(number, 50_000 - number, at=now - timedelta(minutes=9)) for number in (1, 2, 3)]


def go(page, address):
    page.goto(address)
    with_keys(page)


def found_by_axe(page) -> list[tuple[str, str]]:
    return [(one["id"], one["nodes"][0]["html"][:160]) for one in Axe().run(page).response["violations"]]


def too_wide(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


class TestWithKeysOnly:
    def test_asks_back_takes_on_delegates_and_decides_several_at_once(self, three, firm, sit):
        page = sit("ann")
        go(page, "/queue/")
        number = page.locator(".detail .over")
        expect(number).to_contain_text(three[0].number)
        page.keyboard.press("q")
        expect(page.locator("#ask_back-text")).to_be_focused()
        page.keyboard.type("Which order?")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".question")).to_contain_text("Ann Albers asks Ben Brook: Which order?")
        page.keyboard.press("q")
        expect(page.locator(".question")).to_have_count(0)
        assert Question.objects.get().ended == "taken_back"

        page.keyboard.press("c")
        expect(page.get_by_role("button", name="Give back")).to_be_visible()
        page.keyboard.press("c")
        expect(page.get_by_role("button", name="Take on")).to_be_visible()

        page.keyboard.press("d")
        expect(page.locator("#hand_on-to")).to_be_focused()
        page.keyboard.type("Nobody")
        page.keyboard.press("Enter")
        expect(page.locator(".act-form .field-error")).to_have_text("Nobody here is called “Nobody”.")
        page.locator("#hand_on-to").fill("Eve Egan")
        page.keyboard.press("Enter")
        expect(page.locator(".timeline")).to_contain_text("Ann Albers lets Eve Egan decide it for them")
        assert Delegation.objects.get().deputy == firm["eve"]

        page.keyboard.press("m")
        expect(page.get_by_text("Add approver…")).to_be_visible()
        page.keyboard.press("Escape")

        page.keyboard.press("x")
        page.keyboard.press("j")
        expect(number).to_contain_text(three[1].number)
        page.keyboard.press("x")
        expect(page.locator("[data-tick]:checked")).to_have_count(2)
        page.keyboard.press("b")
        expect(page.get_by_role("heading", level=1)).to_have_text("Decide together")
        with_keys(page)
        page.keyboard.press("a")
        expect(page.locator(".together")).to_contain_text("2 of 2 decided.")
        assert Decision.objects.filter(person=firm["ann"]).count() == 2


class TestOnAPhone:
    def test_the_bar_keeps_the_rarer_verbs_behind_more_and_nothing_is_too_wide(self, three, sit):
        page = sit("ann", width=360, height=740)
        go(page, f"/queue/R-{three[0].pk}/")
        bar = page.locator(".decide").bounding_box()
        assert bar["height"] < 230
        expect(page.get_by_text("Pass on…")).to_be_hidden()
        page.get_by_text("More…").click()
        page.get_by_text("Pass on…").click()
        expect(page.locator("#reassign-to")).to_be_focused()
        assert not too_wide(page)
        page.locator("#reassign-to").fill("Dan Dietz")
        page.locator("#reassign-reason").fill("Away")
        page.get_by_role("button", name="Pass on", exact=True).click()
        expect(page.locator(".timeline")).to_contain_text("Ann Albers passed it on to Dan Dietz")

    def test_several_are_looked_at_and_decided(self, three, sit):
        page = sit("ann", width=360, height=740)
        go(page, "/queue/")
        page.locator("[data-tick]").first.check()
        page.get_by_role("button", name="Decide the selected together…").click()
        assert not too_wide(page)
        page.get_by_role("button", name="Approve those ticked").click()
        expect(page.locator(".together")).to_contain_text("1 of 1 decided.")
        assert not too_wide(page)


@pytest.mark.parametrize("dark", [False, True])
class TestLooks:
    def test_have_nothing_that_axe_finds(self, three, firm, sit, dark):
        now = timezone.now()
        step = Step.objects.get(round__request=three[0])
        services.ask_back(
            step.pk, actor=firm["ann"], text="Yes, if", fact="amount", value={"amount": "46900.00", "currency": "EUR"},
            at=now,
        )  # fmt: skip
        Delegation.objects.create(
            delegator=firm["dan"], deputy=firm["ann"], start_at=now - timedelta(days=1), end_at=now + timedelta(days=9),
            proposed_at=now, confirmed_at=now,
        )  # fmt: skip
        request = three[1]
        services.decide(
            Step.objects.get(round__request=request).pk, actor=firm["dan"], verdict="reject", note="The PO is old.",
            snapshot_id=request.snapshot_id, at=now,
        )  # fmt: skip
        services.settle_due(now + timedelta(minutes=1))
        firm.ask(2, 52_000, at=now + timedelta(minutes=1))
        page = sit("ann", dark=dark)
        go(page, f"/queue/R-{three[0].pk}/")
        assert found_by_axe(page) == []
        go(page, f"/queue/R-{request.pk}/")
        page.get_by_text("Round 1").click()
        page.get_by_text("Ask…").click()
        expect(page.locator(".round")).to_contain_text("The PO is old.")
        assert found_by_axe(page) == []
        picks = "&".join(f"pick={pk}" for pk in Request.objects.values_list("pk", flat=True))
        go(page, f"/queue/bulk/?{picks}")
        assert found_by_axe(page) == []
        other = sit("ben", dark=dark)
        go(other, f"/queue/R-{three[0].pk}/")
        other.get_by_text("Answer…").click()
        assert found_by_axe(other) == []
