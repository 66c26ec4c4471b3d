"""What a step's time brings by itself, and the clock of the whole request beside it."""

from datetime import timedelta

import pytest
import time_machine

from approvals import services
from approvals.models import Request, Step
from approvals.policy import PolicyError
from cockpit.accounts import grants
from cockpit.audit.models import Entry
from cockpit.events.models import Event
from cockpit.exception_queue.models import Case
from cockpit.time import services as clocks
from cockpit.time.models import Clock
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
    grants.grant(made["lea"], "partner", made.de, actor="system:cast", at=MONDAY)
    return made


def step_of(request: Request) -> Step:
    return Step.objects.get(round__request=request, round__closed_at__isnull=True, state="open")


def decide(request, who, at):
    request.refresh_from_db()
    return services.decide(
        step_of(request).pk, actor=who, verdict="approve", snapshot_id=request.snapshot_id, at=at, note=""
    )


def told(name: str) -> list[dict]:
    return [event.payload for event in Event.objects.filter(name=name).order_by("pk")]


def hours(number: float):
    return MONDAY + timedelta(hours=number)


class TestAWarning:
    def test_is_said_once_at_each_level_also_by_two_sweeps(self, firm):
        asking("{role: finance, within: 2 h}")
        firm.ask()
        for at in (0.9, 1, 1, 1.6, 2, 3, 3):
            services.sweep_clocks(hours(at))
        assert [one["level"] for one in told("approvals.reminded")] == [50, 80, 100, 150]

    def test_is_not_said_of_what_is_decided(self, firm):
        asking("{role: finance, within: 2 h}")
        request = firm.ask()
        decide(request, firm["ann"], hours(0.5))
        services.sweep_clocks(hours(5))
        assert told("approvals.reminded") == []


class TestARung:
    LADDER = "ladder: [{at: 80, to: 'role:pmo'}, {at: 100, to: 'role:partner', hand_over: true}]"

    def test_tells_somebody_who_may_then_see_it(self, firm):
        asking("{role: finance, within: 2 h, ladder: [{at: 100, to: eve@example.com}]}")
        request = firm.ask()
        services.sweep_clocks(hours(2))
        assert request in Request.objects.visible_to(firm.user("eve"))
        assert told("approvals.escalated") == [
            {"request": request.pk, "step": step_of(request).pk, "level": 100, "persons": [firm["eve"].pk],
             "handed_over": False}
        ]  # fmt: skip
        assert Request.objects.needing(firm.user("ann")).get() == request

    def test_hands_over_with_the_whole_time_anew(self, firm):
        asking("{role: finance, within: 2 h, " + self.LADDER + "}")
        request = firm.ask()
        services.sweep_clocks(hours(2))
        request.refresh_from_db()
        assert request.asks == [f"person:{firm['lea'].pk}"]
        assert request.due_at == hours(4)
        assert [one["level"] for one in told("approvals.escalated")] == [80, 100]
        with pytest.raises(services.NotEntitledError):
            decide(request, firm["ann"], hours(2.1))
        assert decide(request, firm["lea"], hours(2.2)).state == Request.State.SETTLING
        whole = Clock.objects.get(subject=request.audit_subject)
        assert clocks.elapsed(whole, hours(2.2)) == pytest.approx(2.2 * 3600)

    def test_is_taken_once_however_often_it_is_swept(self, firm):
        asking("{role: finance, within: 2 h, " + self.LADDER + "}")
        request = firm.ask()
        for at in (2, 2, 2.5, 4, 5, 7, 7):
            services.sweep_clocks(hours(at))
        assert Entry.objects.filter(subject=request.audit_subject, verb__endswith="escalate").count() == 2
        assert [one["level"] for one in told("approvals.reminded")] == [100, 100, 150]

    def test_that_finds_nobody_leaves_it_where_it_is_and_a_case_says_so(self, firm):
        asking("{role: finance, within: 2 h, ladder: [{at: 100, to: 'role:partner', hand_over: true}]}")
        request = firm.ask(barred=[firm["lea"].pk, firm["ann"].pk, firm["dan"].pk])
        services.sweep_clocks(hours(2))
        request.refresh_from_db()
        assert request.asks == [f"finance@{firm.de.pk}"]
        assert Case.objects.filter(kind="approvals.no_approver").exists()

    def test_a_manager_is_the_one_above_whoever_is_asked(self, firm):
        firm["eve"].manager = firm["frank"]
        firm["eve"].save()
        asking(
            "{role: finance, who: eve@example.com, within: 2 h, ladder: [{at: 100, to: 'manager:1', hand_over: true}]}"
        )
        request = firm.ask()
        services.sweep_clocks(hours(30))
        assert step_of(request).asked_persons == [firm["frank"].pk]

    @pytest.mark.parametrize("at", [60, 99, 200])
    def test_is_only_where_clocks_look(self, firm, at):
        with pytest.raises(PolicyError, match="a rung is at 50, 80, 100, 150"):
            asking("{role: finance, ladder: [{at: " + str(at) + ", to: 'role:pmo'}]}")


