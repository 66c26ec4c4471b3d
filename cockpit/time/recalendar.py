"""A calendar change acts on running clocks from when it is known, never backwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from cockpit.time.calendar import CalendarError
from cockpit.time.counting import count, worked
from cockpit.time.definition import Definition, compiled, digest_of
from cockpit.time.models import CalendarVersion, Clock, Segment
from cockpit.time.versions import Pair, definitions, keep, number_changes

BATCH = 500
CAUSE = gettext_noop("calendar changed")


class Recalendared(NamedTuple):
    """`clocks`: those that now count on another version, with their new due dates. `unusable`: (calendar, person) → why
    nothing can be counted on it as it is now; those clocks go on as before. `left`: clocks that somebody was acting on
    while this ran inside a transaction; the next call takes them.
    """

    clocks: list[Clock]
    unusable: dict[Pair, str]
    left: set[int]


def recalendar(*, at: datetime) -> Recalendared:
    """Split each running segment at `at` whose calendar, or its person's absence, is no longer what was frozen with it.

    Looks at the state, so it may be called after every change and as often as you like; nothing changed, nothing done.
    Outside of a transaction it commits in batches and leaves nothing.
    """
    with transaction.atomic():
        number_changes()
    stale, now = _stale()
    unusable = {pair: problem for pair in now if (problem := _problem(now[pair]))}
    versions = keep({pair: now[pair] for pair in now if pair not in unusable}, at=at)
    changed: list[Clock] = []
    busy: set[int] = set()
    for start in range(0, len(stale), BATCH):
        batch = stale[start : start + BATCH]
        with transaction.atomic():
            # To wait while many rows are locked could lock up with an act that needs two clocks …
            clocks = list(Clock.objects.select_for_update(skip_locked=True).filter(pk__in=batch).order_by("pk"))
            changed += _split(clocks, versions, unusable, at)
        busy |= set(batch) - {clock.pk for clock in clocks}
    if connection.in_atomic_block:
        return Recalendared(changed, unusable, busy)
    for pk in sorted(busy):
        with transaction.atomic():  # … and for one row it can't
            changed += _split(list(Clock.objects.select_for_update().filter(pk=pk)), versions, unusable, at)
    return Recalendared(changed, unusable, set())


def _stale() -> tuple[list[int], dict[Pair, Definition]]:
    """The running clocks that count on something outdated, and what they should count on now."""
    running = Segment.objects.filter(end_at=None, kind=Segment.Kind.RUNNING).order_by("clock_id")
    rows = list(running.values_list("clock_id", "clock__calendar_id", "clock__person_id", "calendar_version__digest"))
    now = definitions({(calendar, person) for _, calendar, person, _ in rows})
    fresh = {pair: digest_of(definition) for pair, definition in now.items()}
    stale = {clock: (calendar, person) for clock, calendar, person, kept in rows if kept != fresh[calendar, person]}
    return list(stale), {pair: now[pair] for pair in stale.values()}


def _problem(definition: Definition) -> str:
    try:
        compiled(definition)
    except CalendarError as problem:
        return str(problem)
    return ""


def _split(
    clocks: list[Clock], versions: dict[Pair, CalendarVersion], unusable: dict[Pair, str], at: datetime
) -> list[Clock]:
    """The clocks that go on with another version; adds to `unusable` where no due date can be found."""
    segments = defaultdict(list)
    for segment in Segment.objects.filter(clock__in=clocks).select_related("calendar_version"):
        segments[segment.clock_id].append(segment)
    changed, touched = [], []
    for clock in clocks:
        version = versions.get(pair := (clock.calendar_id, clock.person_id))
        if version is None or clock.state != Clock.State.RUNNING:
            continue  # unusable, or acted on since we looked: that act froze what is known now
        try:
            touched += _continue_on(version, clock, segments[clock.pk], at)
            changed.append(clock)
        except CalendarError as problem:
            unusable[pair] = str(problem)
    write(touched, changed)
    return changed


def _continue_on(version: CalendarVersion, clock: Clock, segments: list[Segment], at: datetime) -> list[Segment]:
    """Give the clock its new values; the segments to write. Raises CalendarError, then nothing must be written."""
    last = segments[-1]
    if last.start_at >= at:  # nothing has been counted on it
        last.calendar_version, last.person_id = version, clock.person_id
        clock.take(count(segments, goal_s=clock.goal_s, levels=Clock.LEVELS))
        return [last]
    last.end_at, last.worked = at, worked(last, at)
    onward = Segment(
        clock=clock, kind=last.kind, start_at=at, cause=CAUSE, calendar_version=version, person_id=clock.person_id
    )
    clock.take(count([*segments, onward], goal_s=clock.goal_s, levels=Clock.LEVELS))
    return [last, onward]


def write(segments: Iterable[Segment], clocks: list[Clock]) -> None:
    """Segments that were changed, then those that are new, so that none overlap in between; and the clocks."""
    segments = list(segments)
    known = [segment for segment in segments if segment.pk is not None]
    Segment.objects.bulk_update(known, ["end_at", "worked", "calendar_version", "person_id"])
    Segment.objects.bulk_create(segment for segment in segments if segment.pk is None)
    Clock.objects.bulk_update(clocks, ["spent", "due_at", "next_at"])
