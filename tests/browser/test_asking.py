"""Asking for what no record asks about: by keys, with a draft, in German on a phone; axe in both themes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from approvals import services
from approvals.models import Request
from approvals.policy_files import read
from tests.visiting import with_keys

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABLE = """
kind: write_off
name: Write-offs
mode: enforce
rules:
  - {name: Any, ask: [{role: finance, within: 4 h}]}
"""


@pytest.fixture
def asked_by_form(firm):
    version = services.draft(read(TABLE), actor="system:test", at=timezone.now())
    services.publish(version, actor="system:test", at=timezone.now())
    return firm


def go(page, address):
    page.goto(address)
    with_keys(page)


def too_wide(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def found_by_axe(page) -> list[tuple[str, str]]:
    return [(one["id"], one["nodes"][0]["html"][:160]) for one in Axe().run(page).response["violations"]]


class TestWithKeysOnly:
    def test_asks_from_the_queue_is_told_what_is_missing_and_gets_to_the_request(self, asked_by_form, sit):
        page = sit("ben")
        go(page, "/queue/")
        page.keyboard.press("n")
        page.wait_for_url("**/ask/")
        page.get_by_role("link", name="Write-off").press("Enter")
        page.wait_for_url("**/ask/write_off/")
        page.locator("#id_amount").press_sequentially("1200.50")
        page.locator("#id_client").press_sequentially("Brandt AG")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".errors")).to_be_visible()
        expect(page.locator("#id_client")).to_have_value("Brandt AG")
        page.locator("#id_reason").press_sequentially("Gone")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/queue/R-*/")
        assert Request.objects.get().requester == asked_by_form["ben"]

    def test_leaves_with_escape_and_finds_the_draft_again(self, asked_by_form, sit):
        page = sit("ben")
        go(page, "/ask/write_off/")
        page.locator("#id_client").fill("Brandt AG")
        page.get_by_role("button", name="Keep as a draft").press("Enter")
        page.wait_for_url("**/ask/")
        expect(page.locator(".asks")).to_contain_text("draft")
        page.get_by_role("link", name="Write-off").press("Enter")
        expect(page.locator("#id_client")).to_have_value("Brandt AG")
        with_keys(page)
        page.keyboard.press("Escape")
        page.wait_for_url("**/ask/")


@pytest.mark.parametrize("dark", [False, True])
class TestLooks:
    def test_are_clean_and_narrow_enough_also_with_errors(self, asked_by_form, sit, live_server, dark):
        for language, width in (("en", 1280), ("de", 360)):
            page = sit("ben", dark=dark, width=width)
            page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
            for address in ("/queue/?tab=mine", "/ask/", "/ask/write_off/"):
                go(page, address)
                assert found_by_axe(page) == [], address
                assert not too_wide(page), address
            page.locator(".ask-form .btn.primary").click()
            expect(page.locator(".errors")).to_be_visible()
            assert found_by_axe(page) == []
            assert not too_wide(page)
