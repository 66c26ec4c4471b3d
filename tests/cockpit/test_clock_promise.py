"""Promise 7, told as random lives of a clock, counted a second time minute by minute."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from cockpit.time import services
from cockpit.time.models import Absence, Attendance, Calendar, Clock, Holiday, Segment
from tests.cockpit.slow_calendar import ZONES, SlowCalendar, Span, closures, moments_near_a_change, weekly_hours, zones

ANN = 7

ACTS = ["pause", "resume", "hand over", "hand back", "holiday", "absence", "hours", "sweep"]


@dataclass
class Account:
    """What the clock should have counted: stretches with the calendar as it was known when they began."""

    stretches: list[tuple[datetime, datetime | None, SlowCalendar]] = field(default_factory=list)

    def close(self, at: datetime) -> None:
        if self.stretches and self.stretches[-1][1] is None:
            self.stretches[-1] = (self.stretches[-1][0], at, self.stretches[-1][2])

    def run_on(self, at: datetime, known: SlowCalendar) -> None:
        self.close(at)
        self.stretches.append((at, None, known))

    def elapsed(self, at: datetime) -> timedelta:
        return sum((slow.elapsed(start, min(end or at, at)) for start, end, slow in self.stretches), timedelta())

    def due(self, goal: timedelta, limit: datetime) -> datetime | None:
        for start, end, slow in self.stretches:
            found = slow.add(start, goal, end or limit)
            if found:
                return found
            goal -= slow.elapsed(start, end or limit)
        return None


class Life:
    """A clock and its account, side by side through the same acts."""

    def __init__(self, unit: tuple, persons: tuple, goal_s: int, at: datetime):
        self.unit, self.persons = self.calendar(*unit), self.calendar(*persons)
        self.current, self.person = self.unit, None
        self.account, self.at = Account(), at
        self.clock = services.start_clock("approvals.step:12", calendar=self.unit, goal_s=goal_s, at=at)
        self.account.run_on(at, self.known())

    @staticmethod
    def calendar(zone: str, hours: list[tuple[int, int, int]]) -> Calendar:
        calendar = Calendar.objects.create(name=zone, time_zone=zone)
        Attendance.objects.bulk_create(
            Attendance(calendar=calendar, weekday=day, from_minute=start, to_minute=end) for day, start, end in hours
        )
        return calendar

    def known(self) -> SlowCalendar:
        """The calendar that counts, as the rows are now."""
        hours = self.current.attendances.values_list("weekday", "from_minute", "to_minute")
        closed: list[Span] = list(Holiday.objects.values_list("start_at", "end_at"))
        if self.person:
            closed += Absence.objects.filter(person_id=self.person).values_list("start_at", "end_at")
        return SlowCalendar(self.current.time_zone, list(hours), closed)

    def act(self, name: str, closed: list[Span]) -> None:
        running = self.clock.state == Clock.State.RUNNING
        if name == "pause" and running:
            services.pause(self.clock, cause="waiting on Ben", at=self.at)
            self.account.close(self.at)
        elif name == "resume" and not running:
            services.resume(self.clock, at=self.at)
            self.account.run_on(self.at, self.known())
        elif name in {"hand over", "hand back"}:
            self.current, self.person = (self.persons, ANN) if name == "hand over" else (self.unit, None)
            services.hand_over(self.clock, calendar=self.current, person_id=self.person, at=self.at)
            if running:
                self.account.run_on(self.at, self.known())
        elif name == "sweep":
            services.reach(self.clock, at=self.at)
        elif name in {"holiday", "absence", "hours"}:
            self.change(name, closed)
            if running:
                self.account.run_on(self.at, self.known())
            services.recalendar(at=self.at)
            self.clock.refresh_from_db()

    def change(self, name: str, closed: list[Span]) -> None:
        if name == "holiday":
            Holiday.objects.bulk_create(Holiday(start_at=start, end_at=end, name="New") for start, end in closed)
        elif name == "absence":
            Absence.objects.bulk_create(Absence(person_id=ANN, start_at=start, end_at=end) for start, end in closed)
        else:
            self.current.attendances.update(weekday=self.at.astimezone(ZoneInfo(self.current.time_zone)).weekday())


@st.composite
def lives(draw: st.DrawFn) -> tuple[tuple, tuple, int, datetime, list]:
    unit, persons = (draw(zones), draw(weekly_hours())), (draw(st.sampled_from(ZONES)), draw(weekly_hours()))
    at = draw(moments_near_a_change(unit[0]))
    pauses = st.integers(0, 720 * 60 * 10**6).map(lambda n: timedelta(microseconds=n))
    acts = draw(st.lists(st.tuples(pauses, st.sampled_from(ACTS), closures(at)), max_size=6))
    return unit, persons, draw(st.integers(1, 16 * 3600)), at, acts


def stored(clock: Clock) -> dict[str, Any]:
    return {
        "clock": Clock.objects.filter(pk=clock.pk).values().get(),
        "segments": list(Segment.objects.filter(clock=clock).values().order_by("pk")),
    }


@pytest.mark.deep
class TestPromise7(TestCase):
    """A clock equals the sum of its segments; recomputing gives the stored values, over DST changes and leave."""

    @settings(max_examples=settings.default.max_examples // 3)
    @given(lives())
    def test_a_clock_equals_the_sum_of_its_segments_and_recomputing_gives_the_stored_values(self, told: tuple) -> None:
        unit, persons, goal_s, at, acts = told
        life = Life(unit, persons, goal_s, at)
        for wait, name, closed in acts:
            life.at += wait
            life.act(name, closed)
        clock, now = life.clock, life.at

        assert timedelta(seconds=services.elapsed(clock, now)) == life.account.elapsed(now)
        limit = now + timedelta(days=2)
        expected = life.account.due(timedelta(seconds=goal_s), limit)
        assert clock.due_at == expected if expected else clock.due_at is None or clock.due_at > limit

        closed = Segment.objects.filter(clock=clock, end_at__isnull=False)
        assert clock.spent == sum((each.worked for each in closed), timedelta())
        lines = sum((timedelta(seconds=line.seconds) for line in services.ledger(clock, now)), timedelta())
        assert lines == timedelta(seconds=services.elapsed(clock, now))

        before = stored(clock)
        services.recompute(clock)
        assert stored(clock) == before
