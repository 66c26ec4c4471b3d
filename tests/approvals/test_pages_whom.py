"""Whom a request waits for, by name: on its row, its path and in "why you"; earlier rounds; what became of the last."""

from datetime import timedelta

import pytest
from django.urls import reverse

from approvals import services
from approvals.delegations import Delegation
from approvals.models import Request, Step
from cockpit.accounts import grants
from tests import cast
from tests.approvals.conftest import NOW
from tests.cast import MONDAY
from tests.visiting import words

pytestmark = pytest.mark.django_db


def asking(*steps: str) -> None:
    rules = "rules: [{name: all, ask: [" + ", ".join(steps) + "]}]"
    cast.policy("{kind: invoice_release, name: R, mode: enforce, " + rules + "}", at=NOW - timedelta(minutes=1))


def page(client, request):
    return client.get(reverse("request", args=[request.pk]))


def note(client, tab="needs") -> str:
    return client.get("/queue/", {"tab": tab}).context["screen"].listing.groups[0].rows[0].note


def step_of(request, **which) -> Step:
    return Step.objects.filter(round__request=request, round__closed_at__isnull=True, state="open", **which).first()


def decide(request, person, verdict="approve", note="", at=NOW, **which):
    request.refresh_from_db()
    services.decide(
        step_of(request, **which).pk, actor=person, verdict=verdict, snapshot_id=request.snapshot_id, at=at, note=note
    )


class TestRow:
    def test_names_the_persons_or_the_role_it_waits_for(self, open_firm, visit):
        request = open_firm.ask()
        assert note(visit("mia"), "waiting") == "waits for Ann Albers or Dan Dietz (Finance)"
        services.reassign(step_of(request).pk, to=open_firm["dan"], actor=open_firm["mia"], at=NOW, reason="Ann is ill")
        assert note(visit("mia"), "waiting") == "waits for Dan Dietz"
        assert note(visit("ben"), "mine") == "waits for Dan Dietz"

    def test_leaves_out_who_may_not_decide_and_says_where_nobody_can(self, open_firm, visit):
        open_firm.ask(barred=[open_firm["ann"].pk])
        mia = visit("mia")
        assert note(mia, "waiting") == "waits for Dan Dietz (Finance)"
        grants.revoke(open_firm["dan"], "finance", open_firm.de, actor=open_firm["mia"], at=NOW)
        assert note(mia, "waiting") == "waits for Finance, but nobody there holds that role"

    def test_counts_many_holders_of_a_role(self, open_firm, visit):
        open_firm.ask()
        for name in ("lea", "eve"):
            grants.grant(open_firm[name], "finance", open_firm.de, actor=open_firm["mia"], at=NOW)
        assert note(visit("mia"), "waiting") == "waits for Ann Albers and 3 more (Finance)"

    def test_says_whose_answer_is_awaited_and_to_them_that_it_is_theirs(self, open_firm, visit):
        request = open_firm.ask()
        services.ask_back(step_of(request).pk, actor=open_firm["ann"], text="Which PO? " + "x" * 90, at=NOW)
        assert note(visit("ann")).startswith("waits for an answer by Ben Brook: Which PO?")
        assert note(visit("ann")).endswith("x…")
        assert note(visit("ben"), "mine").startswith("Ann Albers asks you: Which PO?")

    def test_says_who_took_it_on_and_for_whom_one_acts(self, open_firm, visit):
        Delegation.objects.create(
            delegator=open_firm["ann"], deputy=open_firm["eve"], start_at=MONDAY, end_at=MONDAY + timedelta(days=9),
            proposed_at=MONDAY, confirmed_at=MONDAY,
        )  # fmt: skip
        request = open_firm.ask()
        assert note(visit("eve")) == "for Ann Albers"
        services.claim(step_of(request).pk, actor=open_firm["ann"], at=NOW)
        assert [note(visit(name)) for name in ("ann", "dan")] == ["you took it on", "Ann Albers has it"]


class TestWhyYou:
    @pytest.mark.parametrize(
        ("step", "who", "said"),
        [
            ("{role: finance}", "ann", "You are Finance for Halden & Roth GmbH."),
            ("{role: finance, who: eve@example.com}", "eve", "The policy names you."),
            ("{role: finance, who: 'manager:1'}", "lea", "You are the manager of Ben Brook, who asked."),
            ("{role: finance, who: 'manager:2'}", "mia", "You are a manager above Ben Brook, who asked."),
            ("{role: finance, who: 'role:leadership'}", "lea", "The policy asks a role that you hold."),
        ],
    )
    def test_says_in_which_way_the_step_means_the_reader(self, open_firm, visit, step, who, said):
        open_firm["ben"].manager, open_firm["lea"].manager = open_firm["lea"], open_firm["mia"]
        open_firm["ben"].save()
        open_firm["lea"].save()
        asking(step)
        request = open_firm.ask(at=NOW)
        assert said in words(page(visit(who), request))

    def test_says_where_the_record_names_the_reader(self, open_firm, visit):
        asking("{role: finance, who: eve@example.com}")
        request = open_firm.ask(at=NOW)
        Step.objects.update(who="fact:author")  # no kind here has a fact that names a person of ours
        label = request.kind.fact("author").label
        assert f"The record names you: {label}." in words(page(visit("eve"), request))

    def test_says_who_wanted_the_agreement_and_that_it_was_passed_on(self, open_firm, visit):
        request = open_firm.ask()
        mine = step_of(request)
        services.add_approver(mine.pk, person=open_firm["lea"], actor=open_firm["ann"], at=NOW, reason="Large")
        services.reassign(mine.pk, to=open_firm["dan"], actor=open_firm["ann"], at=NOW, reason="Away")
        assert "Ann Albers wants your agreement as well." in words(page(visit("lea"), request))
        assert "It was passed on to you." in words(page(visit("dan"), request))


