"""The table of `table.py`, try by try: allowed is done, refused changes nothing, hidden says nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals import services, urls
from approvals.models import Comment, Decision, Delegation, Participant, Question, Request, Snooze, Step
from cockpit.api.services import issue
from cockpit.api.urls import api
from tests import cast
from tests.cast import KIND, MONDAY, invoice_facts
from tests.rights.table import ACTIONS, API, HIDDEN, SEES, Action, Case
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db
ELSEWHERE = {  # name: why it is not in the table
    "wake": "changes nothing for whoever has not snoozed; tests/approvals/test_snoozing.py",
    "request_toast": "about one's own last decision; tests/approvals/test_pages_decide.py",
    "document": "tests/approvals/test_documents.py",
    "document_content": "tests/approvals/test_documents.py",
}
NONE = 987_654  # the number of no request
DONE, REFUSED = range(200, 400), {403, 409, 422}


@pytest.fixture
def firm(db):
    with time_machine.travel(MONDAY, tick=False):
        made = cast.firm()
        cast.policy()
        yield made


def of_ben(firm) -> Case:
    return Case(firm, firm.ask())


def of_ann(firm) -> Case:
    request = services.ask(
        KIND, subject="odoo.account.move:18", unit=firm.de, facts=invoice_facts(firm.de), at=MONDAY,
        requester=firm["ann"], barred=[firm["ann"].pk], client_name="Brandt AG",
    )  # fmt: skip
    assert request is not None
    return Case(firm, request)


def send(firm, who: str, action: Action, pk: int, body: Any) -> Any:
    if action.surface == API:
        key = issue(actor=firm[who], name="All", scopes=("read", "ask", "comment", "decide"), days=1,
                    at=timezone.now()).key  # fmt: skip
        given = {"content_type": "application/json"} if action.method == "post" else {}
        headers = {"Authorization": f"Bearer {key}"}
        return getattr(Client(), action.method)(
            f"/api/v1/requests/R-{pk}{action.suffix}", body, headers=headers, **given
        )
    return getattr(visitor(firm, who), action.method)(reverse(action.name, args=[pk]), body)


def standing() -> Any:
    """All that an act could have changed, but that somebody tried."""
    tables = (Request, Step, Decision, Comment, Question, Snooze, Participant, Delegation)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def try_it(case: Case, who: str, action: Action, allowed: bool) -> None:
    body = action.body(case)
    before = standing()
    answer = send(case.firm, who, action, case.request.pk, body)
    if allowed:
        assert answer.status_code in DONE, words(answer)
        assert action.method == "get" or standing() != before
    else:
        assert answer.status_code in REFUSED, (answer.status_code, words(answer)[:500])
        assert standing() == before


VISIBLE = [(action, who) for action in ACTIONS for who in sorted(SEES)]


class TestWhoSeesIt:
    @pytest.mark.parametrize(("action", "who"), VISIBLE, ids=lambda value: str(value))
    def test_does_with_the_request_of_another_what_the_table_says(self, firm, action, who):
        try_it(of_ben(firm), who, action, who in action.may)

    @pytest.mark.parametrize("action", ACTIONS, ids=str)
    @pytest.mark.parametrize("who", ["ann", "dan"])
    def test_does_with_ones_own_or_a_colleagues_what_the_table_says(self, firm, action, who):
        try_it(of_ann(firm), who, action, who in action.own)


class TestWhoDoesNot:
    @pytest.mark.parametrize("action", ACTIONS, ids=str)
    @pytest.mark.parametrize("who", HIDDEN)
    def test_cannot_tell_it_from_one_that_is_not_there(self, firm, action, who):
        case = of_ben(firm)
        body = action.body(case)
        before = standing()
        there = send(firm, who, action, case.request.pk, body)
        none = send(firm, who, action, NONE, body)
        assert there.status_code == none.status_code
        assert said(there) == said(none)
        if there.status_code != 404:  # a page that is only for POST shows the way back, for any number
            assert there["Location"].replace(str(case.request.pk), "") == none["Location"].replace(str(NONE), "")
        assert standing() == before

    @pytest.mark.parametrize("action", ACTIONS, ids=str)
    def test_signed_out_meets_the_door(self, firm, action):
        case = of_ben(firm)
        body = action.body(case)
        before = standing()
        path = reverse(action.name, args=[case.request.pk]) if action.surface != API else ""
        if action.surface == API:
            given = {"content_type": "application/json"} if action.method == "post" else {}
            answer = getattr(Client(), action.method)(
                f"/api/v1/requests/{case.request.number}{action.suffix}", body, **given
            )
            assert answer.status_code == 401
        else:
            answer = getattr(Client(), action.method)(path, body)
            assert answer["Location"].startswith("/accounts/login/")
        assert standing() == before


def said(answer: Any) -> str:
    """The answer without what differs from one to the next."""
    return re.sub(r"\d+", "", words(answer))


class TestTable:
    def test_knows_every_address_of_a_request(self):
        """Whoever adds an act adds it here."""
        named = {action.name for action in ACTIONS if action.surface != API}
        there = {pattern.name for pattern in urls.urlpatterns if "R-<int:pk>" in str(getattr(pattern, "pattern", ""))}
        assert there - named == set(ELSEWHERE)
        described = {
            path for path, calls in api.get_openapi_schema()["paths"].items() if "R-{pk}" in path for _ in calls
        }
        suffixes = {f"/api/v1/requests/R-{{pk}}{action.suffix}" for action in ACTIONS if action.surface == API}
        assert described == suffixes
