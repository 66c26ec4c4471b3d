"""When somebody is told: at once, by the hour, in their morning; never in the hours that they keep quiet. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from cockpit.time.calendar import CalendarError, WorkingTime

MORNING = time(8)  # of a digest, where a person's calendar has no hours


class Rhythm(StrEnum):
    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"
    OFF = "off"


class Quiet(StrEnum):
    """Never; from one time of day to another; or whenever the person's own calendar is closed, leave included."""

    NEVER = "never"
    HOURS = "hours"
    CLOSED = "closed"


@dataclass(frozen=True)
class Wish:
    """How somebody wants to be told. `quiet_from` and `quiet_to` are minutes of their day; the one may be after the
    other, over midnight.
    """

    rhythm: Rhythm = Rhythm.AT_ONCE
    quiet: Quiet = Quiet.NEVER
    quiet_from: int = 18 * 60
    quiet_to: int = 8 * 60


def due(wish: Wish, at: datetime, *, zone: ZoneInfo, working: WorkingTime | None) -> datetime:
    """When what is known `at` may be told. `working` None: they have no calendar of their own."""
    if wish.rhythm == Rhythm.HOURLY:
        local = at.astimezone(zone)
        when = (
            at
            + timedelta(hours=1)
            - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        )
    elif wish.rhythm == Rhythm.DAILY:
        when = _morning(at, zone, working)
    else:
        when = at
    return _after_quiet(wish, when, zone, working)


def _morning(at: datetime, zone: ZoneInfo, working: WorkingTime | None) -> datetime:
    """The next beginning of a working day; of any day, where no calendar says more."""
    today = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    for days in (0, 1):
        midnight = (today + timedelta(days=days)).astimezone(at.tzinfo)
        start = _opening(midnight, working) or _at_time(midnight.astimezone(zone), MORNING).astimezone(at.tzinfo)
        if start > at:
            return start
    raise AssertionError("Tomorrow's morning lies ahead.")


def _after_quiet(wish: Wish, when: datetime, zone: ZoneInfo, working: WorkingTime | None) -> datetime:
    if wish.quiet == Quiet.CLOSED:
        return _opening(when, working) or when
    if wish.quiet == Quiet.HOURS and wish.quiet_from != wish.quiet_to:
        local = when.astimezone(zone)
        now = local.hour * 60 + local.minute
        start, end = wish.quiet_from, wish.quiet_to
        if (start <= now < end) if start < end else (now >= start or now < end):
            over_midnight = start > end and now >= start
            day = local + timedelta(days=1 if over_midnight else 0)
            return _at_time(day, time(end // 60, end % 60)).astimezone(when.tzinfo)
    return when


def _opening(at: datetime, working: WorkingTime | None) -> datetime | None:
    """None where nobody ever works again: then nothing is held back."""
    try:
        return working.next_open(at) if working is not None else None
    except CalendarError:
        return None


def _at_time(day: datetime, clock: time) -> datetime:
    return day.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0, fold=0)
