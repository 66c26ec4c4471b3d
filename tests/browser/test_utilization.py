"""The utilization page as people use it: the chart under the content policy, the keyboard, the rows behind a mark."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from cockpit.accounts import grants
from dashboards import rollups
from integrations.mirror import models as mirror
from integrations.mirror.models import Cursor
from tests.browser.plotly_style import FOLDER, style_of_script
from tests.measures import staffed
from tests.measures.staffed import SAM, VIC
from tests.visiting import with_keys

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = ("/utilization/", "/utilization/rows/", "/utilization/targets/", "/data/", "/data/hr.leave/")


@pytest.fixture
def staff(firm):
    """Hours of the last ten weeks below the German company, which Lea and Mia lead."""
    now = timezone.now()
    people = staffed.staff()
    staffed.batch = staffed.Batch()
    staffed.put(mirror.Project, 1, name="Go-live Munich", partner_id=7, allow_billable=True)
    staffed.put(mirror.Partner, 7, name="Brandt AG")
    for number in range(70):
        day = now.date() - timedelta(days=number + 1)
        for employee in (SAM, VIC):
            staffed.put(mirror.Timesheet, 1000 * employee + number, date=day, employee_id=employee, project_id=1,
                        unit_amount=5, timesheet_invoice_type="billable_time", name="Work")  # fmt: skip
    staffed.batch.write()
    staffed.batch = None
    for model in rollups.SOURCES:
        Cursor.objects.update_or_create(model=model, defaults={"fresh_at": now, "status": "done"})
    rollups.refresh(at=now)
    grants.grant(firm["lea"], "operations_admin", firm.de, actor="system:test", at=now)
    return people


class TestChart:
    def test_is_drawn_under_the_content_policy_and_leads_to_its_rows(self, staff, sit):
        page = sit("lea")
        page.goto("/utilization/")
        expect(page.locator(".plot .main-svg").first).to_be_visible()
        expect(page.locator(".plot svg.chart")).to_have_count(0)
        page.locator(".plot .point").last.click(force=True)
        expect(page).to_have_url(re.compile(r"/utilization/rows/\?month="))
        expect(page.get_by_role("cell", name="Brandt AG").first).to_be_visible()

    def test_is_there_as_a_drawing_and_a_table_without_a_script(self, staff, sit):
        page = sit("lea", java_script_enabled=False)
        page.goto("/utilization/")
        expect(page.locator(".plot svg.chart")).to_be_visible()
        expect(page.locator(".kpi-value").first).to_contain_text("%")

    def test_is_dressed_by_rules_that_are_the_scripts_own(self, chromium):
        assert style_of_script(chromium) == (FOLDER / "plotly.css").read_text()


class TestKeyboard:
    def test_reaches_a_week_of_a_person_and_its_rows(self, staff, sit):
        page = sit("lea")
        page.goto("/utilization/")
        with_keys(page)
        page.keyboard.press("g")
        page.keyboard.press("d")
        expect(page).to_have_url(re.compile("/data/$"))
        with_keys(page)
        page.keyboard.press("g")
        page.keyboard.press("u")
        expect(page).to_have_url(re.compile("/utilization/$"))
        page.locator(".heat:visible tbody tr").first.locator("td a").last.focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/utilization/rows/\?.*person=\d+.*week="))


class TestLooks:
    def test_fits_every_width_and_axe_finds_nothing(self, staff, sit):
        page = sit("lea")
        for address in PAGES:
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.goto(address)  # anew, so that no colour is on its way
                assert found_by_axe(page) == [], (address, scheme)
            for width in (360, 1024, 2560, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (address, width)

    def test_opens_as_a_list_and_a_short_table_on_a_phone(self, staff, sit):
        page = sit("lea")
        page.set_viewport_size({"width": 360, "height": 800})
        page.goto("/data/")
        expect(page.locator("table.data")).to_be_hidden()
        page.locator(".kinds summary").filter(has_text="Time off").click()
        expect(page.locator(".kinds dd").get_by_text("hr.leave", exact=True)).to_be_visible()
        page.goto("/utilization/")
        expect(page.locator(".heat:visible thead th")).to_have_count(6)  # a name, four weeks, the mean
        assert page.evaluate("document.querySelector('.heat.phone-only').getBoundingClientRect().right") <= 360


def found_by_axe(page: Page) -> list[tuple[str, str]]:
    alike = {"exclude": [["tbody tr:nth-child(n+4)"], [".kinds li:nth-child(n+4)"]]}  # rows of which three were read
    found = Axe().run(page, context=alike).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found]
