"""Deciding from a mail: its link, opened on a phone by somebody who is not signed in; axe in both themes."""

import re
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from approvals.models import Decision
from cockpit import outbox
from tests.browser.test_looks import in_both_themes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OVER = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def link(firm, settings) -> str:
    """What Ann gets."""
    settings.LINK_LIMIT = Decimal(100_000)
    soon = timezone.now() + timedelta(minutes=1)
    outbox.drain(soon, 100)  # what publishing the policy set off: it would look for the record, and there is none
    firm.ask(evidence=[], at=timezone.now())
    outbox.drain(soon, 100)
    [letter] = [one for one in mail.outbox if one.to == [firm["ann"].email]]
    return urlsplit(re.search(r"http\S+/mail/\S+", str(letter.body)).group()).path


def test_is_one_press_which_can_be_taken_back(firm, link, browse):
    page = browse(width=360)
    page.goto(link)
    assert page.evaluate(OVER) <= 0
    assert in_both_themes(page) == []
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("You have approved it.")).to_be_visible()
    made = Decision.objects.get()
    assert (made.person, made.verdict) == (firm["ann"], "approve")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Sign in to decide anew.")).to_be_visible()
    made.refresh_from_db()
    assert made.void_at is not None
