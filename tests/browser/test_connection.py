"""The pages of the connection to Odoo and of its data: looks, widths, keys, words, and what moves by itself."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import expect

from cockpit.accounts import grants
from cockpit.exception_queue import open_case
from integrations.mirror.models import Cursor, PullRun
from integrations.odoo.guardian import services
from integrations.odoo.guardian.finding import Finding
from integrations.odoo.pull.keeping import the_only_round
from tests.visiting import with_keys

from .test_looks import WIDTHS, in_both_themes

ADDRESSES = ("/data/", "/data/hr.leave/", "/odoo/", "/odoo/key/")


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LEAVES = "hr.leave"
SENTENCE = "hr.leave: Odoo refuses it: the user cockpit@halden-roth.example may not read Time Off Types any more."


@pytest.fixture
def states(firm):
    """Ann answers for the data: a model failed, another is being loaded, a look found much."""
    now = timezone.now()
    grants.grant(firm["ann"], "operations_admin", firm.de, actor="system:test", at=now)
    Cursor.objects.update(done_to=now, reconciled_at=now, swept_at=now)
    Cursor.objects.filter(model=LEAVES).update(
        fresh_at=now - timedelta(hours=1), status="failed", sentence=SENTENCE, lacks=["holiday_type", "leave_reason"],
        reconciled_at=now - timedelta(hours=2),
    )  # fmt: skip
    Cursor.objects.filter(model="crm.lead").update(absent="right")
    PullRun.objects.create(model=LEAVES, status="failed", started_at=now, ended_at=now, sentence=SENTENCE)
    PullRun.objects.create(
        model="account.analytic.line", status="running", started_at=now, read=250_000, expected=1_000_000, rate=9_000.0
    )
    services.GuardianLook.objects.create(
        at=now,
        findings=[
            Finding(
                "key.ends", "high", facts={"name": "cockpit", "days": 5, "on": now.isoformat(), "keys": 2}
            ).as_json(),
            Finding("drift.none").as_json(),
        ],
        checks=["key", "rights", "api", "drift"],
        problem="Odoo does not answer.",
        connection={},
    )
    return firm


class TestLooks:
    @pytest.mark.timeout(300)
    def test_are_clean_in_both_themes_and_hold_all_widths_in_both_languages(self, states, sit, live_server):
        page, wrong, over = sit("ann", reduced_motion="reduce"), {}, {}
        for language in ("en", "de"):
            page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
            for address in ADDRESSES:
                page.goto(address)
                assert page.evaluate("document.documentElement.lang") == language
                for width, height in WIDTHS:
                    page.set_viewport_size({"width": width, "height": height})
                    over[address, language, width] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                if language == "en":
                    wrong[address] = in_both_themes(page)
        assert {name: found for name, found in wrong.items() if found} == {}
        assert {name: by for name, by in over.items() if by > 0} == {}

    def test_are_clean_on_a_phone(self, states, sit):
        phone = sit("ann", width=360, height=740, reduced_motion="reduce")
        for address in ADDRESSES:
            phone.goto(address)
            phone.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
            assert in_both_themes(phone) == []
            assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


class TestKeys:
    def test_lead_to_data_to_a_model_and_to_the_connection(self, states, sit):
        page = sit("ann")
        page.goto("/queue/")
        with_keys(page)
        page.keyboard.press("g")
        page.keyboard.press("d")
        page.wait_for_url("**/data/")
        link = page.get_by_role("link", name="Time off")
        link.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/data/hr.leave/")
        page.goto("/odoo/")
        page.get_by_role("link", name="Change the key").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/odoo/key/")
        expect(page.locator("input[type=password]").first).to_be_visible()


class TestLoading:
    def test_moves_without_reload(self, states, sit):
        page = sit("ann")
        with the_only_round():
            page.goto("/data/")
            page.evaluate("window.same = true")
            bar = page.get_by_role("progressbar", name="Timesheets")
            expect(bar).to_have_attribute("value", "250000")
            PullRun.objects.filter(status="running").update(read=F("read") + 250_000)
            expect(bar).to_have_attribute("value", "500000", timeout=8_000)
            PullRun.objects.filter(status="running").update(status="done")
            expect(bar).to_have_count(0, timeout=8_000)
        assert page.evaluate("window.same")


class TestOldData:
    """Promise 14: no green on stale data, as the eye sees it."""

    @pytest.mark.parametrize(
        ("address", "place", "model"),
        [
            ("/queue/", ".row-num", "account.move"),
            ("/queue/", ".facts dd.lead", "account.move"),
            ("/exceptions/", ".case-row .row-num", "account.move"),
        ],
    )
    def test_turns_grey(self, states, sit, address, place, model):
        colour = f"getComputedStyle(document.querySelector('{place}')).color"
        states.ask(1, at=timezone.now())
        open_case(
            "late", kind="invoice.posted_undecided", title="INV/1", at=timezone.now(), unit=states.de, money=64_000,
            currency="EUR", detail={},
        )  # fmt: skip
        page = sit("ann")
        page.goto(address)
        page.locator(place).first.wait_for()
        fresh = page.evaluate(colour)
        Cursor.objects.filter(model=model).update(fresh_at=timezone.now() - timedelta(hours=1))
        page.reload()
        page.locator(".stale-note").wait_for()
        expect(page.locator(".stale-note")).to_contain_text("Invoices.")
        page.locator(place).first.wait_for()
        assert page.evaluate(colour) != fresh