class TestPath:
    def test_names_whom_a_role_means_and_whom_a_step_asks(self, open_firm, visit):
        asking("{role: finance, order: 1}", "{role: leadership, who: eve@example.com, order: 2}")
        request = open_firm.ask(at=NOW)
        said = {stage.who: stage.names for stage in page(visit("mia"), request).context["page"].path}
        assert said["Finance, Halden & Roth GmbH"] == "Ann Albers or Dan Dietz"
        decide(request, open_firm["ann"])
        shown = [(stage.who, stage.names) for stage in page(visit("mia"), request).context["page"].path]
        assert ("Eve Egan", "") in shown

    def test_counts_whom_it_does_not_name(self, open_firm, visit):
        for name in ("lea", "eve", "mia"):
            grants.grant(open_firm[name], "finance", open_firm.de, actor="system:cast", at=MONDAY)
        request = open_firm.ask()
        names = [stage.names for stage in page(visit("mia"), request).context["page"].path]
        assert "Ann Albers, Dan Dietz, Eve Egan and 2 more" in names

    def test_says_whose_vote_a_deputy_cast(self, open_firm, visit):
        asking("{role: finance, order: 1}", "{role: leadership, order: 2}")
        request = open_firm.ask(at=NOW)
        services.hand_on(step_of(request).pk, to=open_firm["eve"], actor=open_firm["ann"], at=NOW)
        decide(request, open_firm["eve"])
        assert "Eve Egan for Ann Albers" in words(page(visit("mia"), request))

    def test_says_what_does_not_count_any_more_and_why(self, open_firm, visit):
        asking("{role: finance, order: 1}", "{role: leadership, order: 2}")
        request = open_firm.ask(at=NOW)
        decide(request, open_firm["ann"])
        services.refresh_facts(request, cast.invoice_facts(open_firm.de, 52_000), at=NOW)
        lost = [stage.lost for stage in page(visit("mia"), request).context["page"].path if stage.lost]
        assert len(lost) == 1
        assert lost[0].startswith("Ann Albers had decided; changed since: Amount, with tax")


class TestEarlierRounds:
    def test_can_be_read_with_what_was_said_and_what_changed(self, open_firm, visit):
        request = open_firm.ask()
        decide(request, open_firm["ann"], "reject", "The PO is old.")
        services.settle_due(NOW + timedelta(seconds=20))
        again = open_firm.ask(amount=52_000, at=NOW + timedelta(minutes=1))
        assert again.pk == request.pk
        shown = page(visit("ann"), request)
        (first,) = shown.context["page"].earlier
        assert [(one.text, one.note) for one in first.said] == [("Ann Albers rejected it as Finance", "The PO is old.")]
        text = words(shown)
        assert "Round 1" in text
        assert "The record changed after the decision." in text
        assert ("€48,200.00", "€52,000.00") in [(one.before, one.after) for one in first.moved]

    def test_are_none_in_the_first(self, open_firm, visit):
        assert "Earlier rounds" not in words(page(visit("ann"), open_firm.ask()))


class TestPrecedent:
    def done(self, firm, subject, verdict="approve", amount=48_200, minutes=30):
        request = firm.ask(subject, amount)
        decide(
            request, firm["ann"], verdict, "" if verdict == "approve" else "No.", at=MONDAY + timedelta(minutes=minutes)
        )
        services.settle_due(MONDAY + timedelta(minutes=minutes, seconds=30))
        return request

    def test_says_what_became_of_the_last_five_of_this_client_and_how_long_they_took(self, open_firm, visit):
        for number, minutes in enumerate((10, 20, 30, 40, 50, 60), start=1):
            self.done(open_firm, number, minutes=minutes)
        self.done(open_firm, 7, "reject", minutes=62)
        request = open_firm.ask(18, at=MONDAY)
        found = page(visit("ann"), request).context["page"].precedent
        assert (found.words, found.like) == (
            "4 approved, one rejected, median 50 min of business time",
            "for this client",
        )
        assert len(found.past) == 5
        assert "Precedent The last like this, for this client: 4 approved, one rejected" in words(
            page(visit("ann"), request)
        )

    def test_of_another_client_are_those_about_as_large(self, open_firm, visit):
        near, far = self.done(open_firm, 1, amount=50_000), self.done(open_firm, 2, amount=200_000)
        request = open_firm.ask(3)
        Request.objects.filter(pk=request.pk).update(client_odoo_id=8)
        found = page(visit("ann"), request).context["page"].precedent
        assert [one.request for one in found.past] == [near]
        assert found.like == "about as large"
        assert far.pk not in [one.request.pk for one in found.past]

    def test_shows_none_that_the_reader_may_not_see(self, open_firm, visit):
        other = open_firm.ask(1, 50_000, unit=open_firm.us, at=MONDAY)
        decide(other, open_firm["frank"], at=NOW)
        services.settle_due(NOW + timedelta(seconds=30))
        request = open_firm.ask(2)
        assert page(visit("ann"), request).context["page"].precedent is None
        assert page(visit("lea"), request).context["page"].precedent is not None
