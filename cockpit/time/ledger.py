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
from cockpit.time.words import reason_words, when_words


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


def _lines(segment: Segment, until: datetime, zone: str) -> Iterator[Line]:
    start = segment.start_at
    if segment.kind == Segment.Kind.PAUSED:
        yield Line(start, until, Kind.PAUSED, 0, _("paused: %(cause)s") % {"cause": _(segment.cause)})
        return
    working = compiled(segment.calendar_version.definition)
    said = False
    for opens, closes in [*working.windows(start, until), (until, until)]:
        if start < opens:
            yield Line(start, opens, Kind.CLOSED, 0, _closed(working, start, opens, zone or working.zone))
        if opens < closes:
            text = _("running") if said else _("running: %(cause)s") % {"cause": _(segment.cause)}
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
