"""Business time, pure: weekly hours of a zone, minus holidays and absence, as UTC windows with prefix sums.

An instant is open when its *local wall clock* lies in the weekly hours and nothing closes it: 09:00 stays 09:00 over
daylight-saving changes. Years are compiled when they are first needed; a compiled table is never changed but replaced,
so threads may share one `WorkingTime`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import accumulate, chain
from operator import sub
from typing import NamedTuple

from cockpit.time.windows import (
    CalendarEmptyError,
    CalendarError,
    Closure,
    Hours,
    NoOpenTimeError,
    cut,
    joined,
    local_day,
    moment,
    seconds_of,
    spans_of,
    week_of,
    weekly_windows,
    year_of,
    year_start,
    zone_named,
)

__all__ = [
    "CalendarEmptyError",
    "CalendarError",
    "Closure",
    "Hours",
    "NoOpenTimeError",
    "Reason",
    "Why",
    "WorkingTime",
    "local_day",
    "zone_named",
]

HALF_MICROSECOND = 5e-7
SEARCH_YEARS = 20  # nothing open for so long is a mistake in the calendar, not a date to wait for
FIRST_YEAR, LAST_YEAR = 1971, 2105


class Why(StrEnum):
    """Why an instant is closed, strongest first."""

    ABSENCE = "absence"
    HOLIDAY = "holiday"
    WEEKEND = "weekend"
    DAY_OFF = "day off"
    OUTSIDE_HOURS = "outside hours"


class Reason(NamedTuple):
    why: Why
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.why.value


class Table(NamedTuple):
    """Windows of whole UTC years; `upto[i]` is the open time before window i, its last entry the sum."""

    low: float
    high: float
    starts: list[float]
    ends: list[float]
    upto: list[float]


NOTHING = Table(0, 0, [], [], [0])


class WorkingTime:
    """Answers in business time. `base.absent(…)` gives one person's view and shares the compiled hours of the base."""

    def __init__(
        self,
        zone: str,
        hours: Iterable[Hours],
        holidays: Iterable[Closure] = (),
        *,
        days_off: Iterable[tuple[date, str]] = (),
    ):
        """`holidays` are closed from instant to instant, `days_off` whole local days with their names.

        Raises CalendarEmptyError without any hours, CalendarError on an unknown zone or impossible hours.
        """
        whole_days = (Closure(*local_day(day, zone), name) for day, name in days_off)
        self.zone = zone
        self._where = zone_named(zone)
        self._week = week_of(hours)
        self._holidays = sorted([*holidays, *whole_days])
        self._absences: list[Closure] = []
        self._base: WorkingTime | None = None
        self._closed = spans_of(self._holidays)
        self._table = NOTHING

    def absent(self, absences: Iterable[Closure]) -> WorkingTime:
        """The same calendar for someone who is away at these times."""
        mine = object.__new__(WorkingTime)
        mine.zone, mine._where, mine._week, mine._holidays = self.zone, self._where, self._week, self._holidays
        mine._absences = sorted(absences)
        mine._base = self
        mine._closed = spans_of(mine._absences)
        mine._table = NOTHING
        return mine

    def add(self, start: datetime, seconds: float) -> datetime:
        """The earliest instant by which `seconds` of open time have passed since `start`; 0 gives `start` itself.

        Raises CalendarError on negative seconds, NoOpenTimeError when the calendar stays closed for 20 years.
        """
        at, table = start.timestamp(), self._table
        if seconds > 0 and table.low <= at < table.high and start.tzinfo is not None:
            # What `_add` does, without its calls: a hundred thousand due dates at once take this way.
            starts, upto = table.starts, table.upto
            if (i := bisect_right(starts, at) - 1) >= 0:
                into, whole = at - starts[i], upto[i + 1] - upto[i]
                goal = upto[i] + (into if into < whole else whole) + seconds
                if goal <= upto[-1]:
                    i = bisect_left(upto, goal - HALF_MICROSECOND) - 1
                    return datetime.fromtimestamp(starts[i] + (goal - upto[i]), UTC)
        return self._add(start, seconds)

    def _add(self, start: datetime, seconds: float) -> datetime:
        at = seconds_of(start)
        if seconds <= 0:
            if seconds < 0:
                raise CalendarError(f"Business time can't be added backwards; {seconds} seconds were given.")
            return moment(at)
        table = self._covering(at, at)
        goal = _position(table, at) + seconds
        while goal - HALF_MICROSECOND > table.upto[-1]:
            table = self._further(table, since=at)
        return _instant(table, goal)

    def elapsed(self, start: datetime, end: datetime) -> float:
        """Open seconds between the two, to the microsecond; negative when `end` lies before `start`."""
        a, b = seconds_of(start), seconds_of(end)
        table = self._covering(a, b) if a <= b else self._covering(b, a)
        return round(_position(table, b) - _position(table, a), 6)

    def is_open(self, at: datetime) -> bool:
        when = seconds_of(at)
        table = self._covering(when, when)
        i = bisect_right(table.starts, when) - 1
        return i >= 0 and when < table.ends[i]

    def next_open(self, at: datetime) -> datetime:
        """`at` itself when open, else the start of the next window. Raises NoOpenTimeError."""
        when = seconds_of(at)
        table = self._covering(when, when)
        while (i := bisect_right(table.ends, when)) == len(table.ends):
            table = self._further(table, since=when)
        return moment(max(when, table.starts[i]))

    def windows(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """The open windows between the two, in UTC, clipped to them."""
        a, b = seconds_of(start), seconds_of(end)
        if a >= b:
            return []
        _, _, starts, ends, _ = self._covering(a, b)
        span = range(bisect_right(ends, a), bisect_left(starts, b))
        return [(moment(max(a, starts[i])), moment(min(b, ends[i]))) for i in span]

    def why_closed(self, at: datetime) -> str:
        """In a word: absence, the holiday's name, weekend, day off, outside hours; empty when it is open."""
        return "" if self.is_open(at) else str(self.reason(at))

    def reason(self, at: datetime) -> Reason:
        """The strongest reason that closes this (closed) instant."""
        if any(start <= at < end for start, end, _ in self._absences):
            return Reason(Why.ABSENCE)
        for start, end, name in self._holidays:
            if start <= at < end:
                return Reason(Why.HOLIDAY, name)
        weekday = at.astimezone(self._where).weekday()
        if self._week[weekday]:
            return Reason(Why.OUTSIDE_HOURS)
        return Reason(Why.WEEKEND if weekday >= 5 else Why.DAY_OFF)

    def reasons(self, start: datetime, end: datetime) -> list[Reason]:
        """What closes the gap between two windows, in order; "outside hours" only if it is nothing else."""
        edges = {start.astimezone(UTC)}
        edges.update(edge for each in chain(self._absences, self._holidays) for edge in each[:2] if start < edge < end)
        day = start.astimezone(self._where).date()
        while (midnight := local_day(day := day + timedelta(days=1), self.zone)[0]) < end:
            edges.add(midnight)
        found = list(dict.fromkeys(self.reason(edge) for edge in sorted(edges)))
        return [each for each in found if each.why is not Why.OUTSIDE_HOURS] or found

    # --- rarely run: the table grows ------------------------------------------------------------------

    def _covering(self, low: float, high: float) -> Table:
        """A table that reaches over both; `high` itself included."""
        table = self._table
        return table if table.low <= low and high < table.high else self._compile(low, high)

    def _further(self, table: Table, since: float) -> Table:
        """The table twice as long, unless nothing was open for so long that waiting is a mistake."""
        seen_open = max(since, table.ends[-1]) if table.ends else since
        year = year_of(table.high)
        if year > LAST_YEAR:
            raise CalendarError(f"Business time is known until the end of {LAST_YEAR}; this reaches beyond it.")
        if year - year_of(seen_open) > SEARCH_YEARS:
            raise NoOpenTimeError(
                f"Nothing is open for {year - year_of(seen_open) - 1} years after {moment(seen_open):%Y-%m-%d}: "
                "holidays or absence close this calendar. Correct them."
            )
        return self._compile(table.low, min(2 * table.high - table.low, year_start(LAST_YEAR + 1)) - 1)

    def _compile(self, low: float, high: float) -> Table:
        """Widen the table by the years that hold both. When two threads do it at once, either result is right."""
        first, last = year_of(low), year_of(high)
        if first < FIRST_YEAR or last > LAST_YEAR:
            raise CalendarError(f"Business time is known from {FIRST_YEAR} to {LAST_YEAR}, not for {first} to {last}.")
        low, high = year_start(first), year_start(last + 1)
        if self._table is not NOTHING:
            low, high = min(low, self._table.low), max(high, self._table.high)
        if self._base is None:
            windows = joined(weekly_windows(self.zone, self._week, low, high))
            starts, ends = [start for start, _ in windows], [end for _, end in windows]
        else:
            low, high, shared_starts, shared_ends, _ = self._base._covering(low, high - 1)
            starts, ends = shared_starts.copy(), shared_ends.copy()
        cut(starts, ends, self._closed)
        self._table = Table(low, high, starts, ends, [0, *accumulate(map(sub, ends, starts))])
        return self._table


def _position(table: Table, at: float) -> float:
    """Open time in the table before `at`."""
    i = bisect_right(table.starts, at) - 1
    if i < 0:
        return 0
    upto = table.upto
    into, whole = at - table.starts[i], upto[i + 1] - upto[i]
    return upto[i] + (into if into < whole else whole)


def _instant(table: Table, goal: float) -> datetime:
    """The first instant before which the table has `goal` seconds of open time; it must have as much."""
    i = bisect_left(table.upto, goal - HALF_MICROSECOND) - 1  # noise must not step over the end of a window
    return moment(table.starts[i] + (goal - table.upto[i]))
