"""Requests over the API: the same door and the same checks as the pages."""

from uuid import uuid4

import pytest
from django.utils import timezone

from approvals.models import Comment, Decision, Request, Step
from tests import cast

pytestmark = pytest.mark.django_db


def decision(request, **changes):
    step = Step.objects.get(round__request=request, state="open")
    return {"step": step.pk, "verdict": "approve", "snapshot": request.snapshot_id, **changes}


def decide(program, request, **changes):
    return program.post(f"/requests/{request.number}/decisions", decision(request, **changes))


class TestList:
    def test_holds_what_needs_one_and_nothing_of_a_foreign_unit(self, firm, program):
        ours, theirs = firm.ask(1), firm.ask(2, 90_000, unit=firm.us, barred=[])
        assert [row["number"] for row in program("ann").get("/requests").json()["items"]] == [ours.number]
        assert [row["number"] for row in program("frank").get("/requests").json()["items"]] == [theirs.number]
        assert program("eve").get("/requests", tab="waiting").json()["items"] == []

    def test_gives_amounts_as_decimals_and_moments_with_their_zone(self, firm, program):
        firm.ask()
        [row] = program("ann").get("/requests").json()["items"]
        assert row["money"] == {"amount": "48200.00", "currency": "EUR"}
        assert row["asked_at"].endswith("Z")
        assert row["url"].endswith(f"/queue/{row['number']}/")

    def test_comes_in_pages_without_gaps(self, firm, program):
        for subject in range(53):
            firm.ask(subject)
        ann = program("ann")
        first = ann.get("/requests").json()
        second = ann.get("/requests", after=first["after"]).json()
        assert (len(first["items"]), len(second["items"]), second["after"]) == (50, 3, "")
        assert len({row["number"] for row in first["items"] + second["items"]}) == 53

    @pytest.mark.parametrize("query", [{"after": "x"}, {"tab": "all"}, {"sort": "beauty"}])
    def test_says_what_it_did_not_understand(self, firm, program, query):
        answer = program("ann").get("/requests", **query)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")

    def test_costs_as_many_queries_for_many_as_for_few(self, firm, program, django_assert_max_num_queries):
        for subject in range(20):
            firm.ask(subject)
        ann = program("ann")
        with django_assert_max_num_queries(10):
            assert len(ann.get("/requests").json()["items"]) == 20


class TestRequest:
    def test_is_whole_for_who_may_see_it(self, firm, program):
        request = firm.ask()
        shown = program("ann").get(f"/requests/{request.number}").json()
        assert (shown["snapshot"], shown["requester"]) == (request.snapshot_id, "Ben Brook")
        assert [(step["asks"], step["yours"]) for step in shown["steps"]] == [("finance", True)]
        assert shown["facts"]["amount"]["amount"] == "48200.00"

    def test_that_is_foreign_is_as_absent_as_one_that_is_not_there(self, firm, program):
        request, eve = firm.ask(), program("eve")
        foreign, none = eve.get(f"/requests/{request.number}"), eve.get("/requests/R-999999")
        assert (foreign.status_code, foreign.content) == (none.status_code, none.content)
        assert foreign.status_code == 404