class TestATimeOut:
    def test_never_approves_of_itself(self, firm):
        asking("{role: finance, within: 2 h}")
        request = firm.ask()
        services.sweep_clocks(hours(200))
        request.refresh_from_db()
        assert request.state == Request.State.PENDING

    def test_approves_where_a_kind_without_money_lets_it(self, firm):
        ask = "[{role: finance, within: 2 h, timeout: approve}]"
        cast.policy("{kind: staffing, name: S, mode: enforce, rules: [{name: all, ask: " + ask + "}]}")
        facts = {"hours": "80.0", "role": "engineer", "project": {"id": 1, "name": "P"}}
        request = services.ask("staffing", subject="form:1", unit=firm.de, facts=facts, at=MONDAY)
        services.sweep_clocks(hours(1.9))
        request.refresh_from_db()
        assert request.state == Request.State.PENDING
        services.sweep_clocks(hours(2))
        request.refresh_from_db()
        assert (request.state, request.outcome) == ("settling", "approved")
        assert Entry.objects.filter(verb="approvals.request.lapse").count() == 1
        assert not request.rounds.get().decisions.exists()


class TestTheWholeClock:
    def test_runs_through_steps_rounds_and_questions(self, firm):
        asking("{role: finance, within: 2 h}", "{role: partner, order: 2, within: 4 h}")
        request = firm.ask()
        whole = Clock.objects.get(subject=request.audit_subject)
        assert (whole.goal_s, whole.due_at) == (6 * 3600, hours(6))
        asked = services.ask_back(step_of(request).pk, actor=firm["ann"], text="Which?", at=hours(1))
        services.answer(asked.pk, actor=firm["ben"], text="This", at=hours(2))
        decide(request, firm["ann"], hours(2.5))
        services.refresh_facts(request, cast.invoice_facts(firm.de, "50000"), at=hours(3))
        whole.refresh_from_db()
        assert whole.state == "running"
        assert Clock.objects.filter(subject=request.audit_subject).count() == 1

    def test_waits_while_a_decision_can_be_undone_and_ends_with_it(self, firm):
        asking("{role: finance, within: 2 h}")
        request = firm.ask()
        decide(request, firm["ann"], hours(1))
        services.undo(request.pk, actor=firm["ann"], at=hours(1) + timedelta(seconds=9))
        assert Clock.objects.get(subject=request.audit_subject).state == "running"
        decide(request, firm["ann"], hours(2))
        services.settle_due(hours(3))
        whole = Clock.objects.get(subject=request.audit_subject)
        assert (whole.state, whole.spent) == ("stopped", timedelta(hours=2) - timedelta(seconds=9))

    def test_ends_when_the_request_does(self, firm):
        asking("{role: finance, within: 2 h}")
        request = firm.ask()
        services.close(request, Request.Closed.SUBJECT_GONE, at=hours(1))
        assert Clock.objects.get(subject=request.audit_subject).state == "stopped"
