"""When a person's week of timesheets is missing. Pure: no database, no clock.

A week is an ISO week, Monday to Sunday. Expected are the net hours of the person's capacity (working calendar less
public holidays and approved leave, while employed); booked are all hours that were entered for the week. The week is
missing when booked is less than expected by more than the tolerance, once the grace is over: noon on the Monday after
in the person's own zone, or on the first day after that on which the person works again. Only people who record time
are asked: those who entered any in the weeks before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)
LATEST = 14  # days: who is away longer is asked all the same


@dataclass(frozen=True)
class Week:
    """An ISO week by its Monday."""

    monday: date

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def number(self) -> int:
        return self.monday.isocalendar().week

    @property
    def key(self) -> str:
        """`2026-W46`."""
        year, week, _day = self.monday.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=number) for number in range(7)]

    @classmethod
    def of(cls, day: date) -> Week:
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def named(cls, key: str) -> Week:
        year, _sep, week = key.partition("-W")
        return cls(date.fromisocalendar(int(year), int(week), 1))


@dataclass(frozen=True)
class PersonWeek:
    """Hours of one person in one week."""

    expected_h: Decimal
    booked_h: Decimal

    @property
    def missing_h(self) -> Decimal:
        return max(self.expected_h - self.booked_h, Decimal(0))

    def is_missing(self, tolerance_h: Decimal) -> bool:
        return self.missing_h > tolerance_h


def ended_weeks(at: datetime, zone: ZoneInfo, look_back: int) -> list[Week]:
    """The last `look_back` weeks that are over in `zone`, oldest first."""
    this = Week.of(at.astimezone(zone).date())
    return [Week(this.monday - number * WEEK) for number in range(look_back, 0, -1)]


def grace_ends(week: Week, zone: ZoneInfo, hour: int, net_h: Mapping[date, Decimal]) -> datetime:
    """From when `week` is asked for: `hour` o'clock, local wall time, of the first working day after it."""
    after = week.monday + WEEK
    days = (after + timedelta(days=number) for number in range(LATEST))
    day = next((one for one in days if net_h.get(one, Decimal(0)) > 0), after)
    return datetime.combine(day, time(hour), zone)


def at_risk(missing_h: Decimal, rate: Decimal | None) -> Decimal | None:
    """Missing hours at the person's usual rate, to the cent; None where no rate is known: it is never invented."""
    return None if rate is None else (missing_h * rate).quantize(Decimal("0.01"))


def severity(missing_h: Decimal, expected_h: Decimal, weeks_old: int) -> str:
    """High once a whole week is missing and the next one is over, too; low when it is less than a fifth."""
    if missing_h < expected_h / 5:
        return "low"
    return "high" if weeks_old > 1 and missing_h >= expected_h * 4 / 5 else "medium"
