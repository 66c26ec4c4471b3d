"""The frame in a browser: finding things, the chosen unit."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def chosen(page):
    """The label of the option that Enter would take, as a screen reader is told."""
    return page.evaluate(
        "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.innerText.trim()"
    )


class TestFinding:
    def test_goes_by_keys_alone(self, sit):
        page = sit("ann")
        page.goto("/exceptions/")
        page.keyboard.press("Control+k")
        expect(page.locator("#palette-list [aria-selected=true]")).to_be_visible()
        assert chosen(page) == "Queue"
        page.keyboard.press("ArrowDown")
        assert chosen(page) == "Exceptions"
        page.keyboard.press("ArrowUp")
        assert page.locator("#palette-q").evaluate("(input) => input === document.activeElement")
        page.keyboard.press("Enter")
        page.wait_for_url("**/queue/")

    def test_narrows_while_one_types_and_says_how_many(self, sit):
        page = sit("ann")
        page.goto("/queue/")
        page.keyboard.press("Control+k")
        page.keyboard.type("dark")
        expect(page.locator("#palette-said")).to_have_text("1 found")
        page.keyboard.press("Enter")
        expect(page.locator("#palette")).not_to_be_visible()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"

    def test_closes_with_escape_and_gives_the_focus_back(self, sit):
        page = sit("ann")
        page.goto("/queue/")
        opener = page.locator(".rail [data-palette]")
        opener.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#palette-q")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        inside = "document.activeElement.closest('dialog') !== null || document.activeElement === document.body"
        assert page.evaluate(inside)
        page.locator("#palette-q").focus()
        page.keyboard.press("Escape")
        expect(page.locator("#palette")).not_to_be_visible()
        expect(opener).to_be_focused()

    def test_shows_the_keys_and_has_nothing_that_axe_finds(self, sit):
        page = sit("ann", reduced_motion="reduce")
        page.goto("/queue/")
        page.keyboard.press("Control+k")
        expect(page.locator("#palette-list [role=option]").first).to_be_visible()
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(one["id"], one["nodes"][0]["target"]) for one in found] == []
        page.keyboard.type("keys")
        expect(page.locator("#palette-said")).to_have_text("1 found")
        page.keyboard.press("Enter")
        expect(page.locator("#keys")).to_be_visible()

    def test_works_without_a_script(self, sit):
        page = sit("ann", java_script_enabled=False)
        page.goto("/queue/")
        page.locator(".rail [data-palette]").click()
        page.locator("#find-q").fill("munich")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Show only Munich").click()
        expect(page.locator("button.scope")).to_contain_text("Munich")


class TestItsOwnPages:
    def test_have_nothing_that_axe_finds(self, sit):
        for name, address in (("eve", "/"), ("ann", "/search/?q=munich"), ("ann", "/nowhere/")):
            page = sit(name, reduced_motion="reduce", dark=address == "/")
            page.goto(address)
            found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
            assert [(one["id"], one["nodes"][0]["target"]) for one in found] == [], address


class TestTheKeys:
    def test_are_those_of_the_page_one_is_on(self, firm, sit):
        request = firm.ask(at=timezone.now())
        page = sit("ann")
        for address in (f"/queue/R-{request.pk}/", "/exceptions/", "/accounts/password/change/"):
            page.goto(address)
            page.keyboard.press("?")
            expect(page.locator("#keys")).to_be_visible()
            said = page.locator("#keys dt").all_inner_texts()
            on_page = page.evaluate(
                "[...document.querySelectorAll('[data-key]')].filter((one) => one.getClientRects().length)"
                ".map((one) => one.dataset.key)"
            )
            assert {key.upper() for key in on_page} <= set(said), address
            assert {"G\nQ", "G\nE", "?"} <= {text.strip() for text in said}, address
            assert ("J\nK" in said) == (address.startswith("/queue/")), address
            page.keyboard.press("Escape")

    def test_do_what_they_say(self, firm, sit):
        page = sit("ann")
        page.goto("/queue/")
        page.keyboard.press("g")
        page.keyboard.press("e")
        page.wait_for_url("**/exceptions/")


class TestTheUnit:
    def test_is_chosen_in_the_rail_and_let_go_again_without_a_script(self, sit):
        page = sit("ann", java_script_enabled=False)
        page.goto("/exceptions/?tab=resolved")
        page.locator("button.scope").click()
        page.locator("#scope-menu").get_by_role("button", name="Munich").click()
        expect(page).to_have_url("/exceptions/?tab=resolved")
        expect(page.locator("button.scope")).to_contain_text("Munich")
        page.locator("button.scope").click()
        page.get_by_role("button", name="All units", exact=True).click()
        expect(page.locator("button.scope")).to_contain_text("Halden & Roth GmbH")

    def test_is_chosen_on_a_phone_from_the_sheet(self, sit):
        page = sit("ann", width=360, height=740)
        page.goto("/queue/")
        page.get_by_role("button", name="More").click()
        page.locator("#more-sheet").get_by_role("button", name="Unit: all").click()
        page.locator("#scope-menu").get_by_role("button", name="Munich").click()
        expect(page.locator("button.scope")).to_have_text("Munich Finance")
