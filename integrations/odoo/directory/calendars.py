"""Working calendars with their weekly hours, and the days on which they are closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cockpit import audit
from cockpit.time.models import Attendance, Calendar, Holiday
from cockpit.time.public_holidays import CountryUnknownError, fill_public_holidays
from integrations.mirror.models import CalendarAttendance, CalendarLeave, Company, WorkCalendar

from .difference import Difference, bring_in_line, set_values

ACTOR = "system:directory"
FIRST_WEEK = "0"
Hours = tuple[int, int, int]  # weekday, from minute, to minute


def project(*, at: datetime) -> bool:
    """Calendars with their hours and holidays; whether anything changed that clocks count on."""
    mirrored = {each.odoo_id: each for each in WorkCalendar.objects.live()}
    rows = {each.odoo_id: each for each in Calendar.objects.filter(odoo_id__isnull=False) if each.odoo_id}
    countries = dict(Company.objects.live().values_list("odoo_id", "country_code"))
    wanted = {odoo_id: _values(each, countries) for odoo_id, each in mirrored.items()}
    found = bring_in_line(rows, wanted, Calendar)
    calendars = list(Calendar.objects.filter(odoo_id__in=mirrored))
    hours = _hours(calendars)
    closed = _holidays(calendars, mirrored) | _of_country(calendars, at)
    said: dict[int, dict[str, Any]] = defaultdict(dict)
    for calendar in found.created:
        said[calendar.pk]["created"] = calendar.name
    for calendar, change in found.changed:
        said[calendar.pk] |= {name: [was, now] for name, (was, now) in change.items()}
    for pk in hours:
        said[pk]["hours"] = hours[pk]
    for pk in closed:
        said[pk]["holidays"] = "changed"
    acts = [audit.Act(f"time.calendar:{pk}", "time.calendar.project", data) for pk, data in sorted(said.items())]
    audit.record_all(acts, actor=ACTOR, at=at)
    return bool(acts)


def time_zone(name: str | None) -> str:
    """`name` if it is a time zone, else UTC."""
    try:
        return ZoneInfo(name or "UTC").key
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"


def with_hours() -> dict[int, int]:
    """Odoo's calendar → ours, of calendars that one can count on (a flexible one has no hours)."""
    counted = Attendance.objects.values("calendar")
    rows = Calendar.objects.filter(odoo_id__isnull=False, pk__in=counted).values_list("odoo_id", "pk")
    return {odoo_id: pk for odoo_id, pk in rows if odoo_id is not None}


def _values(mirrored: WorkCalendar, countries: dict[int, str | None]) -> dict[str, Any]:
    return {
        "odoo_id": mirrored.odoo_id,
        "name": (mirrored.name or f"Calendar {mirrored.odoo_id}")[:200],
        "time_zone": time_zone(mirrored.tz),
        "country": countries.get(mirrored.company_id or 0) or "",
    }


def _hours(calendars: Iterable[Calendar]) -> dict[int, list[Hours]]:
    """Put each calendar's weekly hours in line; the new hours of those that changed."""
    by_odoo_id = {each.odoo_id: each for each in calendars}
    wanted: dict[int, set[Hours]] = {each.pk: set() for each in calendars}
    for row in CalendarAttendance.objects.live().filter(calendar_id__in=by_odoo_id):
        if hours := _counted(row):
            wanted[by_odoo_id[row.calendar_id].pk].add(hours)
    known: dict[int, set[Hours]] = {pk: set() for pk in wanted}
    rows = Attendance.objects.filter(calendar__in=known)
    for pk, *stretch in rows.values_list("calendar_id", "weekday", "from_minute", "to_minute"):
        known[pk].add((stretch[0], stretch[1], stretch[2]))
    changed = {pk: sorted(hours) for pk, hours in wanted.items() if hours != known[pk]}
    Attendance.objects.filter(calendar__in=changed).delete()
    Attendance.objects.bulk_create(
        Attendance(calendar_id=pk, weekday=weekday, from_minute=start, to_minute=end)
        for pk, stretches in changed.items()
        for weekday, start, end in stretches
    )
    return changed


def _counted(row: CalendarAttendance) -> Hours | None:
    """Working time: no heading, no lunch; a calendar of two weeks counts with its first."""
    if row.display_type or row.day_period == "lunch" or row.week_type not in (None, FIRST_WEEK):
        return None
    start, end = round(row.hour_from * 60), min(round(row.hour_to * 60), 1440)
    return (row.dayofweek, start, end) if start < end else None


def _holidays(calendars: Iterable[Calendar], mirrored: dict[int, WorkCalendar]) -> set[int]:
    """Put Odoo's closed times on each calendar; the calendars on which something changed."""
    known = {(row.odoo_id, row.calendar_id): row for row in Holiday.objects.filter(odoo_id__isnull=False)}
    wanted = {key: row for row in CalendarLeave.objects.live() for key in _places(row, calendars, mirrored)}
    gone = [row for key, row in known.items() if key not in wanted]
    Holiday.objects.filter(pk__in=[row.pk for row in gone]).delete()
    found: Difference[Holiday] = Difference()
    for (odoo_id, calendar_id), leave in wanted.items():
        values = {"start_at": leave.date_from, "end_at": leave.date_to, "name": (leave.name or "")[:200]}
        row = known.get((odoo_id, calendar_id))
        if row is None:
            found.created.append(Holiday(odoo_id=odoo_id, calendar_id=calendar_id, **values))
        elif change := set_values(row, values):
            found.changed.append((row, change))
    found.write(Holiday)
    return {row.calendar_id for row in [*gone, *found.touched] if row.calendar_id}


def _places(
    leave: CalendarLeave, calendars: Iterable[Calendar], mirrored: dict[int, WorkCalendar]
) -> Iterator[tuple[int, int]]:
    """Where a closed time counts: on its calendar, else on all of its company's and on those that companies share."""
    if leave.date_from is None or leave.date_to is None or leave.date_to < leave.date_from:
        return
    for calendar in calendars:
        of = mirrored[calendar.odoo_id or 0]
        same_company = None in (leave.company_id, of.company_id) or leave.company_id == of.company_id
        if leave.calendar_id == of.odoo_id or (leave.calendar_id is None and same_company):
            yield leave.odoo_id, calendar.pk


def _of_country(calendars: Iterable[Calendar], at: datetime) -> set[int]:
    """Public holidays of this year and the next where Odoo has none; the calendars on which something changed."""
    changed = set()
    for calendar in calendars:
        try:
            if fill_public_holidays(calendar, years=[at.year, at.year + 1]):
                changed.add(calendar.pk)
        except CountryUnknownError:
            continue  # a country without a list of holidays has none here, either
    return changed
