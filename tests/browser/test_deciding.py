"""Deciding in a real browser: with keys only, without a script, on a phone, and when the world moves."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from approvals import services
from approvals.models import Decision, Request, Step
from cockpit.accounts import grants
from tests import cast
from tests.cast import PASSWORD
from tests.visiting import answered, put_effects, with_keys

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def ask(firm, subject, amount="48200.00", ago=timedelta(minutes=30), **facts):
    return firm.ask(subject, amount, at=timezone.now() - ago, **facts)


def three(firm):
    """In the order of the queue: the costliest delay first."""
    return [ask(firm, number, f"{9 - number}8200.00", timedelta(minutes=40 - number)) for number in (3, 4, 5)]


def decide(request, person, verdict="approve", note=""):
    step = Step.objects.get(round__request=request, state=Step.State.OPEN)
    services.decide(
        step.pk, actor=person, verdict=verdict, snapshot_id=request.snapshot_id, at=timezone.now(), note=note
    )


def take_effect(request):
    """What sweep and worker do once the undo window has ended, without the wait."""
    services.settle_due(timezone.now() + timedelta(minutes=1))
    return put_effects(request, at=timezone.now())


def odoo_answers(messages):
    now = timezone.now()
    for message in messages.values():
        result = {"at": now.isoformat(), "values": {"name": "INV/2026/00031"}}
        answered(message, state="done", done_at=now, outcome="verified", result=result)


def go(page, address):
    page.goto(address)
    with_keys(page)


class TestWithKeysOnly:
    def test_signs_in_approves_undoes_rejects_and_sees_odoos_answer(self, firm, browse):
        first, second, third = three(firm)
        page = browse()
        page.goto("/")
        page.keyboard.type("ann@example.com")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        title = page.locator("#request-title")
        number = page.locator(".detail .over")
        expect(number).to_contain_text(first.number)

        with_keys(page)
        page.keyboard.press("j")
        expect(number).to_contain_text(second.number)
        page.keyboard.press("k")
        expect(number).to_contain_text(first.number)

        page.keyboard.press("a")
        expect(number).to_contain_text(second.number)
        toast = page.locator("#toast")
        expect(toast).to_contain_text(f"Approved {first.number}")
        expect(toast).to_contain_text("Takes effect in")
        expect(page.locator("#rail-nav .count").first).to_have_text("2")

        page.keyboard.press("u")
        expect(number).to_contain_text(first.number)
        expect(toast).to_have_count(0)
        assert Request.objects.get(pk=first.pk).state == Request.State.PENDING

        page.keyboard.press("a")
        expect(toast).to_contain_text(f"Approved {first.number}")
        odoo_answers(take_effect(first))
        expect(toast).to_contain_text("Posted in Odoo at")
        expect(toast).to_contain_text("as INV/2026/00031")

        expect(number).to_contain_text(second.number)
        page.keyboard.press("r")
        expect(page.locator("#note")).to_be_focused()
        page.keyboard.type("The PO is last year's: ajkru?/")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(number).to_contain_text(third.number)
        assert Decision.objects.get(verdict="reject").note == "The PO is last year's: ajkru?/"
        expect(title).to_be_visible()

    def test_searches_goes_to_exceptions_and_back(self, firm, sit):
        ask(firm, 1)
        page = sit("ann")
        go(page, "/queue/")
        page.keyboard.press("/")
        page.keyboard.type("nobody")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
        with_keys(page)
        page.keyboard.press("g")
        page.keyboard.press("e")
        expect(page.get_by_role("heading", name="Exceptions", exact=True)).to_be_visible()
        with_keys(page)
        page.keyboard.press("g")
        page.keyboard.press("q")
        expect(page.locator("#request-title")).to_be_visible()

    def test_goes_into_the_request_and_leaves_a_field(self, firm, sit):
        ask(firm, 1)
        page = sit("ann")
        go(page, "/queue/")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.locator("#request")).to_be_focused()
        page.keyboard.press("r")
        expect(page.locator("#note")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#note")).not_to_be_focused()

    def test_tells_the_keys_and_lets_one_switch_them_off(self, firm, sit):
        request = ask(firm, 1)
        page = sit("ann")
        go(page, "/queue/")
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keys")
        expect(dialog).to_be_visible()
        page.keyboard.press("a")  # nothing is decided behind the dialog
        page.get_by_label("Use single keys in this browser").uncheck()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        page.reload()
        with_keys(page)
        page.keyboard.press("a")
        page.keyboard.press("?")
        page.wait_for_timeout(400)
        assert not Decision.objects.exists()
        expect(dialog).to_be_hidden()
        expect(page.locator(".detail .over")).to_contain_text(request.number)

    def test_decides_nothing_while_the_next_request_is_on_its_way(self, firm, sit):
        first, second, _third = three(firm)
        page = sit("ann")
        go(page, "/queue/")
        page.keyboard.press("j")
        page.keyboard.press("a")
        expect(page.locator(".detail .over")).to_contain_text(second.number)
        page.wait_for_timeout(400)
        assert not Decision.objects.exists()
        assert Request.objects.get(pk=first.pk).state == Request.State.PENDING


class TestWithTheMouse:
    def test_a_double_click_decides_once(self, firm, sit):
        first, second, _third = three(firm)
        page = sit("ann")
        go(page, "/queue/")
        page.get_by_role("button", name="Approve").dblclick()
        expect(page.locator(".detail .over")).to_contain_text(second.number)
        page.wait_for_timeout(400)
        assert [decision.round.request_id for decision in Decision.objects.all()] == [first.pk]

    def test_the_address_says_what_is_shown_and_going_back_shows_it_again(self, firm, sit):
        first, second, _third = three(firm)
        page = sit("ann")
        go(page, "/queue/")
        page.locator("[data-row]").nth(1).click()
        expect(page).to_have_url(f"**/queue/R-{second.pk}/?tab=needs".replace("**", page.url.split("/queue")[0]))
        expect(page.locator("[data-row][aria-current]")).to_have_attribute("href", f"/queue/R-{second.pk}/?tab=needs")
        page.locator("[data-row]").nth(0).click()
        expect(page.locator(".detail .over")).to_contain_text(first.number)
        page.go_back()
        expect(page.locator(".detail .over")).to_contain_text(second.number)
        expect(page.locator("#rail-nav")).to_be_visible()

    def test_the_toast_can_be_dismissed_for_good(self, firm, sit):
        three(firm)
        page = sit("ann")
        go(page, "/queue/")
        page.keyboard.press("a")
        page.get_by_role("button", name="Dismiss").click()
        expect(page.locator("#toast")).to_have_count(0)
        page.reload()
        expect(page.locator("#request-title")).to_be_visible()
        expect(page.locator("#toast")).to_have_count(0)

    def test_undo_on_the_page_counts_down_and_takes_back(self, firm, sit):
        request = ask(firm, 1)
        page = sit("ann")
        page.goto(f"/queue/R-{request.pk}/")
        page.get_by_role("button", name="Approve").click()
        page.locator("#toast p").wait_for()
        page.goto(f"/queue/R-{request.pk}/")
        left = page.locator(".answer [data-countdown]")
        before = int(left.inner_text())
        expect(left).not_to_have_text(str(before))
        assert int(left.inner_text()) < before
        page.locator(".decide").get_by_role("button", name="Undo").click()
        expect(page.get_by_text("If you approve:")).to_be_visible()


class TestWhenTheWorldMoves:
    def test_says_so_before_the_button_is_pressed(self, firm, sit):
        request = ask(firm, 1)
        page = sit("ann")
        page.clock.install()
        go(page, "/queue/")
        approve = page.get_by_role("button", name="Approve")
        expect(approve).to_be_enabled()
        services.refresh_facts(request, cast.invoice_facts(firm.de, 46_900), at=timezone.now())
        page.clock.fast_forward(16_000)
        expect(page.locator("#moved")).to_contain_text("€48,200.00 → €46,900.00")
        expect(approve).to_be_disabled()
        page.get_by_role("link", name="Show it as it is now").click()
        expect(page.get_by_role("button", name="Approve")).to_be_enabled()

    def test_a_refused_press_shows_the_difference_and_can_be_repeated(self, firm, sit):
        request = ask(firm, 1)
        page = sit("ann")
        go(page, "/queue/")
        services.refresh_facts(request, cast.invoice_facts(firm.de, 46_900), at=timezone.now())
        page.keyboard.press("a")
        expect(page.get_by_role("alert").first).to_contain_text("€48,200.00 → €46,900.00")
        expect(page).to_have_url(page.url.split("/queue")[0] + f"/queue/R-{request.pk}/?tab=needs")
        page.keyboard.press("a")
        expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()

    def test_someone_faster_is_named(self, firm, sit):
        request = ask(firm, 1)
        page = sit("ann")
        go(page, "/queue/")
        decide(request, firm["dan"])
        page.keyboard.press("a")
        expect(page.get_by_role("alert").first).to_contain_text("Dan Dietz was faster: approved at")

    def test_a_missing_reason_is_asked_for_where_it_belongs(self, firm, sit):
        ask(firm, 1)
        page = sit("ann")
        go(page, "/queue/")
        page.keyboard.press("r")
        page.get_by_role("button", name="Reject", exact=True).click()
        expect(page.locator("#note")).to_have_attribute("aria-invalid", "true")  # the answer is here
        expect(page.locator("#note")).to_be_visible()
        expect(page.locator("#note")).to_be_focused()
        expect(page.locator("#note-error")).to_have_text("Say why, so that whoever asked can mend it.")

    def test_odoos_answer_appears_on_the_open_page(self, firm, sit):
        request = ask(firm, 1)
        decide(request, firm["ann"])
        page = sit("ann")
        page.goto(f"/queue/R-{request.pk}/")
        messages = take_effect(request)
        expect(page.locator(".answer")).to_contain_text("Odoo is being told now.")
        odoo_answers(messages)
        expect(page.locator(".answer")).to_contain_text("Posted in Odoo at")
        expect(page.locator("[hx-trigger='every 2s']")).to_have_count(0)

    def test_what_is_asked_for_by_itself_gives_way_to_what_somebody_does(self, firm, sit):
        """Else a poll takes away the form whose answer is on its way, and the rail's counts are lost."""
        request = ask(firm, 1)
        decide(request, firm["ann"])
        page, held = sit("ann"), []
        page.route("**/undo/", lambda route: held.append(route))
        page.route("**/status/**", lambda route: route.continue_(url=route.request.url.split("?")[0] + "?seen=other"))
        go(page, f"/queue/R-{request.pk}/")
        page.locator(".decide").get_by_role("button", name="Undo").click()
        page.wait_for_timeout(3000)  # longer than a poll takes to come round
        held[0].continue_()
        expect(page.get_by_text("If you approve:")).to_be_visible()
        expect(page.locator("#rail-nav .count").first).to_have_text("1")

    def test_a_session_that_ended_leads_to_the_door_and_back(self, firm, sit):
        three(firm)
        page = sit("ann")
        go(page, "/queue/")
        page.context.clear_cookies()
        page.locator("[data-row]").nth(1).click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    def test_a_request_that_is_gone_says_so_on_a_whole_page(self, firm, sit):
        _first, second, _third = three(firm)
        page = sit("ann")
        go(page, "/queue/")
        grants.revoke(firm["ann"], "finance", firm.de, actor="system:test", at=timezone.now())
        page.locator("[data-row]").nth(1).click()
        expect(page.get_by_role("heading", name="This page was not found")).to_be_visible()
        assert second.number in page.url

    def test_a_line_that_is_down_is_said(self, firm, sit):
        three(firm)
        page = sit("ann")
        go(page, "/queue/")
        page.context.set_offline(True)
        expect(page.locator("#offline")).to_be_visible()
        page.context.set_offline(False)
        expect(page.locator("#offline")).to_be_hidden()


