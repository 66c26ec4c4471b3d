"""How many hours somebody could work: the working calendar of each day, less public holidays, less approved leave.

*Gross* is the calendar of that day's version of the employee; *net* is what public holidays and validated leave leave
of it. A day on which somebody is not employed is not there at all.

Leave is `hr.leave` in state *validate*, from its first to its last minute: half days and hours come as times, and a
leave over a public holiday or a weekend takes nothing. The personal rows of `resource.calendar.leaves` say the same
and are not read. Public holidays are the rows of `resource.calendar.leaves` without a resource, of the calendar or of
all calendars of the company; times that count as worked (`time_type` other) are none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import repeat
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Q

from integrations.mirror.models import CalendarAttendance, CalendarLeave, Leave, WorkCalendar

from .employment import Span
from .staff import Member, members
from .working_time import Day, Line, Shift, Stretch, Week, day_of, local_stretches, minute_of, shift

__all__ = ["Day", "Days", "by_day", "of_members"]

Days = dict[tuple[int, date], Day]  # (accounts.Person, day)
ZONES_APART = timedelta(days=1)  # what a local day may differ from the same day in UTC


def by_day(person_ids: Collection[int], first: date, last: date) -> Days:
    """(person, day) → its Day, of every day from `first` to `last` on which the person is employed. Eight queries."""
    return of_members(members(person_ids), first, last)


def of_members(staff: Iterable[Member], first: date, last: date) -> Days:
    """The same for people who are already read. Four queries."""
    staff = list(staff)
    reader = _Reader(first, last, _leaves(staff, first, last))
    records: dict[int, list[Member]] = defaultdict(list)
    for member in staff:
        records[member.person_id].append(member)
    found: Days = {}
    for person_id, own in records.items():
        if len(own) == 1:
            reader.of_one(own[0], found)
        else:
            reader.of_several(person_id, own, found)
    return found


Absences = dict[int, list[tuple[datetime, datetime]]]  # employee → from, to


class _Reader:
    """The firm's calendars between two days, each counted once for all who share it."""

    def __init__(self, first: date, last: date, absences: Absences):
        self.first, self.last, self.absences = first, last, absences
        self.dates = [first + timedelta(days=count) for count in range((last - first).days + 1)]
        self.zones, self.weeks = _calendars()
        self.closed = _closed(first, last)
        self.known: dict[tuple[int | None, str, int | None], list[Shift]] = {}
        self.days: dict[tuple[int | None, str, int | None], list[Day]] = {}

    def of_one(self, member: Member, found: Days) -> None:
        for key, start, end in self._parts(member):
            days = zip(repeat(member.person_id), self.dates[start:end], strict=False)
            found.update(zip(days, self.days[key][start:end], strict=True))
        for day, (one, leaves) in self._away(member).items():
            found[member.person_id, day] = day_of([(one, leaves)])

    def of_several(self, person_id: int, own: list[Member], found: Days) -> None:
        shifts: dict[date, list[tuple[Shift, list[Stretch]]]] = defaultdict(list)
        for member in own:
            away = self._away(member)
            for key, start, end in self._parts(member):
                for at in range(start, end):
                    day = self.dates[at]
                    shifts[day].append(away.get(day) or (self.known[key][at], []))
        for day, parts in shifts.items():
            found[person_id, day] = day_of(parts)

    def _parts(self, member: Member) -> Iterable[tuple[tuple[int | None, str, int | None], int, int]]:
        """The key of a calendar and from where to where (the end not included) in `dates` it counts."""
        for span in member.spans():
            start, end = max(span.first, self.first), min(span.last, self.last)
            if start <= end:
                yield self._key(member, span), (start - self.first).days, (end - self.first).days + 1

    def _key(self, member: Member, span: Span) -> tuple[int | None, str, int | None]:
        zone = member.zone or self.zones.get(span.calendar_id or 0, "UTC")
        key = (span.calendar_id, zone, span.company_id or member.company_id)
        if key not in self.known:
            self.known[key] = self._shifts(*key)
            self.days[key] = [one.day for one in self.known[key]]
        return key

    def _shifts(self, calendar_id: int | None, zone: str, company_id: int | None) -> list[Shift]:
        week = self.weeks.get(calendar_id or 0, Week())
        closed: dict[date, list[Stretch]] = defaultdict(list)
        for leave in self.closed:
            if leave.calendar_id in (None, calendar_id) and leave.company_id in (None, company_id):
                for day, stretch in local_stretches(leave.begins, leave.ends, _zone(zone), self.first, self.last):
                    closed[day].append(stretch)
        return [shift(week, day, closed.get(day, ())) for day in self.dates]

    def _away(self, member: Member) -> dict[date, tuple[Shift, list[Stretch]]]:
        found: dict[date, tuple[Shift, list[Stretch]]] = {}
        absences = self.absences.get(member.employee_id, ())
        for key, start, end in self._parts(member) if absences else ():
            zone, first, last = _zone(key[1]), self.dates[start], self.dates[end - 1]
            for begins, ends in absences:
                for day, stretch in local_stretches(begins, ends, zone, first, last):
                    shift_ = self.known[key][(day - self.first).days]
                    found.setdefault(day, (shift_, []))[1].append(stretch)
        return found


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _calendars() -> tuple[dict[int, str], dict[int, Week]]:
    """Calendar → its zone, and its weekly hours. Also of archived ones: the past was worked by them."""
    lines: dict[int, list[Line]] = defaultdict(list)
    for row in CalendarAttendance.objects.live():
        if not row.display_type and row.day_period != "lunch" and row.calendar_id:
            lines[row.calendar_id].append(_line(row))
    rows = WorkCalendar.objects.all()
    weeks = {
        row.pk: Week(
            tuple(lines[row.pk]),
            two_weeks=row.two_weeks_calendar,
            flexible=row.flexible_hours,
            day_min=minute_of(row.hours_per_day),
            week_min=round(row.full_time_required_hours * 60),
        )
        for row in rows
    }
    return {row.pk: row.tz or "UTC" for row in rows}, weeks


def _line(row: CalendarAttendance) -> Line:
    turn = int(row.week_type) if row.week_type in ("0", "1") else None
    return Line(row.dayofweek, minute_of(row.hour_from), minute_of(row.hour_to), turn, row.date_from, row.date_to)


@dataclass(frozen=True)
class _Closure:
    calendar_id: int | None
    company_id: int | None
    begins: datetime
    ends: datetime


def _closed(first: date, last: date) -> list[_Closure]:
    rows = CalendarLeave.objects.live().exclude(time_type="other").filter(_between(first, last))
    return [
        _Closure(row.calendar_id, row.company_id, row.date_from, row.date_to)
        for row in rows.order_by("pk")
        if row.date_from and row.date_to
    ]


def _leaves(staff: Collection[Member], first: date, last: date) -> Absences:
    wanted = {member.employee_id for member in staff}
    rows = Leave.objects.live().filter(_between(first, last), odoo_state="validate", employee_id__in=wanted)
    found: Absences = defaultdict(list)
    for employee, begins, ends in rows.order_by("date_from").values_list("employee_id", "date_from", "date_to"):
        if employee and begins and ends:
            found[employee].append((begins, ends))
    return found


def _between(first: date, last: date) -> Q:
    """Rows that may touch a local day between the two."""
    start = datetime.combine(first, datetime.min.time(), UTC) - ZONES_APART
    end = datetime.combine(last, datetime.max.time(), UTC) + ZONES_APART
    return Q(date_from__lte=end, date_to__gte=start)
