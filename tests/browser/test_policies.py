"""Editing a policy with keys alone, on a phone, without a script; a second person decides it; axe, both themes."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from approvals import services
from approvals.models import Request
from approvals.policy_files import read
from tests import cast
from tests.browser.test_looks import BROKEN_NUMBERS, WORD
from tests.visiting import with_keys

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DRAFT = "/policies/invoice_release/v2/"
LONG = """
kind: invoice_release
mode: enforce
rules:
  - name: Very large, and for a client of whom little is known
    unit: Halden & Roth GmbH
    when: [{fact: amount, op: ">", value: 250000, currency: EUR}, {fact: client_tier, op: in, value: [A, B]}]
    ask:
      - role: finance
        quorum: 2
        reject: quorum
        within: 4 h
        ladder: [{at: 100, to: "role:leadership", hand_over: true}]
      - role: partner
        who: manager:1
        order: 2
        within: 2 d
        when: [{fact: overdue, op: "<", value: 20, currency: EUR}]
        about: [amount]
  - name: Never reached
    unit: Halden & Roth GmbH
    when: [{fact: amount, op: ">", value: 300000, currency: EUR}, {fact: client_tier, op: "=", value: A}]
    ask: [{role: finance}]
  - {name: Large, when: [{fact: amount, op: ">", value: 25000, currency: EUR}], ask: [{role: finance, within: 4 h}]}
  - {name: Also the PMO, add_on: true, when: [{fact: amount, op: ">", value: 90000, currency: EUR}], ask: [{role: pmo}]}
  - {name: Everything else passes}
"""


@pytest.fixture
def runners(firm):
    """Mia and Eve run the cockpit in all companies."""
    cast.hold(firm, *((name, "operations_admin", unit) for name in ("mia", "eve") for unit in (firm.de, firm.us)))
    return firm


def look(page, name: str) -> None:
    """Axe, the width of the page, and a picture of it where somebody wants to see them."""
    found = [(one["id"], one["nodes"][0]["html"][:160]) for one in Axe().run(page).response["violations"]]
    assert found == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    if shots := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(shots) / f"{name}.png", full_page=True)


def tab_to(page, locator, most: int = 80) -> None:
    """Press tab until the element has the focus."""
    for _press in range(most):
        if locator.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("The keyboard does not reach it.")


class TestWithKeysOnly:
    def test_a_row_is_edited_asked_about_and_decided_by_a_second_person(self, runners, sit):
        page = sit("mia")
        page.goto("/queue/")
        with_keys(page)
        page.keyboard.press("g")
        page.keyboard.press("p")
        page.wait_for_url("**/policies/")
        tab_to(page, page.get_by_role("link", name="Invoice release"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/policies/invoice_release/")
        tab_to(page, page.get_by_role("button", name="Edit"))
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{DRAFT}")
        tab_to(page, page.get_by_role("link", name="Edit Large in Germany"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/rows/1/")
        tab_to(page, page.get_by_role("spinbutton", name="Amount, with tax"))
        page.keyboard.press("Control+a")
        page.keyboard.type("30000")
        tab_to(page, page.get_by_role("button", name="Add a step"))
        page.keyboard.press("Enter")
        expect(page.locator("#id_s1-role")).to_be_focused()
        page.keyboard.type("PMO")
        tab_to(page, page.get_by_role("button", name="Earlier step 2"))
        page.keyboard.press("Enter")
        expect(page.locator("#id_s0-role")).to_be_focused()
        expect(page.locator("#id_s0-role")).to_have_value("pmo")
        tab_to(page, page.locator(".keep").get_by_role("button", name="Keep the row"))
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{DRAFT}")
        expect(page.get_by_role("status")).to_contain_text("Row “Large in Germany” was kept in the draft.")
        tab_to(page, page.get_by_role("button", name="Down Large in Germany"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Down Large in Germany")).to_be_focused()
        expect(page.locator("#row-2")).to_contain_text("Large in Germany")
        tab_to(page, page.get_by_role("button", name="Up Large in Germany"), 200)
        page.keyboard.press("Enter")
        expect(page.locator("#row-1")).to_contain_text("Large in Germany")
        tab_to(page, page.get_by_role("button", name="Ask for it to be published"), 200)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("waits for a second person")

        request = Request.objects.get(kind_key="policy_change")
        second = sit("eve")
        second.goto(f"/queue/R-{request.pk}/")
        with_keys(second)
        expect(second.locator(".detail")).to_contain_text("above €30,000.00")
        second.keyboard.press("a")
        expect(second.locator(".toast")).to_contain_text(f"Approved R-{request.pk}")
        request.refresh_from_db()
        assert request.state == "settling"

    def test_a_row_that_another_takes_before_it_is_said_at_its_row(self, runners, sit):
        services.begin_draft(cast.KIND, actor=runners["mia"], at=timezone.now())
        page = sit("mia")
        page.goto(f"{DRAFT}rows/0/")
        page.get_by_label("Name").fill("Larger")
        page.get_by_label("Unit", exact=True).select_option("Halden & Roth GmbH")
        page.get_by_role("button", name="Add a condition").first.click()
        page.get_by_role("spinbutton", name="Amount, with tax").fill("90000")
        page.get_by_role("button", name="Add a step").click()
        page.locator(".keep").get_by_role("button", name="Keep the row").click()
        expect(page.locator(".findings")).to_contain_text("It is never reached")
        look(page, "shadowed")


class TestWithoutAScript:
    def test_a_row_is_edited_by_plain_forms(self, runners, sit):
        draft = services.begin_draft(cast.KIND, actor=runners["mia"], at=timezone.now())
        page = sit("mia", java_script_enabled=False)
        page.goto(f"{DRAFT}rows/1/")
        page.get_by_role("button", name="Add a step").click()
        page.locator("#id_s1-role").select_option("pmo")
        page.locator("#id_s1-within").fill("2 d")
        page.locator(".keep").get_by_role("button", name="Keep the row").click()
        page.wait_for_url(f"**{DRAFT}")
        assert [step["role"] for step in draft.rules.get(number=1).steps] == ["finance", "pmo"]
        page.get_by_role("button", name="Down Large in Germany").click()
        page.wait_for_url(f"**{DRAFT}")
        assert draft.rules.get(number=2).name == "Large in Germany"


@pytest.fixture
def pages(runners):
    """A page in each of its looks: with findings, a newer version than the draft's, a running request, one asked."""
    now = timezone.now()
    mia = runners["mia"]
    runners.ask(at=now - timedelta(hours=1))
    cast.policy(cast.TABLE.replace("finance, within: 4 h", "pmo, within: 4 h"), at=now - timedelta(minutes=9))
    asked = services.begin_draft("staffing", actor=mia, at=now)
    table = read(f"kind: staffing\nmode: enforce\nrules: [{{name: {WORD}, ask: [{{role: leadership}}]}}]")
    services.save_draft(asked.pk, table, revision=0, actor=mia, at=now)
    request = services.ask_to_publish(asked.pk, revision=1, actor=mia, at=now)
    draft = services.begin_draft(cast.KIND, actor=mia, at=now)
    services.save_draft(draft.pk, read(LONG.replace("Never reached", WORD)), revision=0, actor=mia, at=now)
    cast.policy(cast.TABLE.replace("finance, within: 4 h", "pmo, within: 8 h"), at=now)
    kind = f"/policies/{cast.KIND}"
    return {
        "list": "/policies/",
        "version": f"{kind}/",
        "unit": f"{kind}/?unit={runners.munich.pk}",
        "draft": f"{kind}/v{draft.number}/",
        "row": f"{kind}/v{draft.number}/rows/1/",
        "compare": f"{kind}/compare/",
        "running": f"{kind}/running/",
        "none": "/policies/write_off/",
        "asked": "/policies/staffing/v1/",
        "request": f"/queue/R-{request.pk}/",
    }