class TestDecision:
    def test_settles_the_request_and_can_be_undone(self, firm, program):
        request, ann = firm.ask(), program("ann")
        answer = decide(ann, request)
        assert (answer.status_code, answer.json()["state"], answer.json()["outcome"]) == (201, "settling", "approved")
        assert ann.post(f"/requests/{request.number}/undo").json()["state"] == "pending"

    def test_of_the_requester_is_refused(self, firm, program):
        request = firm.ask()
        answer = decide(program("ben"), request)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_entitled")
        assert not Decision.objects.exists()

    def test_by_a_stranger_says_nothing_of_what_is_there(self, firm, program):
        request = firm.ask()
        assert decide(program("eve"), request).status_code == 404
        assert not Decision.objects.exists()

    def test_on_facts_that_moved_is_refused_with_the_difference(self, firm, program):
        request = firm.ask()
        old = decision(request)
        firm.ask(amount="51000.00", at=timezone.now())
        answer = program("ann").post(f"/requests/{request.number}/decisions", old)
        assert (answer.status_code, answer.json()["code"]) == (409, "facts_moved")
        assert answer.json()["moved"]

    def test_twice_tells_who_was_faster(self, firm, program):
        request = firm.ask()
        body = decision(request)
        decide(program("ann"), request)
        answer = program("dan").post(f"/requests/{request.number}/decisions", body)
        assert answer.status_code in (403, 409)
        assert Decision.objects.count() == 1

    def test_to_reject_needs_a_reason(self, firm, program):
        answer = decide(program("ann"), firm.ask(), verdict="reject")
        assert (answer.status_code, answer.json()["code"]) == (422, "refused")

    def test_of_another_requests_step_is_refused(self, firm, program):
        one, other = firm.ask(1), firm.ask(2)
        answer = program("ann").post(f"/requests/{one.number}/decisions", decision(other))
        assert answer.status_code == 404

    @pytest.mark.parametrize("body", [{}, {"verdict": "yes"}, [], {"step": "x", "verdict": "approve", "snapshot": 1}])
    def test_that_is_malformed_says_where(self, firm, program, body):
        answer = program("ann").post(f"/requests/{firm.ask().number}/decisions", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        assert answer.json()["errors"]


class TestComment:
    def test_is_added_and_answered_with_the_request(self, firm, program):
        request = firm.ask()
        answer = program("ann").post(f"/requests/{request.number}/comments", {"text": "Is the PO there?"})
        assert (answer.status_code, answer.json()["comments"][0]["text"]) == (201, "Is the PO there?")

    def test_of_nothing_is_refused(self, firm, program):
        answer = program("ann").post(f"/requests/{firm.ask().number}/comments", {"text": "  "})
        assert (answer.status_code, answer.json()["code"]) == (422, "refused")
        assert not Comment.objects.exists()


class TestAsking:
    POLICY = """
kind: write_off
name: Write-off
mode: enforce
rules:
  - {name: All, ask: [{role: finance, within: 4 h}]}
"""

    @pytest.fixture
    def ruled(self, firm):
        cast.policy(self.POLICY)
        return firm

    def body(self, firm, ben, **changes):
        [kind] = [one for one in ben.get("/kinds").json()["kinds"] if one["key"] == "write_off"]
        samples = {"money": 1200, "number": 3, "date": "2026-11-20", "text": "Client is gone", "record": "Brandt AG"}
        facts = {one["key"]: samples[one["type"]] for one in kind["facts"] if one["needed"]}
        return {"kind": "write_off", "unit": firm.de.pk, "facts": facts, "key": str(uuid4())} | changes

    def test_puts_it_before_who_must_decide(self, ruled, program):
        ben = program("ben")
        answer = ben.post("/requests", self.body(ruled, ben))
        assert answer.status_code == 201, answer.content
        [row] = program("ann").get("/requests").json()["items"]
        assert (row["number"], row["kind"]) == (answer.json()["number"], "write_off")

    def test_twice_with_one_key_is_one_request(self, ruled, program):
        ben = program("ben")
        body = self.body(ruled, ben)
        numbers = {ben.post("/requests", body).json()["number"] for _ in range(2)}
        assert (len(numbers), Request.objects.count()) == (1, 1)

    def test_says_what_is_missing_or_unknown(self, ruled, program):
        ben = program("ben")
        whole = self.body(ruled, ben)
        lacking = ben.post("/requests", whole | {"facts": {}})
        assert (lacking.status_code, lacking.json()["code"]) == (422, "invalid")
        strange = ben.post("/requests", whole | {"facts": whole["facts"] | {"colour": "red"}})
        assert (strange.status_code, strange.json()["code"]) == (422, "unknown_fact")
        assert ben.post("/requests", whole | {"kind": "nonsense"}).json()["code"] == "unknown_kind"
        assert ben.post("/requests", whole | {"unit": ruled.us.pk}).status_code == 422
        assert not Request.objects.exists()


class TestDescription:
    def test_is_openapi_3_1_and_names_every_endpoint(self, client, db):
        found = client.get("/api/v1/openapi.json").json()
        assert found["openapi"].startswith("3.1")
        assert sorted(found["paths"]) == [
            "/api/v1/kinds",
            "/api/v1/requests",
            "/api/v1/requests/R-{pk}",
            "/api/v1/requests/R-{pk}/comments",
            "/api/v1/requests/R-{pk}/decisions",
            "/api/v1/requests/R-{pk}/undo",
        ]
