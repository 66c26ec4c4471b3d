"""Promise 11 for every page: it shows nothing outside `visible_to(user)`. A page without an entry here fails."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from approvals import services
from approvals.act_forms import VERBS as REQUEST_VERBS
from approvals.models import Decision, Delegation, Request, Step
from cockpit.api.services import issue
from cockpit.exception_queue import open_case
from cockpit.exception_queue.acting import VERBS
from cockpit.exception_queue.models import Case
from cockpit.saved_views import services as views
from tests.approvals.conftest import NOW

pytestmark = pytest.mark.django_db

PUBLIC = {"account_login", "account_logout", "account_inactive", "mfa_authenticate", "healthz", "language"}
# About oneself alone: they take nothing from the address.
ONESELF = {
    "notices",
    "view_save",
    "tokens",
    "ask_kinds",
    "home",
    "freshness",
    "scope",
    "account_reauthenticate",
    "account_change_password",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
}
LISTS = {
    "utilization": ["", "?month=2026-11&basis=gross"],
    "utilization_rows": ["", "?month=2026-11&client=7"],
    "queue_views": [""],
    "queue_news": ["?tab=waiting", "?seen=1.1"],
    "bulk": ["", "?pick=1&pick=2&pick=3", *(f"?pick={number}" for number in range(1, 40))],
    "queue": [
        "",
        "?tab=snoozed",
        "?tab=mine",
        "?client=bran&tab=waiting",
        "?sort=amount&tab=waiting",
        "?q=48200",
        "?tab=needs",
        "?tab=waiting",
        "?tab=done",
        "?q=bran",
        "?q=R-1",
        "?decided=1",
    ],
    "search": ["", "?q=bran", "?q=needle", "?q=s000"],
    "exceptions": ["", "?tab=resolved", "?tab=snoozed", "?tab=unowned", "?group=unit", "?q=needle", "?did=1"],
    "cases_bulk": [""],
    "deputies": [""],
    "coverage": [""],
    "coverage_line": [""],
}
BY_A_KEY = {
    "setup",
    "setup_look",
    "setup_me",
    "welcome",
    "odoo-hint",
    "by_mail",
}  # opened by what was handed over, no sign-in
FOR_A_LEADER = {
    "utilization_targets",
    "data",
    "data_model",
    "data_resync",
    "data_progress",
    "odoo_connection",
    "trail",
    "trail_verify",
    "trail_packet",
    "grants",
    "grant_review",
    "who_may",
    "who_may_csv",
    "apart",
    "pair_end",
    "hand_overs",
    "hand_over",
    "handed_over",
    "taken_back",
    "policies",
    *(f"policy{more}" for more in ("", "_begin", "_compare", "_running", "_owner")),
    *(
        f"policy_{more}"
        for more in ("version", "file", "take_file", "terms", "ask", "take_back", "drop", "go_on", "what_if")
    ),
    *(f"policy_row{more}" for more in ("", "_move", "_delete")),
}  # not there for anybody else
OF_A_KIND = {"ask_for"}
OF_A_PART = {"utilization_csv"}
FOR_AN_ADMIN = {"setup_roles", "setup_tiers", "setup_policy", "odoo_look", "odoo_key", "odoo_key_forget"}
OF_A_REQUEST = {
    "request",
    "decide",
    "undo",
    "request_status",
    "request_beside",
    "request_moved",
    "request_toast",
    "snooze",
    "wake",
    "comment",
    *REQUEST_VERBS,
}
OF_A_VIEW = {"view_remove"}
OF_A_DEPUTY = {"deputy_act"}
OF_A_TOKEN = {"revoke_token"}
OF_A_DOCUMENT = {"document", "document_content"}
OF_A_RECORD = {"about"}  # in Odoo, by its model and id there
OF_A_CASE = {"case", *(f"case_{verb}" for verb in VERBS)}
FIXED = {
    "ask_for": ["write_off"],
    "utilization_csv": ["rows"],
    "data_model": ["account.move"],
    "data_resync": ["account.move"],
    "odoo-hint": ["made-up"],
    "by_mail": ["made-up"],
    "welcome": ["MQ", "made-up"],
    "grant_review": [1, "confirm"],
    "pair_end": [1],
    **{f"policy{more}": ["invoice_release"] for more in ("", "_begin", "_compare", "_running", "_owner")},
    **{
        f"policy_{more}": ["invoice_release", 1]
        for more in ("version", "file", "take_file", "terms", "ask", "take_back", "drop", "go_on", "what_if")
    },
    **{f"policy_row{more}": ["invoice_release", 1, 1] for more in ("", "_move", "_delete")},
    "hand_over": [1],
    "handed_over": [1],
    "taken_back": [1],
}
SECRETS = ("Brandt", "48,200", "S00046", "Needle")


def every_page(patterns: list | None = None) -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver) and pattern.namespace == "api":
            continue  # it takes tokens alone, and has a table of its own: tests/rights
        if isinstance(pattern, URLResolver):
            yield from every_page(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            assert pattern.name, f"{pattern.pattern} has no name, so nothing here can be said about it"
            yield pattern.name


@dataclass
class Place:
    request_pk: int
    case_pk: int
    view_pk: int
    deputy_pk: int
    token_pk: int

    def address(self, name: str, *, missing: bool = False) -> str:
        if name in OF_A_RECORD:
            return reverse(name, args=["account.move", 987_654 if missing else 17])
        if name in FIXED:
            return reverse(name, args=FIXED[name])
        if name in OF_A_VIEW | OF_A_DEPUTY:
            own, more = (self.view_pk, []) if name in OF_A_VIEW else (self.deputy_pk, ["end"])
            return reverse(name, args=[987_654 if missing else own, *more])
        if name in OF_A_TOKEN:
            return reverse(name, args=[987_654 if missing else self.token_pk])
        if name in OF_A_DOCUMENT:
            return reverse(name, args=[987_654 if missing else self.request_pk, 5])
        if name not in OF_A_REQUEST | OF_A_CASE:
            return reverse(name)
        pk = self.request_pk if name in OF_A_REQUEST else self.case_pk
        return reverse(name, args=[987_654 if missing else pk])


@pytest.fixture
def place(open_firm) -> Place:
    """A request and a case of the German company."""
    request = open_firm.ask()
    case = open_case("needle", kind="test", title="Needle in the haystack", at=NOW, unit=open_firm.de)
    kept = views.save("queue", actor=open_firm["ann"], name="Needle", query="q=Needle", unit=open_firm.de, at=NOW)
    days = {"start_at": NOW, "end_at": NOW + timedelta(days=3), "client_odoo_id": 7}
    deputy = services.appoint(open_firm["ann"], open_firm["dan"], actor=open_firm["ann"], at=NOW, **days)
    token = issue(actor=open_firm["ann"], name="Needle", scopes=["read"], days=9, at=NOW).token
    return Place(request.pk, case.pk, kept.pk, deputy.pk, token.pk)


@pytest.fixture(params=["frank", "eve"])
def outsider(request, visit: Callable[[str], Client]) -> Client:
    """Frank is finance of another company, Eve has no role at all."""
    return visit(request.param)


class TestEveryPage:
    def test_has_an_entry_here(self):
        assert set(every_page()) == (
            PUBLIC
            | BY_A_KEY
            | FOR_AN_ADMIN
            | FOR_A_LEADER
            | OF_A_PART
            | OF_A_KIND
            | ONESELF
            | set(LISTS)
            | OF_A_REQUEST
            | OF_A_VIEW
            | OF_A_DEPUTY
            | OF_A_TOKEN
            | OF_A_DOCUMENT
            | OF_A_RECORD
            | OF_A_CASE
        )

    def test_asks_for_a_sign_in(self, client, place):
        for name in sorted(set(every_page()) - PUBLIC - BY_A_KEY):
            for send in (client.get, client.post):
                response = send(place.address(name))
                assert response.status_code == 302, name
                assert response["Location"].startswith(reverse("account_login")), name

    def test_that_is_public_says_nothing_of_the_firm(self, client, place):
        for name in sorted(PUBLIC):
            shown = client.get(reverse(name), follow=True).content.decode()
            assert not [secret for secret in (*SECRETS, "Halden") if secret in shown], name

    def test_that_a_key_opens_says_nothing_without_it(self, client, place):
        for name in sorted(BY_A_KEY):
            for send in (client.get, client.post):
                shown = send(place.address(name), follow=True).content.decode()
                assert not [secret for secret in (*SECRETS, "Halden") if secret in shown], name


class TestToOutsiders:
    def test_an_administrators_page_is_not_there(self, outsider, place):
        for name in sorted(FOR_AN_ADMIN | {"setup_look", "setup_me"}):
            assert outsider.post(place.address(name)).status_code == 404, name

    def test_a_list_shows_nothing(self, outsider, place):
        for name, queries in LISTS.items():
            for query in queries:
                response = outsider.get(reverse(name) + query, follow=True)
                assert response.status_code in {200, 204}, f"{name}{query}"
                assert not [secret for secret in SECRETS if secret in response.content.decode()], f"{name}{query}"

    def test_a_leaders_page_is_not_there_and_a_download_is_empty(self, visit, place):
        for name in sorted(FOR_A_LEADER):
            for ask in (visit("eve").get, visit("eve").post):
                assert ask(place.address(name)).status_code in {404, 405}, name
        shown = visit("eve").get(place.address("utilization_csv")).content.decode()
        assert not [secret for secret in SECRETS if secret in shown]

    def test_a_page_about_oneself_shows_nothing(self, outsider, place):
        for name in sorted(ONESELF):
            shown = outsider.get(reverse(name), follow=True).content.decode()
            assert not [secret for secret in SECRETS if secret in shown], name

    def test_nothing_tells_a_foreign_one_from_a_missing_one(self, outsider, place):
        for name in sorted(
            OF_A_REQUEST | OF_A_VIEW | OF_A_DEPUTY | OF_A_TOKEN | OF_A_DOCUMENT | OF_A_RECORD | OF_A_CASE
        ):
            query = {"step": "1", "snapshot": "1"} if name == "request_moved" else {}
            answers = []
            for missing in (False, True):
                got = outsider.get(place.address(name, missing=missing), query)
                posted = outsider.post(place.address(name, missing=missing), {"reason": "x"})
                answers.append([(one.status_code, one.content) for one in (got, posted)])
            assert answers[0] == answers[1], name
            assert not [secret for secret in SECRETS if secret in str(answers)], name

    def test_no_act_is_taken(self, outsider, place):
        request = Request.objects.get(pk=place.request_pk)
        step = Step.objects.get(round__request=request)
        fields = {"step": step.pk, "snapshot": request.snapshot_id, "verdict": "approve"}
        for name in ("decide", "undo"):
            assert outsider.post(place.address(name), fields).status_code == 404
        assert not Decision.objects.exists()

    def test_no_case_is_closed(self, outsider, place):
        for verb in VERBS:
            assert outsider.post(place.address(f"case_{verb}"), {"reason": "seen"}).status_code == 404
        outsider.post(place.address("cases_bulk"), {"act": "own", "case": [place.case_pk]})
        assert Case.objects.get().owner is None
        assert Case.objects.get().state == Case.State.OPEN
        assert Delegation.objects.get().ended_at is None


class TestToThoseWhoTookPart:
    def test_the_requester_sees_it_without_a_role_there(self, visit, place):
        assert "Brandt AG" in visit("ben").get(place.address("request")).content.decode()

    def test_a_step_of_a_foreign_request_cannot_be_decided_by_way_of_an_own_one(self, visit, open_firm, place):
        foreign = open_firm.ask(18, 52_000, unit=open_firm.us)
        step = Step.objects.get(round__request=foreign)
        mine = Request.objects.get(pk=place.request_pk)
        fields = {"step": step.pk, "snapshot": foreign.snapshot_id, "verdict": "approve"}
        assert visit("ann").post(reverse("decide", args=[mine.pk]), fields).status_code == 404
        assert not Decision.objects.exists()
