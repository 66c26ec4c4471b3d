"""Whom a step asks, how many must agree, what a rejection means, and who may decide for whom."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from approvals import resolvers, services
from approvals.delegations import Delegation, acting_for
from approvals.models import Decision, Request, Step
from approvals.policy import PolicyError
from approvals.policy_files import read
from cockpit.accounts import grants
from cockpit.audit.models import Entry
from tests import cast
from tests.cast import MONDAY, asking

LATER = MONDAY + timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def firm():
    made = cast.firm()
    grants.grant(made["mia"], "partner", made.de, actor="system:cast", at=MONDAY)
    grants.grant(made["lea"], "partner", made.de, actor="system:cast", at=MONDAY)
    return made


def step_of(request: Request, **which) -> Step:
    return Step.objects.get(round__request=request, round__closed_at__isnull=True, state="open", **which)


def decide(request, who, verdict="approve", *, for_person=None, **which):
    request.refresh_from_db()
    note = "" if verdict == "approve" else "not like this"
    return services.decide(
        step_of(request, **which).pk, actor=who, verdict=verdict, snapshot_id=request.snapshot_id, at=LATER, note=note,
        for_person=for_person,
    )  # fmt: skip


def deputise(firm, delegator, deputy, **more) -> Delegation:
    given = {"start_at": MONDAY - timedelta(days=1), "end_at": MONDAY + timedelta(days=30), **more}
    return Delegation.objects.create(
        delegator=firm[delegator], deputy=firm[deputy], proposed_at=MONDAY, confirmed_at=MONDAY, **given
    )


class TestWhoIsAsked:
    def test_is_the_manager_above_the_requester(self, firm):
        firm["ben"].manager = firm["lea"]
        firm["ben"].save()
        asking("{role: finance, who: 'manager:1'}")
        request = firm.ask()
        assert request.asks == [f"person:{firm['lea'].pk}"]
        assert Request.objects.needing(firm.user("lea")).get() == request
        assert not Request.objects.needing(firm.user("ann")).exists()
        with pytest.raises(services.NotEntitledError, match="decided by Lea Lindt"):
            decide(request, firm["ann"])
        assert decide(request, firm["lea"]).state == Request.State.SETTLING

    def test_is_a_colleague_by_address(self, firm):
        asking("{role: finance, who: EVE@example.com}")
        request = firm.ask()
        assert step_of(request).asked_persons == [firm["eve"].pk]
        assert request in Request.objects.visible_to(firm.user("eve"))  # whoever is asked sees it, in any unit

    @pytest.mark.parametrize("why", ["there is none", "has left", "is barred"])
    def test_is_the_role_where_that_person_cannot(self, firm, why):
        lea = firm["lea"]
        if why != "there is none":
            firm["ben"].manager = lea
            firm["ben"].save()
        if why == "has left":
            lea.active = False
            lea.save()
        asking("{role: finance, who: 'manager:1'}")
        request = firm.ask(barred=[lea.pk] if why == "is barred" else [firm["ben"].pk])
        assert request.asks == [f"finance@{firm.de.pk}"]

    def test_is_the_person_whom_the_record_names(self, firm):
        facts = {"project_manager": {"id": firm["ben"].pk, "name": "Ben"}, "nobody": None}
        found = lambda who: resolvers.persons(who, facts=facts, requester=None, unit=firm.de)  # noqa: E731
        assert found("fact:project_manager") == [firm["ben"]]
        assert found("fact:nobody") == found("manager:1") == []
        assert {one.name for one in found("role:partner")} == {"Mia Moreau", "Lea Lindt"}

    def test_ends_where_managers_form_a_circle(self, firm):
        ann, ben = firm["ann"], firm["ben"]
        ann.manager, ben.manager = ben, ann
        ann.save()
        ben.save()
        assert resolvers.manager_above(ann, 1) == ben
        assert resolvers.manager_above(ann, 2) is None  # nobody is their own manager's manager

    @pytest.mark.parametrize(
        ("step", "said"),
        [
            ("{role: finance, who: 'manager:0'}", "names nobody"),
            ("{role: finance, who: nonsense}", "names nobody"),
            ("{role: finance, who: gone@example.com}", "nobody here has the address gone@example.com"),
            ("{role: finance, who: 'fact:amount'}", "no fact that names a person"),
            ("{role: finance, ladder: [{at: 100, to: 'role:king'}]}", "names nobody"),
            ("{role: finance, ladder: [{at: 100, to: 'role:partner'}, {at: 80, to: 'role:pmo'}]}", "rungs of a ladder"),
            ("{role: finance, ladder: [{at: soon, to: 'role:partner'}]}", "per cent of the time"),
            ("{role: finance, timeout: approve}", "about money"),
            ("{role: finance, reject: maybe}", "a rejection ends the step"),
            ("{role: finance, quorum: some}", "whole numbers"),
            ("{role: finance, after: 4 h}", "after means nothing in a step"),
            ("{role: finance, about: [colour]}", "no fact 'colour'"),
        ],
    )
    def test_is_refused_with_a_sentence_when_it_makes_no_sense(self, firm, step, said):
        with pytest.raises(PolicyError, match=said):
            asking(step)


class TestASteps:
    def test_condition_of_its_own_leaves_it_out(self, firm):
        asking(
            "{role: finance}", "{role: partner, order: 2, when: [{fact: amount, op: '>', value: 50000, currency: EUR}]}"
        )
        small, large = firm.ask(1, "40000"), firm.ask(2, "60000")
        assert [step.role for step in small.rounds.get().steps.all()] == ["finance"]
        assert [step.role for step in large.rounds.get().steps.all()] == ["finance", "partner"]

    def test_each_of_asks_every_role_side_by_side(self, firm):
        asking("{each_of: [finance, partner]}")
        request = firm.ask()
        assert request.asks == sorted([f"finance@{firm.de.pk}", f"partner@{firm.de.pk}"])
        decide(request, firm["ann"], role="finance")
        assert decide(request, firm["lea"], role="partner").state == Request.State.SETTLING


class TestAQuorum:
    def test_of_two_waits_for_the_second(self, firm):
        asking("{role: partner, quorum: 2}")
        request = firm.ask()
        assert decide(request, firm["mia"]).state == Request.State.PENDING
        assert decide(request, firm["lea"]).state == Request.State.SETTLING

    def test_is_ended_by_one_rejection(self, firm):
        asking("{role: partner, quorum: 2}")
        request = firm.ask()
        decide(request, firm["mia"], "reject")
        request.refresh_from_db()
        assert (request.state, request.outcome) == ("settling", "rejected")

    def test_survives_a_rejection_while_enough_are_left(self, firm):
        grants.grant(firm["ann"], "partner", firm.de, actor="system:cast", at=MONDAY)
        asking("{role: partner, quorum: 2, reject: quorum}")
        request = firm.ask()
        assert decide(request, firm["mia"], "reject").state == Request.State.PENDING
        assert decide(request, firm["lea"]).state == Request.State.PENDING
        done = decide(request, firm["ann"])
        assert (done.state, done.outcome) == ("settling", "approved")

    def test_that_cannot_be_met_any_more_is_a_rejection(self, firm):
        asking("{role: partner, quorum: 2, reject: quorum}")
        request = firm.ask()
        done = decide(request, firm["mia"], "reject")
        assert (done.state, done.outcome) == ("settling", "rejected")

    def test_of_all_waits_for_everybody(self, firm):
        asking("{role: partner, quorum: all}")
        request = firm.ask()
        assert decide(request, firm["mia"]).state == Request.State.PENDING
        assert decide(request, firm["lea"]).state == Request.State.SETTLING


class TestADeputy:
    def test_decides_for_whom_they_act(self, firm):
        asking("{role: finance}")
        deputise(firm, "ann", "mia")
        request = firm.ask()
        assert Request.objects.needing(firm.user("mia")).get() == request
        decide(request, firm["mia"])
        vote = Decision.objects.get()
        assert (vote.person, vote.effective_person) == (firm["mia"], firm["ann"])
        assert "for" in Entry.objects.get(verb="approvals.request.decide").data

    @pytest.mark.parametrize(
        "narrow",
        [
            {"kinds": ["discount"]},
            {"limit": "1000"},
            {"client_odoo_id": 99},
            {"end_at": MONDAY},
            {"start_at": MONDAY + timedelta(days=10)},
        ],
        ids=["kind", "amount", "client", "over", "to come"],
    )
    def test_only_within_what_was_given(self, firm, narrow):
        asking("{role: finance}")
        deputise(firm, "ann", "mia", **narrow)
        request = firm.ask()
        if "end_at" not in narrow:
            assert not Request.objects.needing(firm.user("mia")).exists() or "start_at" in narrow
        with pytest.raises(services.NotEntitledError):
            decide(request, firm["mia"])

    @pytest.mark.parametrize("barred", ["ann", "mia", "ben"])
    def test_is_no_way_around_a_duty(self, firm, barred):
        """Ann's deputy is Ben, Ben's is Mia: whoever of them asked or gains, Mia may not decide for Ann."""
        asking("{role: finance}")
        deputise(firm, "ann", "ben")
        deputise(firm, "ben", "mia")
        request = firm.ask(barred=[firm[barred].pk])
        with pytest.raises(services.NotEntitledError):
            decide(request, firm["mia"])
        assert not Request.objects.needing(firm.user("mia")).exists()

    def test_of_a_deputy_acts_within_the_narrower_of_both(self, firm):
        deputise(firm, "ann", "dan", limit="50000")
        deputise(firm, "dan", "mia", limit="30000", kinds=["invoice_release"])
        ways = {way.delegator.name: way for way in acting_for(firm["mia"], at=LATER)}
        assert (ways["Ann Albers"].limit, ways["Ann Albers"].kinds) == (30000, {"invoice_release"})
        assert ways["Ann Albers"].passes == (firm["dan"].pk,)

    def test_ends_where_deputies_form_a_circle_and_after_three_hops(self, firm):
        for delegator, deputy in (("ann", "dan"), ("dan", "mia"), ("mia", "lea"), ("lea", "eve"), ("mia", "ann")):
            deputise(firm, delegator, deputy)
        named = lambda who: sorted(way.delegator.name for way in acting_for(firm[who], at=LATER))  # noqa: E731
        assert named("eve") == ["Dan Dietz", "Lea Lindt", "Mia Moreau"]  # not Ann: four hops away
        assert named("ann") == ["Dan Dietz", "Mia Moreau"]

    def test_gives_nobody_a_second_vote(self, firm):
        """Promise 4: delegate and delegator count as one."""
        asking("{role: finance}", "{role: partner, order: 2}")
        deputise(firm, "lea", "ann")
        deputise(firm, "mia", "ann")
        request = firm.ask()
        decide(request, firm["ann"])
        for whom in (None, firm["lea"]):
            with pytest.raises(services.NotEntitledError):
                decide(request, firm["ann"], for_person=whom)
        assert not Request.objects.needing(firm.user("ann")).exists()
        step = step_of(request)
        with pytest.raises(IntegrityError, match="decides once in a round"), transaction.atomic():
            Decision.objects.create(
                step=step, round=step.round, person=firm["ann"], effective_person=firm["lea"], verdict="approve",
                snapshot=request.snapshot, at=LATER,
            )  # fmt: skip

    def test_of_several_says_for_whom(self, firm):
        asking("{role: partner}")
        deputise(firm, "lea", "ann")
        deputise(firm, "mia", "ann")
        request = firm.ask()
        with pytest.raises(services.NotEntitledError, match="for whom you decide"):
            decide(request, firm["ann"])
        decide(request, firm["ann"], for_person=firm["mia"])
        assert Decision.objects.get().effective_person == firm["mia"]

    def test_sees_the_same_in_the_queue_and_in_the_steps(self, firm):
        asking("{role: finance}")
        deputise(firm, "ann", "eve", limit="45000")
        firm.ask(1, "40000")
        firm.ask(2, "48200")
        eve = firm.user("eve")
        needing = set(Request.objects.needing(eve))
        assert needing == {step.round.request for step in Step.objects.decidable_by(eve)}
        assert {request.amount for request in needing} == {40000}
        open_ones = set(Request.objects.open())
        assert set(Request.objects.waiting_on_others(eve)) == open_ones - needing


class TestAnOldRoute:
    def test_without_the_newer_words_is_still_the_same_route(self, firm):
        """Steps stored before a policy could name persons: a refresh must not void what was decided on them."""
        asking("{role: finance}")
        request = firm.ask()
        round_ = request.rounds.get()
        [step] = round_.route["steps"]
        old = {key: step[key] for key in ("role", "order", "quorum", "goal_s", "about")}
        type(round_).objects.filter(pk=round_.pk).update(route={**round_.route, "steps": [old]})
        services.refresh_facts(request, cast.invoice_facts(firm.de, due_date="2026-12-24"), at=LATER)
        assert request.rounds.count() == 1


def test_a_file_that_says_all_of_it_is_read():
    [row] = read(
        "{kind: k, rules: [{name: n, ask: [{role: partner, quorum: all, within: 30 min, reject: quorum,"
        " ladder: [{at: 100, to: 'manager:1'}, {at: 150, to: 'role:pmo', hand_over: true}]}]}]}"
    ).rules
    [step] = row.steps
    assert (step["quorum"], step["goal_s"], step["reject"]) == (0, 1800, "quorum")
    assert step["ladder"][1] == {"at": 150, "to": "role:pmo", "hand_over": True}