class TestWithoutAScript:
    def test_approves_undoes_and_rejects(self, firm, sit):
        first, second, _third = three(firm)
        page = sit("ann", java_script_enabled=False)
        page.goto("/queue/")
        page.get_by_role("link", name="Brandt AG").nth(1).click()
        expect(page.locator(".detail .over")).to_contain_text(second.number)
        page.get_by_role("button", name="Approve").click()
        page.locator("#toast").get_by_role("button", name="Undo").click()
        expect(page.locator(".detail .over")).to_contain_text(second.number)
        page.locator("summary", has_text="Reject").click()
        page.locator("#note").fill("The PO is old.")
        page.get_by_role("button", name="Reject", exact=True).click()
        expect(page.locator("#toast")).to_contain_text(f"Rejected {second.number}")
        assert Decision.objects.get(void_at__isnull=True).round.request_id == second.pk
        assert Request.objects.get(pk=first.pk).state == Request.State.PENDING


class TestOnAPhone:
    def test_list_and_request_are_two_screens_with_the_verbs_at_hand(self, firm, sit):
        first, second, _third = three(firm)
        page = sit("ann", width=360, height=740, has_touch=True, is_mobile=True)
        go(page, "/queue/")
        expect(page.locator("#list")).to_be_visible()
        expect(page.locator("#request")).to_be_hidden()
        page.locator("[data-row]").first.tap()
        expect(page.locator("#list")).to_be_hidden()
        approve = page.get_by_role("button", name="Approve")
        expect(approve).to_be_in_viewport()
        assert approve.bounding_box()["height"] >= 44
        page.get_by_role("link", name="← Queue").tap()
        expect(page.locator("#list")).to_be_visible()
        page.locator("[data-row]").first.tap()
        approve.tap()
        expect(page.locator(".detail .over")).to_contain_text(second.number)
        expect(page.locator("#toast")).to_be_in_viewport()
        expect(page.locator("#bottom-nav .count").first).to_have_text("2")
        page.locator("#toast").get_by_role("button", name="Undo").tap()
        expect(page.locator(".detail .over")).to_contain_text(first.number)
