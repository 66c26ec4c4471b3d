"""Clocks: the only way to start, pause, resume, hand over and stop them. Every act first locks the clock's row."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from cockpit.time.calendar import CalendarError
from cockpit.time.counting import Values, count, worked
from cockpit.time.definition import compiled
from cockpit.time.ledger import Line, ledger
from cockpit.time.models import Calendar, CalendarVersion, Clock, Segment
from cockpit.time.recalendar import Recalendared, recalendar
from cockpit.time.versions import freeze

__all__ = [
    "ClockStateError",
    "ClockTimeError",
    "Line",
    "Recalendared",
    "check_calendar",
    "due",
    "elapsed",
    "hand_over",
    "ledger",
    "pause",
    "reach",
    "recalendar",
    "recompute",
    "resume",
    "start_clock",
    "stop",
    "values",
]

SKEW = timedelta(minutes=1)  # by which the times of two acts may be the wrong way round
Kind, State = Segment.Kind, Clock.State


class ClockStateError(Exception):
    """The clock is not in a state that allows this; the text says which state it is in."""


class ClockTimeError(ValueError):
    """An act on a clock was dated before the last one."""


@transaction.atomic
def start_clock(
    subject: str,
    *,
    calendar: Calendar,
    goal_s: int,
    at: datetime,
    name: str = "",
    person_id: int | None = None,
    cause: str = gettext_noop("started"),
) -> Clock:
    """A running clock with `goal_s` seconds of business time; `due_at` is stored. One open clock per subject and name.

    Raises CalendarEmptyError or NoOpenTimeError when the calendar can't count, ValueError unless `goal_s` is positive.
    """
    if goal_s <= 0:
        raise ValueError(f"A clock needs a goal of at least one second, not {goal_s}.")
    version = freeze(calendar, person_id=person_id, at=at)
    clock = Clock.objects.create(
        subject=subject, name=name, goal_s=goal_s, calendar=calendar, person_id=person_id, started_at=at
    )
    _open(clock, Kind.RUNNING, cause=cause, version=version, at=at)
    return _store(clock)


@transaction.atomic
def pause(clock: Clock, *, cause: str, at: datetime) -> Clock:
    """Stop counting until `resume`; `cause` in words ("waiting on Ben: PO number missing"). Raises ClockStateError."""
    locked, segment, at = _lock(clock, "pause", at)
    locked.state = State.PAUSED
    _close(segment, at)
    _open(locked, Kind.PAUSED, cause=cause, version=segment.calendar_version, at=at)
    return _store(locked, into=clock)


@transaction.atomic
def resume(clock: Clock, *, at: datetime, cause: str = gettext_noop("resumed")) -> Clock:
    """Count again, on the calendar as it is known now (as it was, if nothing can be counted on it any more).

    Raises ClockStateError unless it is paused.
    """
    locked, segment, at = _lock(clock, "resume", at)
    locked.state = State.RUNNING
    _close(segment, at)
    version = freeze(locked.calendar, person_id=locked.person_id, at=at)
    try:
        compiled(version.definition).add(at, locked.goal_s)
    except CalendarError:
        version = segment.calendar_version
    _open(locked, Kind.RUNNING, cause=cause, version=version, at=at)
    return _store(locked, into=clock)


@transaction.atomic
def stop(clock: Clock, *, at: datetime) -> Clock:
    """End the clock; it is breached if its goal had elapsed. Raises ClockStateError."""
    locked, segment, at = _lock(clock, "stop", at)
    locked.state, locked.stopped_at = State.STOPPED, at
    _close(segment, at)
    if locked.due_at and locked.due_at <= at:
        locked.breached_at = locked.due_at
    return _store(locked, into=clock)


@transaction.atomic
def hand_over(
    clock: Clock,
    *,
    calendar: Calendar,
    at: datetime,
    person_id: int | None = None,
    cause: str = gettext_noop("handed over"),
) -> Clock:
    """From `at` on another calendar counts: the person's once somebody claimed, the unit's when it was given back.

    Raises ClockStateError when it is stopped, CalendarEmptyError or NoOpenTimeError when that calendar can't count.
    """
    locked, segment, at = _lock(clock, "hand over", at)
    locked.calendar, locked.person_id = calendar, person_id
    if locked.state == State.RUNNING:
        _close(segment, at)
        _open(locked, Kind.RUNNING, cause=cause, version=freeze(calendar, person_id=person_id, at=at), at=at)
    return _store(locked, into=clock)


def due(at: datetime, limit: int = 200) -> list[Clock]:
    """Running clocks that reached a level not said yet, the longest waiting first; pass each to `reach`."""
    return list(Clock.objects.due(at)[:limit])


@transaction.atomic
def reach(clock: Clock, *, at: datetime) -> int | None:
    """The highest level (50, 80, 100 or 150 %) that the clock has newly reached, else None: each is said once.

    100 also sets `breached_at`: the moment when the goal had elapsed.
    """
    locked = Clock.objects.select_for_update().get(pk=clock.pk)
    if locked.state != State.RUNNING or locked.next_at is None or locked.next_at > at:
        _copy(locked, clock)
        return None
    level = max(level for level, when in values(locked).levels.items() if when is not None and when <= at)
    locked.warned_level = level
    if level >= Clock.WHOLE and locked.breached_at is None:
        locked.breached_at = locked.due_at
    _store(locked, into=clock)
    return level


def values(clock: Clock) -> Values:
    """What the clock's segments and their frozen calendars say; of the clock itself it reads nothing but the goal."""
    return count(_segments(clock), goal_s=clock.goal_s, levels=Clock.LEVELS)


