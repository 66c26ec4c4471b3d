"""When somebody is told: rhythm, and the hours that they keep quiet, in their own zone and calendar."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cockpit.notify.times import Quiet, Rhythm, Wish, due
from cockpit.time.calendar import Closure, Hours, WorkingTime

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = WorkingTime("Europe/Berlin", [Hours(day, 9 * 60, 17 * 60) for day in range(5)])


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("wish", "at", "expected"),
    [
        (Wish(), "11-23T10:42", "11-23T10:42"),
        (Wish(Rhythm.HOURLY), "11-23T10:42", "11-23T11:00"),
        (Wish(Rhythm.HOURLY), "11-23T10:00", "11-23T11:00"),
        (Wish(Rhythm.DAILY), "11-23T08:00", "11-23T09:00"),  # before work: this morning
        (Wish(Rhythm.DAILY), "11-23T09:00", "11-24T09:00"),
        (Wish(Rhythm.DAILY), "11-27T10:00", "11-30T09:00"),  # Friday: Monday
        (Wish(Rhythm.AT_ONCE, Quiet.CLOSED), "11-27T17:30", "11-30T09:00"),
        (Wish(Rhythm.AT_ONCE, Quiet.CLOSED), "11-27T16:30", "11-27T16:30"),
        (Wish(Rhythm.AT_ONCE, Quiet.HOURS), "11-27T17:59", "11-27T17:59"),
        (Wish(Rhythm.AT_ONCE, Quiet.HOURS), "11-27T18:00", "11-28T08:00"),  # over midnight
        (Wish(Rhythm.AT_ONCE, Quiet.HOURS), "11-28T07:59", "11-28T08:00"),
        (Wish(Rhythm.AT_ONCE, Quiet.HOURS, 12 * 60, 13 * 60), "11-27T12:30", "11-27T13:00"),
        (Wish(Rhythm.HOURLY, Quiet.HOURS), "11-27T17:30", "11-28T08:00"),  # the hour falls into the quiet
        (Wish(Rhythm.AT_ONCE, Quiet.HOURS), "10-24T22:00", "10-25T08:00"),  # the night that has an hour more
        (Wish(Rhythm.AT_ONCE, Quiet.HOURS), "03-28T22:00", "03-29T08:00"),  # and the one that has an hour less
    ],
)
def test_due(wish, at, expected):
    assert due(wish, berlin(at), zone=BERLIN, working=WEEK) == berlin(expected)


def test_leave_is_quiet_and_the_digest_waits_for_the_first_day_back():
    away = WEEK.absent([Closure(berlin("11-24T00:00"), berlin("11-26T00:00"))])
    assert due(Wish(Rhythm.DAILY), berlin("11-23T12:00"), zone=BERLIN, working=away) == berlin("11-26T09:00")
    closed = Wish(Rhythm.AT_ONCE, Quiet.CLOSED)
    assert due(closed, berlin("11-24T12:00"), zone=BERLIN, working=away) == berlin("11-26T09:00")


def test_without_a_calendar_the_morning_is_at_eight_and_nothing_is_closed():
    assert due(Wish(Rhythm.DAILY), berlin("11-28T07:00"), zone=BERLIN, working=None) == berlin("11-28T08:00")
    closed = Wish(Rhythm.AT_ONCE, Quiet.CLOSED)
    assert due(closed, berlin("11-28T03:00"), zone=BERLIN, working=None) == berlin("11-28T03:00")
