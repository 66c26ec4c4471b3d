"""Without a line: it is said since when, acts are refused kindly, nothing typed is lost, and it mends by itself."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from approvals.models import Request
from integrations.mirror.models import Cursor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BAR = "#offline"


class TestOffline:
    def test_is_said_at_once_and_goes_by_itself(self, firm, sit):
        page = sit("ann")
        page.goto("/queue/")
        expect(page.locator(BAR)).to_be_hidden()
        page.context.set_offline(True)
        expect(page.locator(BAR)).to_contain_text("Your browser has been offline since")
        expect(page.locator(BAR)).to_contain_text("What you see is from")
        page.context.set_offline(False)
        expect(page.locator(BAR)).to_contain_text("The line is back")

    def test_keeps_what_was_typed_and_decides_nothing(self, firm, sit):
        request = firm.ask(at=timezone.now())
        page = sit("ann")
        page.goto(f"/queue/R-{request.pk}/")
        page.locator(".decide summary").first.click()
        note = page.locator(".decide textarea").first
        note.fill("The PO is missing.")
        page.context.set_offline(True)
        expect(page.locator(BAR)).to_be_visible()
        page.locator(".decide .why button[type=submit]").first.click()
        expect(page.locator(BAR)).to_contain_text("what you typed is still here")
        expect(note).to_have_value("The PO is missing.")
        assert Request.objects.get().state == "pending"
        page.context.set_offline(False)
        expect(page.locator(BAR)).to_contain_text("The line is back")
        page.locator(".decide .why button[type=submit]").first.click()
        expect(page.locator(".toast, .answer").first).to_be_visible()

    def test_keeps_a_form_without_htmx_and_leads_nowhere(self, firm, sit):
        page = sit("ann")
        page.goto("/accounts/password/change/")
        for field in ("oldpassword", "password1", "password2"):
            page.locator(f"[name={field}]").fill("typed by Ann 7")
        page.context.set_offline(True)
        expect(page.locator(BAR)).to_be_visible()
        page.get_by_role("button", name="Change password").click()
        expect(page.locator(BAR)).to_contain_text("what you typed is still here")
        page.locator(".rail a[href='/queue/']").click()
        expect(page.locator("[name=oldpassword]")).to_have_value("typed by Ann 7")
        page.context.set_offline(False)
        expect(page.locator(BAR)).to_contain_text("The line is back")


class TestFreshness:
    def test_counts_on_while_nothing_is_asked_and_turns_grey_by_itself(self, firm, sit):
        Cursor.objects.update(fresh_at=timezone.now() - timedelta(seconds=20))
        page = sit("ann")
        page.clock.install()
        page.goto("/queue/")
        line = page.locator("#freshness")
        expect(line).to_contain_text("Odoo fresh (2")
        page.route("**/frame/freshness/", lambda route: None)  # the answer never comes
        page.clock.fast_forward(30_000)
        expect(line).to_contain_text("Odoo fresh (5")
        page.clock.fast_forward(80_000)
        expect(line).to_contain_text("Odoo last read at")
        expect(line).to_have_attribute("data-state", "stale")
        expect(page.locator("#main")).to_have_attribute("data-stale", "")


class TestAPartThatFails:
    def test_says_it_in_its_place_and_can_be_tried_again(self, firm, sit):
        page = sit("ann")
        page.goto("/queue/")
        broken = {"headers": {"X-Incident": "0a1b2c3d"}, "status": 500, "body": "no"}
        page.route("**/part/", lambda route: route.fulfill(**broken))
        page.evaluate(
            """() => {
                document.getElementById("main").insertAdjacentHTML("beforeend",
                    '<div id="part" hx-get="/part/" hx-trigger="load" hx-swap="innerHTML"></div>');
                htmx.process(document.getElementById("part"));
            }"""
        )
        part = page.locator("#part")
        expect(part).to_contain_text("something went wrong on our side (incident 0a1b2c3d)")
        page.unroute("**/part/")
        page.route("**/part/", lambda route: route.fulfill(status=200, body="<p>Here it is.</p>"))
        part.get_by_role("button", name="Try again").click()
        expect(part).to_have_text("Here it is.")
