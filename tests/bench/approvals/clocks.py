"""A sweep over 100,000 running clocks of which one in a hundred is due, and 100,000 due times over leave and DST."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

from django.db import connection
from django.utils import timezone

from approvals import services
from approvals.models import Step
from cockpit.time.calendar import Closure, Hours, WorkingTime
from cockpit.time.models import Clock
from tests.bench import databases
from tests.bench.approvals.mixed import fill
from tests.bench.figures import Figure, medians

RUNNING, DUE_TIMES, SWEEPS = 100_000, 100_000, 5
NAME = "cockpit_bench_clocks"
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Adelaide", "America/St_Johns")


def figures(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    yield _due_times(max(1000, round(DUE_TIMES * scale)))
    databases.make(NAME)
    try:
        count = max(1_440, round(RUNNING * scale * 6 / 13))  # each has a clock of its own, and one for each open step
        fill(count, count)
        running = Clock.objects.filter(state=Clock.State.RUNNING).count()
        say(f"{NAME}: {running:,} running clocks of {count:,} open requests")
        services.sweep_clocks(timezone.now())  # what one finds at once, when it begins
        each = max(10, running // 100)
        spent = [_swept(number, each, say) for number in range(SWEEPS)]
        yield Figure(f"sweep: {each:,} due of {running:,} running clocks", statistics.median(spent), most=1000)
    finally:
        databases.drop(NAME)


def _swept(number: int, each: int, say: Callable[[str], None]) -> float:
    """Milliseconds of a sweep, each time over other clocks, half of them of steps; all that is due must be said."""
    at = timezone.now()
    _age(number, each, at)
    due = Clock.objects.due(at).count()
    begin = time.perf_counter()
    services.sweep_clocks(at, limit=each + 1)
    spent = 1000 * (time.perf_counter() - begin)
    left = Clock.objects.due(at).count()
    if due < each * 0.9 or left:
        raise RuntimeError(f"{due} of {each} clocks were due, and {left} are left after the sweep.")
    say(f"{due:,} due clocks swept in {spent:,.0f} ms")
    return spent


def _age(number: int, each: int, at: datetime) -> None:
    """Let the clocks of some requests have begun two weeks ago; what is stored follows from that."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH aged AS (
                SELECT id FROM time_clock WHERE state = 'running' AND warned_level = 0 AND next_at > %(at)s
                ORDER BY hashtext(id::text) LIMIT %(each)s
            ), begun AS (
                UPDATE time_segment SET start_at = start_at - interval '14 days' WHERE clock_id IN (SELECT id FROM aged)
            )
            UPDATE time_clock SET started_at = started_at - interval '14 days', due_at = due_at - interval '14 days',
                next_at = next_at - interval '14 days'
            WHERE id IN (SELECT id FROM aged)
            """,
            {"at": at, "each": each},
        )
        cursor.execute(
            """UPDATE approvals_step s SET due_at = c.due_at FROM time_clock c
            WHERE c.subject = 'approvals.step:' || s.id AND c.due_at <> s.due_at AND s.state = 'open'"""
        )
        cursor.execute(
            """UPDATE approvals_request q SET due_at = f.due_at FROM (
                SELECT r.request_id, min(s.due_at) AS due_at FROM approvals_step s
                JOIN approvals_round r ON r.id = s.round_id WHERE s.state = 'open' GROUP BY r.request_id) f
            WHERE f.request_id = q.id AND f.due_at <> q.due_at"""
        )
        for table in ("time_clock", "time_segment", Step._meta.db_table, "approvals_request"):
            cursor.execute(f"VACUUM (ANALYZE) {table}")


def _due_times(count: int) -> Figure:
    """On the calendars of 200 people in five zones, each with leave and holidays, over three years."""
    chance = random.Random(5)
    hours = [Hours(day, 9 * 60, 12 * 60) for day in range(5)] + [Hours(day, 13 * 60, 18 * 60) for day in range(5)]
    bases = [
        WorkingTime(zone, hours, days_off=[(date(2026 + year, month, 1), "Holiday")
                                           for year in range(3) for month in range(1, 13)])
        for zone in ZONES
    ]  # fmt: skip
    people = [bases[number % len(bases)].absent(_leave(chance)) for number in range(200)]
    first = datetime(2026, 1, 1, tzinfo=UTC)
    asked = [
        (people[number % len(people)], first + timedelta(minutes=chance.randrange(3 * 365 * 24 * 60)),
         chance.choice((4, 8, 16, 40)) * 3600)
        for number in range(count)
    ]  # fmt: skip
    [spent] = medians([lambda: [calendar.add(at, goal) for calendar, at, goal in asked]], runs=9)
    return Figure(f"{count:,} due times over leave, holidays, DST", spent, most=200)


def _leave(chance: random.Random) -> list[Closure]:
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(3 * 365)) for _ in range(12)]
    return [Closure(day, day + timedelta(days=chance.randrange(1, 15)), "") for day in days]
