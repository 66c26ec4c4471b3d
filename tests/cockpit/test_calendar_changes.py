"""Every change of the clocks in ten zones, in both directions: business time against a walk minute by minute."""

from datetime import UTC, datetime, timedelta

import pytest

from cockpit.time.calendar import Closure, Hours, WorkingTime
from tests.cockpit.slow_calendar import SlowCalendar, clock_changes

CHANGING = [  # half an hour, midnight, south of the equator, a moving fast
    "Europe/Berlin", "Europe/London", "America/New_York", "America/St_Johns", "America/Havana", "Australia/Lord_Howe",
    "Australia/Adelaide", "Pacific/Chatham", "Africa/Cairo", "Africa/Casablanca",
]  # fmt: skip
HALF_HOURS = ["Asia/Kolkata", "Asia/Kathmandu"]  # never change
NIGHT = [(day, *span) for day in range(7) for span in ((0, 210), (1380, 1440))]  # over where clocks are changed
OFFICE = [(day, 540, 1020) for day in range(5)]
DAY = timedelta(days=1)


def pair(zone: str, hours: list[tuple[int, int, int]], closed: list) -> tuple[WorkingTime, SlowCalendar]:
    fast = WorkingTime(zone, [Hours(*row) for row in hours])
    return fast.absent(Closure(*span) for span in closed) if closed else fast, SlowCalendar(zone, hours, closed)


@pytest.mark.parametrize("zone", CHANGING + HALF_HOURS)
@pytest.mark.parametrize("hours", [NIGHT, OFFICE], ids=["night", "office"])
class TestEveryChange:
    def test_counts_and_is_due_as_on_the_clock_on_the_wall(self, zone: str, hours: list) -> None:
        for change in clock_changes(zone):
            start = change - timedelta(hours=7, minutes=13)
            away = [(change + timedelta(hours=20), change + timedelta(hours=26, minutes=30))]
            fast, slow = pair(zone, hours, away)
            for span in (timedelta(hours=9), timedelta(hours=31), 2 * DAY):
                counted = timedelta(seconds=fast.elapsed(start, start + span))
                assert counted == slow.elapsed(start, start + span), (change, span)
            goal = slow.elapsed(start, start + 2 * DAY) * 3 / 4
            if goal:
                assert fast.add(start, goal.total_seconds()) == slow.add(start, goal, start + 2 * DAY), change


@pytest.mark.parametrize("zone", CHANGING)
def test_there_are_changes_to_look_at_in_each_year(zone: str) -> None:
    assert {change.year for change in clock_changes(zone)} >= {2024, 2025, 2026, 2027}
    assert all(change >= datetime(2024, 1, 1, tzinfo=UTC) for change in clock_changes(zone))
