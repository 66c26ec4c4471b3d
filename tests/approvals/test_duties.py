"""Limits and pairs of duties: at the door and in every list alike, for deputies too; what was tried is counted."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals import services
from approvals.delegations import Delegation, acting_for, duties_of
from approvals.duties import Attempt, DutyPair, Limit, unfit
from approvals.models import Decision, Request, Step
from approvals.services.attempting import above
from approvals.services.routing import votes_for
from approvals.services.unanswerable import recheck_approvers
from cockpit.audit.models import Entry
from cockpit.exception_queue.models import Case
from tests import cast
from tests.approvals.conftest import NOW
from tests.cast import MONDAY
from tests.visiting import words

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def firm(open_firm):
    return open_firm


def limit(firm, who, amount, currency="EUR", kind="invoice_release") -> Limit:
    return Limit.objects.create(person=firm[who], kind=kind, amount=amount, currency=currency, set_at=NOW)


def pair(first="decides", first_kind="credit_note", second_kind="invoice_release", same="client", **more) -> DutyPair:
    return DutyPair.objects.create(
        first_act=first, first_kind=first_kind, second_kind=second_kind, same=same, added_at=NOW, **more
    )


def step_of(request) -> Step:
    return Step.objects.get(round__request=request, round__closed_at__isnull=True, state="open")


def decide(request, who, **more):
    request.refresh_from_db()
    return services.decide(
        step_of(request).pk, actor=who, verdict="approve", snapshot_id=request.snapshot_id, at=NOW, **more
    )


def decided_before(firm, who, *, kind="credit_note", client=7, ago=timedelta(days=3), **more) -> Request:
    """Another request that `who` decided, as it lies in the tables."""
    other = firm.ask(900 + Request.objects.count())
    decide(other, firm["dan"] if who != "dan" else firm["ann"])
    Decision.objects.filter(round__request=other).update(person=firm[who], effective_person=firm[who], at=NOW - ago)
    Request.objects.filter(pk=other.pk).update(kind_key=kind, client_odoo_id=client, **more)
    return other


def agree(firm, request) -> set[str]:
    """Who may decide: the door, the list of requests and the list of steps must say the same of everybody."""
    step, found = step_of(request), set()
    request.refresh_from_db()
    for name in firm.people:
        user = firm.user(name)
        at_the_door = bool(votes_for(step, request, user.person, at=NOW))
        listed = Request.objects.needing(user).filter(pk=request.pk).exists()
        by_step = Step.objects.decidable_by(user).filter(pk=step.pk).exists()
        waiting = Request.objects.waiting_on_others(user).filter(pk=request.pk).exists()
        assert at_the_door == listed == by_step, name
        assert listed != waiting, name
        if listed:
            found.add(name)
    return found


class TestALimit:
    def test_keeps_from_deciding_more_and_says_so(self, firm):
        limit(firm, "ann", 40000)
        request = firm.ask()
        assert agree(firm, request) == {"dan"}
        with pytest.raises(services.NotEntitledError, match=r"Your limit for Invoice release is €40,000\.00; this"):
            decide(request, firm["ann"])
        assert decide(request, firm["dan"]).state == "settling"

    def test_is_said_on_the_page_to_who_would_be_asked(self, firm, visit):
        limit(firm, "ann", 40000)
        request = firm.ask()
        page = words(visit("ann").get(f"/queue/R-{request.pk}/"))
        assert "Your limit for Invoice release is €40,000.00; this is €48,200.00." in page
        assert "Approve" not in page.partition("Path")[2]

    def test_is_met_by_exactly_so_much(self, firm):
        limit(firm, "ann", "48200.00")
        assert agree(firm, firm.ask()) == {"ann", "dan"}

    def test_is_of_one_kind(self, firm):
        limit(firm, "ann", 1, kind="credit_note")
        assert agree(firm, firm.ask()) == {"ann", "dan"}

    @pytest.mark.parametrize(
        ("currency", "amount", "known", "may"),
        [
            ("USD", 50000, True, False),  # the record is in euros, and nobody knows what dollars are then
            ("EUR", 50000, True, True),
            ("EUR", 50000, False, True),  # in its own currency no rate is needed
        ],
    )
    def test_in_another_currency_counts_against(self, firm, currency, amount, known, may):
        limit(firm, "ann", amount, currency)
        request = firm.ask()
        Request.objects.update(rate_known=known)
        assert ("ann" in agree(firm, request)) is may

    @pytest.mark.parametrize(("known", "may"), [(True, True), (False, False)])
    def test_of_a_foreign_amount_needs_the_rate_that_the_record_stored(self, firm, known, may):
        limit(firm, "ann", 50000)
        request = firm.ask()
        Request.objects.update(currency="CHF", amount=52000, amount_reporting=49000, rate_known=known)
        assert ("ann" in agree(firm, request)) is may

    def test_counts_against_where_the_amount_is_not_known(self, firm):
        limit(firm, "ann", 50000)
        request = firm.ask()
        Request.objects.update(amount=None)
        assert agree(firm, request) == {"dan"}

    def test_that_nobody_meets_is_a_case(self, firm):
        request = firm.ask()
        for name in ("ann", "dan"):
            limit(firm, name, 10)
        assert agree(firm, request) == set()
        recheck_approvers(at=NOW)
        assert Case.objects.filter(kind="approvals.no_approver", state="open").count() == 1
        Limit.objects.all().delete()
        recheck_approvers(at=NOW)
        assert not Case.objects.filter(kind="approvals.no_approver", state="open").exists()

    def test_passes_over_who_is_meant_by_name(self, firm):
        firm["ben"].manager = firm["lea"]
        firm["ben"].save()
        rules = "rules: [{name: all, ask: [{role: finance, who: 'manager:1'}]}]"
        cast.policy("{kind: invoice_release, name: R, mode: enforce, " + rules + "}")
        limit(firm, "lea", 100)
        assert firm.ask(at=NOW).asks == [f"finance@{firm.de.pk}"]

    def test_is_never_negative(self, firm):
        with pytest.raises(IntegrityError), transaction.atomic():
            limit(firm, "ann", -1)

    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        cap=st.tuples(st.sampled_from(["EUR", "USD", "CHF"]), st.integers(0, 4)),
        amount=st.tuples(st.sampled_from(["EUR", "USD"]), st.none() | st.integers(0, 4), st.integers(0, 4)),
        known=st.booleans(),
    )
    def test_is_the_same_in_words_at_the_door_and_in_lists(self, firm, cap, amount, known):
        Limit.objects.all().delete()
        request = Request.objects.first() or firm.ask()
        Request.objects.update(currency=amount[0], amount=amount[1], amount_reporting=amount[2], rate_known=known)
        request.refresh_from_db()
        made = limit(firm, "ann", Decimal(cap[1]), cap[0])
        refused = duties_of(firm.user("ann").person, at=NOW).refuses(NOW)
        listed = Request.objects.filter(refused).exists()
        assert listed != Request.objects.exclude(refused).exists()
        assert above(made, request) == listed == (unfit(request, [firm["ann"].pk]) == {firm["ann"].pk})


class TestADeputy:
    @pytest.mark.parametrize(
        ("limits", "may"),
        [
            ({"ann": 40000}, False),
            ({"eve": 40000}, False),
            ({"ann": 50000, "eve": 60000}, True),
            ({"ann": 60000, "eve": 48000}, False),
        ],
        ids=["the delegator's", "their own", "both enough", "the lower counts"],
    )
    def test_decides_up_to_the_lower_of_both(self, firm, limits, may):
        Delegation.objects.create(
            delegator=firm["ann"], deputy=firm["eve"], start_at=MONDAY - DAY, end_at=MONDAY + 9 * DAY,
            proposed_at=MONDAY, confirmed_at=MONDAY,
        )  # fmt: skip
        for name, amount in limits.items():
            limit(firm, name, amount)
        assert ("eve" in agree(firm, firm.ask())) is may

    def test_between_two_counts_with_theirs(self, firm):
        for delegator, deputy in (("ann", "lea"), ("lea", "eve")):
            Delegation.objects.create(
                delegator=firm[delegator], deputy=firm[deputy], start_at=MONDAY - DAY, end_at=MONDAY + 9 * DAY,
                proposed_at=MONDAY, confirmed_at=MONDAY,
            )  # fmt: skip
        request = firm.ask()
        assert "eve" in agree(firm, request)
        limit(firm, "lea", 100)
        assert "eve" not in agree(firm, request)

    def test_is_told_that_it_is_the_other_who_may_not(self, firm):
        Delegation.objects.create(
            delegator=firm["ann"], deputy=firm["eve"], start_at=MONDAY - DAY, end_at=MONDAY + 9 * DAY,
            proposed_at=MONDAY, confirmed_at=MONDAY,
        )  # fmt: skip
        limit(firm, "ann", 100)
        with pytest.raises(services.NotEntitledError, match="Ann Albers may not decide this, so nobody may for them"):
            decide(firm.ask(), firm["eve"])
        assert Attempt.objects.get().reason == "limit"

    def test_with_an_unknown_rate_is_not_within_a_cap(self, firm):
        Delegation.objects.create(
            delegator=firm["ann"], deputy=firm["eve"], start_at=MONDAY - DAY, end_at=MONDAY + 9 * DAY,
            proposed_at=MONDAY, confirmed_at=MONDAY, limit=50000,
        )  # fmt: skip
        request = firm.ask()
        assert "eve" in agree(firm, request)
        Request.objects.update(rate_known=False)
        assert "eve" not in agree(firm, request)

    def test_who_acts_for_nobody_costs_one_query(self, firm, django_assert_num_queries):
        person = firm.user("ann").person
        with django_assert_num_queries(1):
            acting_for(person, at=NOW)
            duties_of(person, at=NOW)


class TestAPair:
    def test_keeps_from_deciding_the_second_after_the_first_of_the_same_client(self, firm):
        other = decided_before(firm, "ann")
        pair(why="two pairs of eyes on a client's account")
        request = firm.ask(1)
        assert agree(firm, request) == {"dan"}
        with pytest.raises(
            services.NotEntitledError, match=f"You decided {other.number}, and one person must not do both"
        ):
            decide(request, firm["ann"])

    def test_holds_either_way_round(self, firm):
        decided_before(firm, "ann")
        pair(first_kind="invoice_release", second_kind="credit_note")
        assert agree(firm, firm.ask(1)) == {"dan"}

    @pytest.mark.parametrize(
        ("rule", "before", "may"),
        [
            ({"same": "client"}, {"client": 8}, True),
            ({"same": "client"}, {"client": None}, True),
            ({"same": "any"}, {"client": 8}, False),
            ({"same": "project"}, {"project_odoo_id": 5}, True),
            ({"same": "record"}, {"subject": "odoo.account.move:1"}, False),
            ({"days": 2}, {}, True),
            ({"days": 4}, {}, False),
            ({"ended_at": NOW}, {}, True),
            ({"first_kind": "discount"}, {}, True),
        ],
    )
    def test_is_about_what_they_have_in_common_for_so_long(self, firm, rule, before, may):
        decided_before(firm, "ann", **before)
        pair(**rule)
        assert ("ann" in agree(firm, firm.ask(1))) is may

    def test_of_asking_and_deciding(self, firm):
        earlier = firm.ask(5)
        Request.objects.filter(pk=earlier.pk).update(requester=firm["ann"], kind_key="credit_note")
        pair("asks")
        assert agree(firm, firm.ask(1)) == {"dan"}

    def test_that_was_undone_does_not_count(self, firm):
        decided_before(firm, "ann")
        Decision.objects.update(void_at=NOW)
        pair()
        assert "ann" in agree(firm, firm.ask(1))

    def test_holds_for_whoever_pressed_and_whose_vote_it_was(self, firm):
        decided_before(firm, "ann")
        Decision.objects.update(effective_person=firm["dan"])
        pair()
        assert agree(firm, firm.ask(1)) == set()

    def test_of_deciding_one_kind_alone_is_none(self, firm):
        with pytest.raises(IntegrityError, match="deciding_one_kind"), transaction.atomic():
            pair(first_kind="invoice_release")


class TestAnAttempt:
    def test_is_refused_kept_and_counted(self, firm):
        limit(firm, "ann", 40000)
        request = firm.ask()
        for _ in range(3):
            with pytest.raises(services.NotEntitledError):
                decide(request, firm["ann"])
        made = Attempt.objects.get()
        assert (made.person, made.reason, made.count) == (firm["ann"], "limit", 3)
        entries = Entry.objects.filter(subject=request.audit_subject, verb="approvals.request.attempt")
        assert [entry.data["reason"] for entry in entries] == ["limit"] * 3
        request.refresh_from_db()
        assert (request.state, Decision.objects.count()) == ("pending", 0)

    def test_of_who_asked_is_kept_too(self, firm):
        request = firm.ask(barred=[firm["ann"].pk])
        with pytest.raises(services.NotEntitledError, match="asked for this"):
            decide(request, firm["ann"])
        assert Attempt.objects.get().reason == "barred"

    def test_of_a_stranger_is_only_not_their_step(self, firm):
        with pytest.raises(services.NotEntitledError, match="decided by Finance"):
            decide(firm.ask(), firm["eve"])
        assert not Attempt.objects.exists()
