"""The account of a clock's time, line by line: what counted, what did not, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext as _

from cockpit.time.calendar import NoOpenTimeError, WorkingTime
from cockpit.time.definition import compiled
from cockpit.time.models import Clock, Segment
from cockpit.time.words import cause_words, reason_words, when_words


class Kind(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"


class Line(NamedTuple):
    """`seconds` is the business time of this line: their sum is what the clock has counted."""

    start: datetime
    end: datetime
    kind: Kind
    seconds: float
    text: str


def ledger(clock: Clock, at: datetime, *, zone: str = "") -> list[Line]:
    """Every stretch until `at` (or the clock's stop), in UTC; weekdays and hours in the texts are those of `zone`.

    Without a zone each text uses that of the calendar which counted.
    """
    segments = clock.segments.select_related("calendar_version").filter(start_at__lt=at).order_by("start_at", "pk")
    return [line for segment in segments for line in _lines(segment, min(segment.end_at or at, at), zone)]


def standing(clock: Clock, at: datetime, *, zone: str = "") -> str:
    """What the clock does at this moment, since when and until when: "paused since Fri 17:00: weekend; resumes Mon
    09:00". Empty once it has stopped.
    """
    found = clock.segments.select_related("calendar_version").filter(start_at__lte=at).order_by("start_at", "pk")
    segment = found.last()
    if segment is None or clock.stopped_at is not None:
        return ""
    working = compiled(segment.calendar_version.definition)
    where = zone or working.zone
    if segment.kind == Segment.Kind.RUNNING and not working.is_open(at):
        return _standing_closed(working, segment.start_at, at, where)
    said = {"when": when_words(segment.start_at, at, where), "cause": cause_words(segment.cause)}
    if segment.kind == Segment.Kind.PAUSED:
        return _("paused since %(when)s: %(cause)s") % said
    return _("running since %(when)s: %(cause)s") % said


def _standing_closed(working: WorkingTime, since: datetime, at: datetime, zone: str) -> str:
    """Since it closed last, or since the clock counts on this calendar."""
    windows = working.windows(since, at)
    start = windows[-1][1] if windows else since
    try:
        opens = working.next_open(at)
    except NoOpenTimeError:
        return _("paused since %(since)s: %(why)s") % {
            "since": when_words(start, at, zone),
            "why": reason_words(working.reasons(start, at)),
        }
    return _("paused since %(since)s: %(why)s; resumes %(when)s") % {
        "since": when_words(start, at, zone),
        "why": reason_words(working.reasons(start, opens)),
        "when": when_words(opens, at, zone),
    }


def _lines(segment: Segment, until: datetime, zone: str) -> Iterator[Line]:
    start = segment.start_at
    if segment.kind == Segment.Kind.PAUSED:
        yield Line(start, until, Kind.PAUSED, 0, _("paused: %(cause)s") % {"cause": cause_words(segment.cause)})
        return
    working = compiled(segment.calendar_version.definition)
    said = False
    for opens, closes in [*working.windows(start, until), (until, until)]:
        if start < opens:
            yield Line(start, opens, Kind.CLOSED, 0, _closed(working, start, opens, zone or working.zone))
        if opens < closes:
            text = _("running") if said else _("running: %(cause)s") % {"cause": cause_words(segment.cause)}
            yield Line(opens, closes, Kind.RUNNING, (closes - opens).total_seconds(), text)
            said = True
        start = closes


def _closed(working: WorkingTime, start: datetime, end: datetime, zone: str) -> str:
    """ "closed: weekend until Mon 09:00", also while that Monday is still to come."""
    try:
        opens = working.next_open(end)
    except NoOpenTimeError:
        return _("closed: %(why)s") % {"why": reason_words(working.reasons(start, end))}
    why = reason_words(working.reasons(start.astimezone(UTC), opens))
    return _("closed: %(why)s until %(when)s") % {"why": why, "when": when_words(opens, start, zone)}
