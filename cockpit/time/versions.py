"""Freezing calendars: what a segment counted on is kept, so that it can be recomputed for ever."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from cockpit.time.calendar import Closure, Hours
from cockpit.time.definition import Definition, define, digest_of
from cockpit.time.models import Absence, Attendance, Calendar, CalendarVersion, Holiday

Pair = tuple[int, int | None]  # calendar, person


def definitions(pairs: Collection[Pair]) -> dict[Pair, Definition]:
    """Each calendar as its rows are now, with that person's absence; four queries for any number of pairs."""
    calendars = {calendar for calendar, _ in pairs}
    persons = {person for _, person in pairs if person is not None}
    zones = dict(Calendar.objects.filter(pk__in=calendars).values_list("pk", "time_zone"))
    rows = Attendance.objects.filter(calendar__in=calendars)
    hours = _grouped(Hours, rows.values_list("calendar_id", "weekday", "from_minute", "to_minute"))
    closed = Holiday.objects.filter(Q(calendar__in=calendars) | Q(calendar=None))
    holidays = _grouped(Closure, closed.values_list("calendar_id", "start_at", "end_at", "name"))
    away = Absence.objects.filter(person_id__in=persons)
    absences = _grouped(Closure, away.values_list("person_id", "start_at", "end_at"))
    return {
        (calendar, person): define(
            zones[calendar], hours[calendar], holidays[calendar] + holidays[None], absences[person]
        )
        for calendar, person in pairs
    }


def freeze(calendar: Calendar, *, person_id: int | None = None, at: datetime) -> CalendarVersion:
    """The version that equals the calendar's rows, kept from now on if it is new."""
    pair = (calendar.pk, person_id)
    return keep(definitions([pair]), at=at)[pair]


def keep(now: Mapping[Pair, Definition], *, at: datetime) -> dict[Pair, CalendarVersion]:
    """A version for each definition; equal definitions of a calendar share one."""
    digests = {pair: digest_of(definition) for pair, definition in now.items()}
    wanted = Q(pk__in=[])
    for calendar, digest in {(pair[0], digest) for pair, digest in digests.items()}:
        wanted |= Q(calendar=calendar, digest=digest)
    known = {(each.calendar_id, each.digest): each for each in CalendarVersion.objects.filter(wanted)}
    missing = {
        (pair[0], digest): CalendarVersion(calendar_id=pair[0], digest=digest, definition=now[pair], known_at=at)
        for pair, digest in digests.items()
        if (pair[0], digest) not in known
    }
    if missing:  # somebody else may freeze the same at once
        CalendarVersion.objects.bulk_create(missing.values(), ignore_conflicts=True)
        known = {(each.calendar_id, each.digest): each for each in CalendarVersion.objects.filter(wanted)}
    return {pair: known[pair[0], digest] for pair, digest in digests.items()}


def number_changes() -> None:
    """Raise `Calendar.version` of each calendar whose hours or holidays differ from when it was last looked at."""
    calendars = list(Calendar.objects.select_for_update(skip_locked=True).order_by("pk"))
    now = definitions([(calendar.pk, None) for calendar in calendars])
    changed = []
    for calendar in calendars:
        digest = digest_of(now[calendar.pk, None])
        if calendar.digest != digest:
            calendar.version += 1 if calendar.digest else 0
            calendar.digest = digest
            changed.append(calendar)
    Calendar.objects.bulk_update(changed, ["version", "digest"], batch_size=500)


def _grouped(shape: type, rows: Any) -> defaultdict[int | None, list]:
    groups = defaultdict(list)
    for key, *values in rows:
        groups[key].append(shape(*values))
    return groups
