"""Exceptions in a real browser: triage with keys only, and many at once without a script."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cockpit.exception_queue import acts, open_case
from cockpit.exception_queue.dead_letters import open_for
from cockpit.exception_queue.models import Case
from cockpit.outbox.models import Message
from tests import cast
from tests.browser.test_looks import LONG, WIDTHS, WORD, in_both_themes
from tests.visiting import answered, put_effects, with_keys

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def cases(firm, *names):
    now = timezone.now()
    due = {name: now + timedelta(days=number + 1) for number, name in enumerate(names)}
    return [
        open_case(name, kind="test.kind", title=f"Case {name}", at=now, unit=firm.de, due_at=due[name])
        for name in names
    ]


def state(case):
    case.refresh_from_db()
    return case.state


class TestTriage:
    def test_is_done_by_keys_alone(self, firm, sit):
        one, two, three, four = cases(firm, "one", "two", "three", "four")
        page = sit("mia")
        page.goto("/exceptions/")
        with_keys(page)
        title, toast = page.locator("#case-title"), page.locator("#toast")
        expect(title).to_have_text("Case one")
        page.keyboard.press("1")
        expect(toast).to_contain_text(f"You acknowledged {one.number}")
        page.keyboard.press("u")
        expect(page.get_by_role("button", name=re.compile("^Acknowledge"))).to_be_visible()
        assert (state(one), one.owner) == ("open", None)
        page.keyboard.press("h")
        expect(page.locator("#snooze-until")).to_be_focused()
        page.keyboard.press("Enter")
        page.locator("form.why:visible button").press("Enter")
        expect(title).to_have_text("Case two")
        assert state(one) == "snoozed"
        page.keyboard.press("3")
        expect(page.locator("#ignore-reason")).to_be_focused()
        page.keyboard.type("Known until the audit")
        page.locator("form.why:visible button").press("Enter")
        expect(title).to_have_text("Case three")
        page.keyboard.press("2")
        expect(page.locator("#duplicate-of")).to_be_focused()
        page.keyboard.type(four.number)
        page.keyboard.press("Enter")
        expect(title).to_have_text("Case four")
        page.keyboard.press("o")
        expect(toast).to_contain_text(f"You own {four.number}")
        assert [state(case) for case in (one, two, three, four)] == ["snoozed", "ignored", "duplicate", "open"]
        assert (three.duplicate_of, four.owner) == (four, firm["mia"])

    def test_asks_again_where_something_was_missing(self, firm, sit):
        [one] = cases(firm, "one")
        page = sit("mia")
        page.goto("/exceptions/")
        with_keys(page)
        page.keyboard.press("2")
        expect(page.locator("#duplicate-of")).to_be_focused()
        page.keyboard.type("E-999999")
        page.keyboard.press("Enter")
        expect(page.locator(".decide").get_by_role("alert")).to_contain_text("There is no such case")
        expect(page.locator("#duplicate-of")).to_be_focused()
        expect(page.locator("#duplicate-of")).to_have_value("E-999999")
        assert state(one) == "open"

    def test_folds_rare_verbs_where_there_is_no_room_and_their_keys_work_all_the_same(self, firm, sit):
        cases(firm, "one")
        page = sit("mia", width=1024, height=768)
        page.goto("/exceptions/")
        with_keys(page)
        more, ignore = page.locator(".folds > summary"), page.locator("summary[data-key='3']")
        expect(ignore).to_be_hidden()
        assert page.locator(".decide").bounding_box()["height"] < 110  # two lines of verbs
        assert (
            page.evaluate("document.querySelector('.tabs').scrollWidth - document.querySelector('.tabs').clientWidth")
            <= 0
        )
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_contain_text("Ignore…")
        page.keyboard.press("Escape")
        page.keyboard.press("3")
        expect(page.locator("#ignore-reason")).to_be_focused()
        expect(ignore).to_be_visible()
        page.keyboard.press("Escape")
        expect(ignore).to_be_hidden()
        more.click()
        page.locator("summary[data-key='2']").click()
        expect(page.locator("#duplicate-of")).to_be_focused()
        page.keyboard.press("Escape")
        page.set_viewport_size({"width": 2560, "height": 1300})
        expect(ignore).to_be_visible()
        expect(more).to_be_hidden()

    def test_ticks_with_x_and_acts_on_many(self, firm, sit):
        one, two, three = cases(firm, "one", "two", "three")
        page = sit("mia")
        page.goto("/exceptions/")
        with_keys(page)
        page.keyboard.press("x")
        page.keyboard.press("j")
        expect(page.locator("#case-title")).to_have_text("Case two")
        page.keyboard.press("x")
        page.locator("#bulk button[value=own]").press("Enter")
        expect(page.locator(".bulk-results li")).to_have_count(2)
        owners = dict(Case.objects.values_list("pk", "owner"))
        assert owners == {one.pk: firm["mia"].pk, two.pk: firm["mia"].pk, three.pk: None}

    def test_works_without_a_script_and_on_a_phone_as_two_screens(self, firm, sit):
        [one] = cases(firm, "one")
        page = sit("mia", width=360, height=740, java_script_enabled=False)
        page.goto("/exceptions/")
        expect(page.locator("#case-title")).to_be_hidden()
        page.get_by_role("link", name="Case one").click()
        expect(page.get_by_role("heading", name="Case one")).to_be_visible()
        page.get_by_role("button", name=re.compile("^Acknowledge")).click()
        expect(page.locator("#toast")).to_contain_text("You acknowledged")
        assert state(one) == "acknowledged"
        page.get_by_role("link", name="All cases").click()
        expect(page.get_by_role("link", name="Case one")).to_be_visible()


class TestLooks:
    @pytest.mark.timeout(120)
    def test_hold_in_both_themes_and_all_widths_with_the_longest_words(self, firm, sit):
        one, two, three = cases(firm, f"{LONG} {WORD}", "two", "three")
        now = timezone.now()
        Case.objects.filter(pk=one.pk).update(money=Decimal(1_250_000), currency="EUR", severity="critical", due_at=now)
        acts.mark_duplicate(three.pk, actor=firm["mia"], of=one, at=now)
        acts.snooze(two.pk, actor=firm["mia"], until=now + timedelta(days=1), at=now)
        cast.policy(at=now)
        dead = put_effects(firm.ask(), at=now)["release"]
        answered(dead, state="dead", dead_at=now, outcome="refused", last_error=f"{WORD} is locked.", attempt=3)
        open_for(Message.objects.get(pk=dead.pk), at=now)
        page = sit("mia", reduced_motion="reduce")
        stuck = Case.objects.get(kind="outbox.refused")
        addresses = [f"/exceptions/E-{case.pk}/" for case in (one, two, three, stuck)]
        addresses += ["/exceptions/?group=unit&severity=high", "/exceptions/?tab=snoozed", "/exceptions/?q=zzz"]
        for address in addresses:
            page.goto(address)
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.name = ''; one.open = true; })")
            assert in_both_themes(page) == [], address
            for width, height in WIDTHS:
                page.set_viewport_size({"width": width, "height": height})
                assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (address, width)
