"""The back-test as people see it: on a desk and a telephone, in both themes and languages."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from approvals import services
from approvals.policy_files import read
from tests import cast
from tests.browser.test_policies import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SMALLER = """
kind: invoice_release
mode: enforce
rules:
  - name: Large
    when: [{fact: amount, op: ">", value: 60000, currency: EUR}]
    ask: [{role: finance, within: 4 h}, {role: partner, order: 2, within: 2 d}]
  - {name: Everything else passes}
"""


def test_is_tried_from_the_page_of_a_version_and_looks_right(firm, sit):
    cast.hold(firm, ("mia", "operations_admin", firm.de))
    for subject, amount in ((101, 30_000), (102, 48_200), (103, 80_000)):
        firm.ask(subject, amount, at=timezone.now())
    draft = services.draft(read(SMALLER), actor=firm["mia"], at=timezone.now())
    page = sit("mia")
    page.goto(f"/policies/invoice_release/v{draft.number}/")
    page.get_by_role("link", name="Try it on the last 90 days").click()
    expect(page.get_by_role("heading", name="3 take another path")).to_be_visible()
    expect(page.locator("main")).to_contain_text("1 would wait for more people than may decide it")
    look(page, "what-if")
    page.emulate_media(color_scheme="dark")
    look(page, "what-if-dark")
    page.set_viewport_size({"width": 360, "height": 800})
    look(page, "what-if-phone")
