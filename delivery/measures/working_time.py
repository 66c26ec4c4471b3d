"""How much of a day is working time, in minutes of the local wall clock. Pure: no database, no clock.

The rules are Odoo's own (`resource.calendar`, version 19): lunch is a break, a calendar of two weeks takes turns by
weeks counted from the first of January of year 1, a flexible one fills its week from Monday around noon. Hours are
wall hours: nine to five is eight hours also on the day on which the clock changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

Stretch = tuple[int, int]  # minutes since local midnight: from, to
DAY_MIN = 1440
NOON = 720


@dataclass(frozen=True)
class Line:
    """Weekly working time from one hour to another. `turn`: 0 or 1 in a calendar of two weeks, None in both."""

    weekday: int
    start: int
    end: int
    turn: int | None = None
    first: date | None = None
    last: date | None = None

    def counts_on(self, day: date, turn: int | None) -> bool:
        return (
            self.weekday == day.weekday()
            and (turn is None or self.turn in (None, turn))
            and (self.first is None or self.first <= day)
            and (self.last is None or day <= self.last)
        )


@dataclass(frozen=True)
class Week:
    """A working calendar. A flexible one has no lines: `day_min` a day until `week_min` are full."""

    lines: tuple[Line, ...] = ()
    two_weeks: bool = False
    flexible: bool = False
    day_min: int = 0
    week_min: int = 0

    def stretches(self, day: date) -> tuple[Stretch, ...]:
        """The working time of a day, in order, without overlaps."""
        if self.flexible:
            left = self.week_min - day.weekday() * self.day_min
            length = max(0, min(self.day_min, left, DAY_MIN))
            return ((NOON - length // 2, NOON - length // 2 + length),) if length else ()
        turn = turn_of(day) if self.two_weeks else None
        return merged((line.start, line.end) for line in self.lines if line.counts_on(day, turn))


@dataclass(frozen=True)
class Day:
    """One person's day: `gross_min` of the calendar, of which a public holiday and then a leave take their part."""

    gross_min: int
    holiday_min: int = 0
    leave_min: int = 0

    @property
    def net_min(self) -> int:
        return self.gross_min - self.holiday_min - self.leave_min

    @cached_property
    def gross_h(self) -> Decimal:
        return hours(self.gross_min)

    @cached_property
    def holiday_h(self) -> Decimal:
        return hours(self.holiday_min)

    @cached_property
    def leave_h(self) -> Decimal:
        return hours(self.leave_min)

    @cached_property
    def net_h(self) -> Decimal:
        return hours(self.net_min)


def hours(minutes: int) -> Decimal:
    return Decimal(minutes) / 60


def turn_of(day: date) -> int:
    """Whose turn it is in a calendar of two weeks; Odoo's `get_week_type`."""
    return (day.toordinal() - 1) // 7 % 2


def minute_of(hour: Decimal | float) -> int:
    """8.5 → 510. Odoo rounds an hour to the minute, too."""
    return min(round(hour * 60), DAY_MIN)


def merged(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    made: list[Stretch] = []
    for start, end in sorted(stretches):
        if start >= end:
            continue
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((start, end))
    return tuple(made)


def without(stretches: Iterable[Stretch], taken: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """What is left of `stretches`."""
    left = list(stretches)
    for start, end in taken:
        parts = [part for a, b in left for part in ((a, min(b, start)), (max(a, end), b))]
        left = [(a, b) for a, b in parts if a < b]
    return tuple(left)


def length(stretches: Iterable[Stretch]) -> int:
    return sum(end - start for start, end in stretches)


def local_stretches(
    start: datetime, end: datetime, zone: ZoneInfo, first: date, last: date
) -> Iterator[tuple[date, Stretch]]:
    """A time as the local wall clock shows it, day by day from `first` to `last`, in whole minutes rounded outward."""
    begins, ends = start.astimezone(zone).replace(tzinfo=None), end.astimezone(zone).replace(tzinfo=None)
    day, final = max(begins.date(), first), min(ends.date(), last)
    while day <= final:
        a = begins.hour * 60 + begins.minute if day == begins.date() else 0
        b = ends.hour * 60 + ends.minute + (ends.second > 0) if day == ends.date() else DAY_MIN
        if a < b:
            yield day, (a, b)
        day += timedelta(days=1)


@dataclass(frozen=True)
class Shift:
    """A calendar's day: its working time, and what public holidays leave `open`."""

    gross: tuple[Stretch, ...]
    open: tuple[Stretch, ...]
    day: Day

    def left_by(self, leaves: Sequence[Stretch]) -> tuple[Stretch, ...]:
        """The net working time of somebody who is away in `leaves`."""
        return without(self.open, leaves)


def shift(week: Week, day: date, closed: Iterable[Stretch] = ()) -> Shift:
    gross = week.stretches(day)
    left = without(gross, closed)
    total = length(gross)
    return Shift(gross, left, Day(total, total - length(left)))


def day_of(shifts: Sequence[tuple[Shift, Sequence[Stretch]]]) -> Day:
    """One human's day from the shifts of each employee record (a human may have one per company) and its leaves.

    Nobody works twice at one time: hours that overlap count once.
    """
    gross = length(merged(part for one, _ in shifts for part in one.gross))
    left = length(merged(part for one, _ in shifts for part in one.open))
    net = length(merged(part for one, leaves in shifts for part in one.left_by(leaves)))
    return Day(gross, gross - left, left - net)
