"""Pages about people by keyboard: a deputy named, what waits for somebody handed over; axe in both themes."""

import pytest
from playwright.sync_api import expect

from approvals import services
from approvals.models import Step
from cockpit.accounts.models import Person
from cockpit.exception_queue import open_case
from tests.browser.test_looks import LONG, WORD, in_both_themes
from tests.cast import MONDAY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OVER = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def left(firm) -> Person:
    """Dan left, with a decision that was passed on to him and a case with a long name."""
    request = firm.ask(1)
    step = Step.objects.get(round__request=request)
    services.reassign(step.pk, to=firm["dan"], actor=firm["mia"], at=MONDAY, reason="more time")
    open_case("one", kind="test", title=f"{LONG} {WORD}", at=MONDAY, unit=firm.de, owner=firm["dan"])
    Person.objects.filter(pk=firm["dan"].pk).update(active=False)
    return firm["dan"]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("width", [360, 1280])
def test_what_waits_for_who_left_is_handed_over_by_keyboard_and_taken_back(firm, left, sit, width):
    page, found, over = sit("mia", width=width, reduced_motion="reduce"), {}, {}

    def look(name: str) -> None:
        found[name], over[name] = in_both_themes(page), page.evaluate(OVER)

    page.goto("/hand-over/")
    look("who")
    page.get_by_role("link", name="Dan Dietz").press("Enter")
    expect(page.get_by_role("heading", name="What waits for Dan Dietz")).to_be_visible()
    look("what")
    page.get_by_label("Why?").fill("Dan left")
    page.get_by_role("button", name="See who would get what").press("Enter")
    expect(page.get_by_role("heading", name="Who would get what")).to_be_visible()
    look("preview")
    page.get_by_role("button", name="Hand over").press("Enter")
    expect(page.get_by_text("handed over", exact=True)).to_have_count(2)
    look("done")
    page.get_by_role("button", name="Take back").first.press("Enter")
    expect(page.get_by_text("taken back", exact=True)).to_have_count(1)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert {name: by for name, by in over.items() if by > 0} == {}


def test_a_deputy_is_named_by_keyboard_and_the_line_above_says_so(firm, sit):
    page = sit("ann")
    page.goto("/deputies/")
    page.get_by_label("Who shall decide?").fill("Eve Egan")
    today = page.get_by_label("From").input_value()
    page.get_by_label("To, with that day").fill(today)
    page.get_by_role("button", name="Name the deputy").press("Enter")
    expect(page.get_by_text("decides now")).to_be_visible()
    deputy = sit("eve")
    deputy.goto("/queue/")
    expect(deputy.locator(".banners")).to_contain_text("You act for Ann Albers")
    page.get_by_role("button", name="End it now").press("Enter")
    expect(page.get_by_text("ended early")).to_be_visible()
    deputy.reload()
    expect(deputy.locator(".banners")).to_have_count(0)
