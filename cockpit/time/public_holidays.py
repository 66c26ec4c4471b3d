"""Public holidays of a calendar's country, for years in which Odoo knows none."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

import holidays
from django.db import transaction
from django.db.models import Q

from cockpit.time.calendar import CalendarError, local_day, zone_named
from cockpit.time.models import Calendar, Holiday

COUNTRY = Holiday.Source.COUNTRY


class CountryUnknownError(CalendarError):
    """No public holidays are known for that country; the text names it."""


def public_holidays(country: str, years: Collection[int]) -> list[tuple[date, str]]:
    """The days and their English names; `country` is DE, or DE-BY with its subdivision. Raises CountryUnknownError."""
    code, _, subdivision = country.partition("-")
    try:
        found = holidays.country_holidays(code, subdiv=subdivision or None, years=years, language="en_US")
    except NotImplementedError:
        raise CountryUnknownError(
            f"No public holidays are known for {country!r}; use an ISO code such as DE or DE-BY."
        ) from None
    return sorted((day, name) for day, name in found.items() if day.year in years)


@transaction.atomic
def fill_public_holidays(calendar: Calendar, *, years: Collection[int]) -> int:
    """Keep the calendar's whole-day country holidays of these years in step; returns how many rows changed.

    A year in which Odoo has a holiday for this calendar (or for all) gets none: Odoo's word counts.
    Call `recalendar` afterwards. Raises CountryUnknownError.
    """
    covered = _years_from_odoo(calendar)
    wanted = {}
    if calendar.country:
        for day, name in public_holidays(calendar.country, [year for year in years if year not in covered]):
            wanted[local_day(day, calendar.time_zone)] = name
    mine = Holiday.objects.filter(calendar=calendar, source=COUNTRY)
    stale = []
    for row in mine.filter(_in_years(calendar, years)):
        if wanted.get((row.start_at, row.end_at)) == row.name:
            del wanted[row.start_at, row.end_at]
        else:
            stale.append(row.pk)
    mine.filter(pk__in=stale).delete()
    Holiday.objects.bulk_create(
        Holiday(calendar=calendar, start_at=start, end_at=end, name=name, source=COUNTRY)
        for (start, end), name in wanted.items()
    )
    return len(stale) + len(wanted)


def _years_from_odoo(calendar: Calendar) -> set[int]:
    where = zone_named(calendar.time_zone)
    rows = Holiday.objects.filter(Q(calendar=calendar) | Q(calendar=None), source=Holiday.Source.ODOO)
    return {start.astimezone(where).year for start in rows.values_list("start_at", flat=True)}


def _in_years(calendar: Calendar, years: Collection[int]) -> Q:
    """Rows that start in one of these local years."""
    where = zone_named(calendar.time_zone)
    wanted = Q(pk__in=[])
    for year in years:
        first, last = datetime(year, 1, 1, tzinfo=where), datetime(year + 1, 1, 1, tzinfo=where)
        wanted |= Q(start_at__gte=first, start_at__lt=last)
    return wanted