def elapsed(clock: Clock, at: datetime) -> float:
    """Business seconds counted until `at`, also for an `at` in the past."""
    total = sum((worked(each, min(each.end_at or at, at)) for each in _segments(clock)), timedelta())
    return total.total_seconds()


@transaction.atomic
def recompute(clock: Clock) -> float:
    """Compute what is stored anew from the segments and store it; the business seconds of the closed segments."""
    locked = Clock.objects.select_for_update().get(pk=clock.pk)
    for segment in _segments(locked):
        if segment.end_at:
            _close(segment, segment.end_at)
    _store(locked, into=clock)
    return locked.spent.total_seconds()


def check_calendar(calendar: Calendar, *, at: datetime, person_id: int | None = None) -> str:
    """Why no time can be counted on this calendar from `at`, in a sentence; empty when it can."""
    try:
        compiled(freeze(calendar, person_id=person_id, at=at).definition).next_open(at)
    except CalendarError as problem:
        return str(problem)
    return ""


# --- the parts ------------------------------------------------------------------------------------


def _lock(clock: Clock, action: str, at: datetime) -> tuple[Clock, Segment, datetime]:
    """The clock's locked row, its open segment, and the time that counts, if `action` is allowed then.

    Who waited for the lock may have taken their time before whoever was let in first: then the act follows at once.
    """
    locked = Clock.objects.select_for_update(of=("self",)).select_related("calendar").get(pk=clock.pk)
    if locked.state not in Clock.TRANSITIONS[action][0]:
        raise ClockStateError(f"Can't {action} the clock of {locked}: it is {locked.get_state_display()}.")
    segment = locked.segments.select_related("calendar_version").get(end_at__isnull=True)
    if at < segment.start_at - SKEW:
        raise ClockTimeError(f"Can't {action} the clock of {locked} at {at}: its last act was at {segment.start_at}.")
    return locked, segment, max(at, segment.start_at)


def _segments(clock: Clock) -> list[Segment]:
    return list(clock.segments.select_related("calendar_version").order_by("start_at", "pk"))


def _open(clock: Clock, kind: str, *, cause: str, version: CalendarVersion, at: datetime) -> None:
    if not cause:
        raise ValueError(f"Say why the clock of {clock} is {kind}: the ledger shows it.")
    compiled(version.definition)  # one without hours is refused also when nothing is left to count
    Segment.objects.create(
        clock=clock, kind=kind, start_at=at, cause=cause, calendar_version=version, person_id=clock.person_id
    )


def _close(segment: Segment, at: datetime) -> None:
    segment.end_at, segment.worked = at, worked(segment, at)
    segment.save(update_fields=["end_at", "worked"])


def _store(clock: Clock, into: Clock | None = None) -> Clock:
    """Write what the segments say onto the clock, and onto the caller's copy."""
    clock.take(values(clock))
    clock.save()
    return _copy(clock, into) if into is not None else clock


def _copy(clock: Clock, into: Clock) -> Clock:
    for field in Clock._meta.concrete_fields:
        setattr(into, field.attname, getattr(clock, field.attname))
    return into
