"""Leaves of people who approve: the usual deputy is proposed, a case opens where nobody covers, and both go with it."""

from datetime import timedelta

import pytest

from approvals import services
from approvals.delegations import Delegation, acting_for
from approvals.services.covering import watch
from cockpit.accounts import grants
from cockpit.accounts.models import Person, User
from cockpit.audit.models import Entry
from cockpit.exception_queue.kinds import kind_of
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.rules import run_rule
from cockpit.time.models import Absence
from tests.approvals.conftest import NOW
from tests.visiting import words

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def firm(open_firm):
    """Ann alone is finance of Germany, and Eve decided for her once."""
    grants.revoke(open_firm["dan"], "finance", open_firm.de, actor="system:test", at=NOW)
    return open_firm


def usual(firm, deputy="eve", **more):
    before = {"start_at": NOW - 20 * DAY, "end_at": NOW - 10 * DAY, "proposed_at": NOW, "confirmed_at": NOW - 20 * DAY}
    return Delegation.objects.create(delegator=firm["ann"], deputy=firm[deputy], **before, **more)


def leave(firm, who="ann", first=5, days=7, number=1) -> Absence:
    """As Odoo says it: from eight in the morning of the first day to five in the afternoon of the last."""
    start_at = (NOW + first * DAY).replace(hour=7, minute=0)
    return Absence.objects.create(
        person_id=firm[who].pk,
        odoo_id=number,
        start_at=start_at,
        end_at=start_at + (days - 1) * DAY + timedelta(hours=9),
    )


def proposal() -> Delegation:
    return Delegation.objects.get(source="leave")


def case() -> Case | None:
    return Case.objects.filter(kind="approvals.uncovered").exclude(state="resolved").first()


class TestALeave:
    def test_proposes_the_usual_deputy_for_its_days_on_the_same_terms(self, firm):
        usual(firm, limit=5000, kinds=["invoice_release"])
        leave(firm)
        assert watch(at=NOW) == 0
        assert watch(at=NOW) == 0  # twice is once
        made = proposal()
        assert (made.deputy, made.limit, made.kinds) == (firm["eve"], 5000, ["invoice_release"])
        assert (made.start_at.isoformat(), made.end_at.isoformat()) == (
            "2026-11-27T23:00:00+00:00", "2026-12-04T23:00:00+00:00",
        )  # fmt: skip
        assert made.confirmed_at is None
        assert acting_for(firm.user("eve").person, at=NOW + 6 * DAY) == []
        services.confirm(made.pk, actor=firm["ann"], at=NOW)
        assert [way.delegator.name for way in acting_for(firm.user("eve").person, at=NOW + 6 * DAY)] == ["Ann Albers"]

    @pytest.mark.parametrize(
        "which", ["short", "far", "over", "of somebody who approves nothing", "of who cannot sign in"]
    )
    def test_needs_none_where_nobody_would_wait(self, firm, which):
        usual(firm)
        if which == "short":
            leave(firm, days=1)
        elif which == "far":
            leave(firm, first=15)
        elif which == "over":
            leave(firm, first=-9)
        elif which == "of who cannot sign in":
            leave(firm)
            User.objects.filter(person=firm["ann"]).update(is_active=False)
        else:
            leave(firm, "ben")
        assert watch(at=NOW) == 0
        assert not Delegation.objects.filter(source="leave").exists()
        assert case() is None

    def test_that_nobody_covers_is_a_case_until_somebody_does(self, firm):
        leave(firm)
        assert watch(at=NOW) == 1
        found = case()
        said = kind_of(found.kind)
        title = said.title_of(found).replace("\u00a0", " ")
        assert title == "Ann Albers is away from 28 Nov 2026 to 4 Dec 2026, and nobody decides for them"
        assert "Finance (Halden & Roth GmbH)" in said.why_of(found)
        assert found.owner_role == "pmo"
        days = {"start_at": NOW, "end_at": NOW + 20 * DAY}
        services.appoint(firm["ann"], firm["mia"], actor=firm["ann"], at=NOW, **days)
        assert watch(at=NOW) == 0
        assert case() is None

    def test_is_covered_by_a_colleague_who_is_here_and_holds_the_role(self, firm):
        grants.grant(firm["dan"], "finance", firm.de, actor="system:test", at=NOW)
        leave(firm)
        assert watch(at=NOW) == 0
        leave(firm, "dan", number=2)
        assert watch(at=NOW) == 2

    def test_is_not_covered_by_a_role_further_down(self, firm):
        grants.grant(firm["dan"], "finance", firm.munich, actor="system:test", at=NOW)
        leave(firm)
        assert watch(at=NOW) == 1

    @pytest.mark.parametrize("why", ["away", "left", "declined"])
    def test_is_a_case_when_the_usual_deputy_cannot(self, firm, why):
        usual(firm)
        leave(firm)
        if why == "away":
            leave(firm, "eve", number=2)
        elif why == "left":
            Person.objects.filter(pk=firm["eve"].pk).update(active=False)
        else:
            watch(at=NOW)
            services.decline(proposal().pk, actor=firm["eve"], at=NOW)
        assert watch(at=NOW) == 1
        assert not Delegation.objects.filter(source="leave", ended_at__isnull=True).exists()

    def test_whose_proposal_nobody_confirms_is_a_case_two_days_before(self, firm):
        usual(firm)
        leave(firm)
        assert watch(at=NOW) == 0
        assert watch(at=NOW + 4 * DAY) == 1
        assert case() is not None
        services.confirm(proposal().pk, actor=firm["mia"], at=NOW + 4 * DAY)
        assert watch(at=NOW + 4 * DAY) == 0


