"""An outage of our own: nobody could be warned or asked, so the clocks of the steps waited, and a case names it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from approvals import services, tasks
from approvals.models import Request, Step
from cockpit.audit.models import Entry
from cockpit.events.models import Event
from cockpit.exception_queue import kinds
from cockpit.exception_queue.models import Case
from cockpit.time import outages
from cockpit.time import services as clocks
from cockpit.time.models import Clock, Outage
from tests import cast
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db


def hours(number: float):
    return MONDAY + timedelta(hours=number)


@pytest.fixture
def firm():
    made = cast.firm()
    cast.policy(cast.TABLE.replace("within: 4 h", "within: 2 h"))
    return made


def step_of(request: Request) -> Step:
    return Step.objects.get(round__request=request, round__closed_at=None)


def clock_of(request: Request) -> Clock:
    return Clock.objects.get(subject=step_of(request).clock_subject)


class TestAnOutage:
    """The sweep ran at ten, then no more until half past eleven."""

    @pytest.fixture
    def request_(self, firm) -> Request:
        request = firm.ask()
        services.sweep(at=hours(1))
        services.sweep(at=hours(1) + timedelta(minutes=4))
        services.sweep(at=hours(2.5))
        request.refresh_from_db()
        return request

    def test_makes_steps_due_later_and_warns_nobody_of_it(self, request_):
        lost = timedelta(minutes=86)
        assert request_.due_at == step_of(request_).due_at == clock_of(request_).due_at == hours(2) + lost
        assert [each.payload["level"] for each in Event.objects.filter(name="approvals.reminded")] == [50]
        services.sweep_clocks(hours(2) + lost)
        assert clock_of(request_).warned_level == 100

    def test_is_named_in_the_ledger(self, request_):
        lines = [
            (line.kind, line.text) for line in clocks.ledger(clock_of(request_), hours(2.5) + timedelta(minutes=1))
        ]
        assert lines == [
            ("running", "running: started"),
            ("paused", f"paused: the cockpit was down, incident {Outage.objects.get().name}"),
            ("running", "running: the cockpit was back"),
        ]

    def test_lets_the_clock_of_the_whole_request_go_on(self, request_):
        whole = Clock.objects.get(subject=request_.audit_subject)
        assert whole.due_at == hours(2)

    def test_keeps_the_promise_that_a_clock_is_the_sum_of_its_segments(self, request_):
        clock = clock_of(request_)
        before = (clock.spent, clock.due_at, clock.next_at)
        clocks.recompute(clock)
        assert (clock.spent, clock.due_at, clock.next_at) == before
        assert clock.spent == timedelta(hours=1, minutes=4)

    def test_is_a_case_and_in_the_trail_once(self, request_):
        services.sweep(at=hours(2.5))
        services.sweep(at=hours(2.6) - timedelta(minutes=2))
        case = Case.objects.get(kind="approvals.outage")
        incident = Outage.objects.get()
        assert (incident.clocks, incident.start_at, incident.end_at) == (1, hours(1) + timedelta(minutes=4), hours(2.5))
        assert f"incident {incident.name}" in kinds.kind_of(case.kind).title_of(case)
        assert "The clock of 1 step waited" in kinds.kind_of(case.kind).why_of(case)
        assert Entry.objects.filter(verb="approvals.outage").count() == 1


class TestNoOutage:
    @pytest.mark.parametrize("gap", [timedelta(seconds=15), timedelta(minutes=5)])
    def test_is_what_lasts_five_minutes_or_less(self, firm, gap):
        services.sweep(at=MONDAY)
        services.sweep(at=MONDAY + gap)
        assert not Outage.objects.exists()

    def test_is_the_time_before_the_first_sweep(self, firm):
        services.sweep(at=hours(100))
        assert not Outage.objects.exists()

    def test_is_a_sweep_that_comes_late_by_another_clock(self, firm):
        services.sweep(at=hours(2))
        services.sweep(at=hours(1))
        services.sweep(at=hours(2))
        assert not Outage.objects.exists()


class TestAClock:
    def test_on_which_somebody_acted_meanwhile_waited_until_then(self, firm):
        request = firm.ask()
        services.sweep(at=MONDAY)
        services.claim(step_of(request).pk, actor=firm["ann"], at=hours(1))
        services.sweep(at=hours(1.5))
        clock = clock_of(request)
        causes = [(each.kind, each.end_at) for each in clock.segments.order_by("start_at", "pk")]
        assert causes == [("running", MONDAY), ("paused", hours(1)), ("running", None)]
        assert clocks.elapsed(clock, hours(1.5)) == 1800

    def test_that_waits_goes_on_waiting(self, firm):
        request = firm.ask()
        services.ask_back(step_of(request).pk, actor=firm["ann"], text="Which?", at=MONDAY)
        services.sweep(at=hours(0.1))
        services.sweep(at=hours(2))
        assert clock_of(request).state == "paused"
        assert clock_of(request).segments.count() == 2

    def test_that_began_after_it_is_left_alone(self, firm):
        services.sweep(at=MONDAY)
        request = firm.ask(at=hours(1))
        services.sweep(at=hours(1.1))
        assert clock_of(request).due_at == hours(3)


class TestDying:
    def test_after_the_outage_was_found_is_followed_by_the_next_sweep(self, firm):
        request = firm.ask()
        outages.beat(at=MONDAY)
        assert outages.beat(at=hours(1)) is not None  # and dies
        services.sweep(at=hours(1) + timedelta(seconds=15))
        assert clock_of(request).due_at == hours(3)

    def test_after_the_clocks_have_waited_makes_nothing_twice(self, firm):
        request = firm.ask()
        outages.beat(at=MONDAY)
        outage = outages.beat(at=hours(1))
        outages.let_wait(outage, "approvals.step:")
        services.sweep(at=hours(1) + timedelta(seconds=15))
        assert clock_of(request).due_at == hours(3)
        assert clock_of(request).segments.count() == 3
        assert Outage.objects.get().clocks == 1


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_find_it_once(firm):
    request = firm.ask()
    services.sweep(at=MONDAY)

    def sweep(_number: int) -> int:
        try:
            return services.sweep(at=hours(1))
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(sweep, range(3)))
    assert Outage.objects.count() == Case.objects.filter(kind="approvals.outage").count() == 1
    assert clock_of(request).segments.count() == 3


def test_beat_calls_the_sweep_that_looks_for_outages(firm):
    request = firm.ask()
    with time_machine.travel(MONDAY, tick=False) as now:
        tasks.sweep_clocks()
        now.shift(timedelta(hours=1))
        tasks.sweep_clocks()
    assert clock_of(request).due_at == hours(3)
