"""The queue by keyboard: filter, keep a view, snooze, comment, open the document; and news that moves nothing."""

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from approvals import services
from approvals.models import Comment, Snooze
from cockpit.pages.documents import Content
from cockpit.saved_views.models import SavedView
from tests import cast
from tests.visiting import with_keys

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOTE = b"Accepted on the tenth."
SUM = hashlib.sha1(NOTE, usedforsecurity=False).hexdigest()
DOCUMENT = {"id": 5, "name": "Acceptance.txt", "mimetype": "text/plain", "size": len(NOTE), "checksum": SUM}
# What the page does by itself from time to time.
ASK = (
    """htmx.ajax("GET", document.getElementById("news").getAttribute("hx-get"), {target: "#news", swap: "outerHTML"})"""
)


def fetch(subject, document, *, at):
    """Stands for Odoo."""
    return Content("Acceptance.txt", "text/plain", NOTE)


@pytest.fixture
def two(firm, settings):
    settings.DOCUMENTS = "tests.browser.test_queue.fetch"
    now = timezone.now()
    table = cast.TABLE.replace("within: 4 h", "within: 80 h")
    cast.policy(table, at=now - timedelta(days=20))
    small = firm.ask(1, 26_000, at=now - timedelta(minutes=9))
    return small, firm.ask(2, 90_000, at=now - timedelta(minutes=9), evidence=[DOCUMENT])


def go(page, address):
    page.goto(address)
    with_keys(page)


class TestWithKeysOnly:
    def test_filters_keeps_the_view_snoozes_comments_and_opens_the_document(self, two, sit):
        small, large = two
        page = sit("ann")
        go(page, "/queue/")
        number = page.locator(".detail .over")
        expect(number).to_contain_text(large.number)

        page.keyboard.press("e")
        expect(page.frame_locator(".document").locator("body")).to_contain_text("Accepted on the tenth.")
        with_keys(page)
        page.keyboard.press("e")
        expect(number).to_contain_text(large.number)

        page.locator("#comment-text").focus()
        page.keyboard.type("@Mia Moreau: is it in?")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".timeline")).to_contain_text("Ann Albers commented")
        assert Comment.objects.get().mentions.get().person.name == "Mia Moreau"

        page.get_by_text("Add filter").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#f-unit")).to_be_focused()
        page.locator("#f-low").focus()
        page.keyboard.type("50,000")
        page.keyboard.press("Enter")
        expect(page.locator(".filter > span")).to_have_text(["from €50,000.00"])
        expect(page.locator("[data-row]")).to_have_count(1)

        page.locator(".views summary").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#view-name")).to_be_focused()
        page.keyboard.type("Large")
        page.keyboard.press("Enter")
        page.wait_for_url("**/queue/?low=50000&tab=needs")
        assert SavedView.objects.get().name == "Large"

        go(page, "/queue/")
        page.keyboard.press("s")
        expect(page.locator("[name=until]").first).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Control+Enter")
        expect(number).to_contain_text(small.number)
        expect(page.locator("[data-row]")).to_have_count(1)
        assert Snooze.objects.get().request_id == large.pk


class TestNews:
    def test_is_a_line_that_moves_nothing(self, two, firm, sit):
        page = sit("ann")
        go(page, "/queue/")
        approve = page.get_by_role("button", name="Approve")
        before, row = approve.bounding_box(), page.locator("[data-row]").first.bounding_box()
        firm.ask(3, 30_000, at=timezone.now())
        page.evaluate(ASK)
        line = page.get_by_role("link", name="1 new request – show")
        expect(line).to_be_visible()
        assert (approve.bounding_box(), page.locator("[data-row]").first.bounding_box()) == (before, row)
        line.click()
        expect(page.locator("[data-row]")).to_have_count(3)


class TestTheDecisionBar:
    def test_has_one_panel_open_at_a_time_and_escape_closes_it(self, two, sit):
        page = sit("ann")
        go(page, "/queue/")
        reject, snooze = page.locator("#note"), page.locator(".snooze-form")
        page.keyboard.press("r")
        expect(reject).to_be_focused()
        page.keyboard.press("Escape")
        expect(reject).to_be_hidden()
        expect(page.locator("[data-row][aria-current]")).to_be_focused()
        page.keyboard.press("s")
        expect(snooze).to_be_visible()
        page.locator(".decide summary").first.click()
        expect(reject).to_be_visible()
        expect(snooze).to_be_hidden()

    def test_leads_back_from_a_document_by_escape_and_tells_of_undo(self, two, sit):
        page = sit("ann")
        go(page, "/queue/")
        page.keyboard.press("e")
        page.wait_for_url("**/documents/**")
        with_keys(page)
        page.keyboard.press("Escape")
        page.wait_for_url(f"**/queue/{two[1].number}/**")
        with_keys(page)
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_contain_text("undo the last decision, while that can be")


class TestTheTabs:
    def test_follow_when_the_last_decision_takes_effect(self, two, sit):
        page = sit("ann")
        go(page, "/queue/")
        page.keyboard.press("a")
        waiting = page.locator("#queue-tabs li").nth(1)
        expect(waiting).to_have_text("Waiting on others 1")
        services.settle_due(timezone.now() + timedelta(minutes=1))
        expect(waiting).to_have_text("Waiting on others 0")