class TestLooks:
    @pytest.mark.parametrize("width", [360, 1280])
    @pytest.mark.parametrize("dark", [False, True])
    def test_nothing_is_wrong_on_any_page(self, pages, sit, width, dark):
        page = sit("mia", width=width, dark=dark)
        for name, address in pages.items():
            page.goto(address)
            look(page, f"{name}-{width}-{'dark' if dark else 'light'}")

    def test_hold_german_words_on_a_phone_and_break_no_number(self, pages, sit, live_server):
        page = sit("mia", width=360, height=740)
        page.context.add_cookies([{"name": "django_language", "value": "de", "url": live_server.url}])
        broken = {}
        for name in set(pages) - {"request"}:
            page.goto(pages[name])
            assert page.evaluate("document.documentElement.lang") == "de"
            look(page, f"{name}-de")
            broken[name] = page.evaluate(BROKEN_NUMBERS)
        assert {name: numbers for name, numbers in broken.items() if numbers} == {}

    def test_a_phone_edits_a_row(self, runners, sit):
        draft = services.begin_draft(cast.KIND, actor=runners["mia"], at=timezone.now())
        page = sit("mia", width=360, height=740, has_touch=True)
        page.goto(DRAFT)
        page.get_by_role("link", name="Edit Large in Germany").tap()
        page.get_by_role("spinbutton", name="Amount, with tax").fill("41000")
        page.locator(".keep").get_by_role("button", name="Keep the row").tap()
        page.wait_for_url(f"**{DRAFT}")
        assert draft.rules.get(number=1).when[0]["value"] == "41000"