class TestALeaveThatMoves:
    def test_moves_what_was_proposed(self, firm):
        usual(firm)
        row = leave(firm)
        watch(at=NOW)
        row.end_at += 3 * DAY
        row.save()
        watch(at=NOW)
        first, second = Delegation.objects.filter(source="leave").order_by("pk")
        assert first.ended_at is not None
        assert second.end_at == first.end_at + 3 * DAY

    def test_shortens_what_was_confirmed_and_never_prolongs_it(self, firm):
        usual(firm)
        row = leave(firm)
        watch(at=NOW)
        made = services.confirm(proposal().pk, actor=firm["ann"], at=NOW)
        row.end_at += 3 * DAY
        row.save()
        watch(at=NOW)
        assert Delegation.objects.get(pk=made.pk).end_at == made.end_at
        row.end_at -= 5 * DAY
        row.save()
        watch(at=NOW)
        assert Delegation.objects.get(pk=made.pk).end_at == made.end_at - 2 * DAY
        assert Entry.objects.filter(subject=made.audit_subject, verb="approvals.delegation.shorten").count() == 1

    def test_and_is_cancelled_ends_both(self, firm):
        usual(firm)
        row = leave(firm)
        watch(at=NOW)
        made = proposal()
        services.confirm(made.pk, actor=firm["ann"], at=NOW)
        row.delete()
        assert watch(at=NOW + 6 * DAY) == 0
        made.refresh_from_db()
        assert made.ended_at == NOW + 6 * DAY
        assert acting_for(firm.user("eve").person, at=NOW + 6 * DAY) == []


class TestTheRule:
    def test_runs_by_its_name(self, firm):
        leave(firm)
        run = run_rule("deputies", at=NOW)
        assert (run.status, run.found) == ("done", 1)

    def test_asks_little_where_nobody_is_away(self, firm, django_assert_max_num_queries):
        with django_assert_max_num_queries(16):
            watch(at=NOW)

    def test_shows_its_case_to_the_pmo(self, firm, visit):
        leave(firm)
        watch(at=NOW)
        page = words(visit("mia").get(f"/exceptions/E-{case().pk}/"))
        assert "nobody decides for them" in page
        assert "Name a deputy" in page
