"""Clocks: the only way to start, pause, resume, hand over and stop them. Every act first locks the clock's row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from cockpit.time.calendar import CalendarError
from cockpit.time.counting import Values, count, worked
from cockpit.time.definition import compiled
from cockpit.time.holding import Held, hold, store
from cockpit.time.ledger import Line, ledger, standing
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
    "pause_all",
    "reach",
    "reach_all",
    "recalendar",
    "recompute",
    "resume",
    "standing",
    "start_clock",
    "stop",
    "stop_all",
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
    held = Held(clock, [])
    _open(held, Kind.RUNNING, cause=cause, version=version, at=at)
    store([held], closed=False)
    return clock


@transaction.atomic
def pause(clock: Clock, *, cause: str, at: datetime) -> Clock:
    """Stop counting until `resume`; `cause` in words ("waiting on Ben: PO number missing"). Raises ClockStateError."""
    held, at = _lock(clock, "pause", at)
    _pause(held, cause=cause, at=at)
    store([held])
    return _copy(held.clock, clock)


@transaction.atomic(savepoint=False)
def pause_all(subjects: Iterable[str], *, cause: str, at: datetime) -> list[Clock]:
    """Pause what runs of these subjects, with as many statements as for one; the clocks that were running."""
    found = hold(Clock.objects.filter(subject__in=list(subjects), state=State.RUNNING))
    for held in found:
        _pause(held, cause=cause, at=_allowed(held, "pause", at))
    store(found)
    return [held.clock for held in found]


@transaction.atomic
def resume(clock: Clock, *, at: datetime, cause: str = gettext_noop("resumed")) -> Clock:
    """Count again, on the calendar as it is known now (as it was, if nothing can be counted on it any more).

    Raises ClockStateError unless it is paused.
    """
    held, at = _lock(clock, "resume", at)
    locked = held.clock
    locked.state = State.RUNNING
    held.close(at)
    version = freeze(locked.calendar, person_id=locked.person_id, at=at)
    try:
        compiled(version.definition).add(at, locked.goal_s)
    except CalendarError:
        version = held.last.calendar_version
    _open(held, Kind.RUNNING, cause=cause, version=version, at=at)
    store([held])
    return _copy(locked, clock)


@transaction.atomic
def stop(clock: Clock, *, at: datetime) -> Clock:
    """End the clock; it is breached if its goal had elapsed. Raises ClockStateError."""
    held, at = _lock(clock, "stop", at)
    _stop(held, at=at)
    store([held])
    return _copy(held.clock, clock)


@transaction.atomic(savepoint=False)
def stop_all(subjects: Iterable[str], *, at: datetime) -> list[Clock]:
    """End what has not ended of these subjects, with as many statements as for one; the clocks that had not."""
    found = hold(Clock.objects.filter(subject__in=list(subjects)).exclude(state=State.STOPPED))
    for held in found:
        _stop(held, at=_allowed(held, "stop", at))
    store(found)
    return [held.clock for held in found]


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
    held, at = _lock(clock, "hand over", at)
    locked = held.clock
    locked.calendar, locked.person_id = calendar, person_id
    runs = locked.state == State.RUNNING
    if runs:
        held.close(at)
        _open(held, Kind.RUNNING, cause=cause, version=freeze(calendar, person_id=person_id, at=at), at=at)
    store([held], closed=runs)
    return _copy(locked, clock)


def due(at: datetime, limit: int = 200) -> list[Clock]:
    """Running clocks that reached a level not said yet, the longest waiting first; pass them to `reach_all`."""
    return list(Clock.objects.due(at)[:limit])


@transaction.atomic
def reach(clock: Clock, *, at: datetime) -> int | None:
    """The highest level (50, 80, 100 or 150 %) that the clock has newly reached, else None: each is said once.

    100 also sets `breached_at`: the moment when the goal had elapsed.
    """
    found = hold(Clock.objects.filter(pk=clock.pk))
    level = _reach(found[0], at=at) if found else None
    if level is not None:
        store(found, closed=False)
    if found:
        _copy(found[0].clock, clock)
    return level


@transaction.atomic(savepoint=False)
def reach_all(clocks: Iterable[Clock], *, at: datetime) -> dict[int, int]:
    """`reach` for many, with as many statements as for one: key of the clock → the level that it has newly reached."""
    found = hold(Clock.objects.filter(pk__in=[clock.pk for clock in clocks], state=State.RUNNING, next_at__lte=at))
    levels = {held.clock.pk: level for held in found if (level := _reach(held, at=at)) is not None}
    store((held for held in found if held.clock.pk in levels), closed=False)
    return levels


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
    [held] = hold(Clock.objects.filter(pk=clock.pk))
    for segment in held.segments:
        if segment.end_at:
            segment.worked = worked(segment, segment.end_at)
            segment.save(update_fields=["worked"])
    store([held], closed=False)
    return _copy(held.clock, clock).spent.total_seconds()


def check_calendar(calendar: Calendar, *, at: datetime, person_id: int | None = None) -> str:
    """Why no time can be counted on this calendar from `at`, in a sentence; empty when it can."""
    try:
        compiled(freeze(calendar, person_id=person_id, at=at).definition).next_open(at)
    except CalendarError as problem:
        return str(problem)
    return ""


# --- the parts ------------------------------------------------------------------------------------


def _lock(clock: Clock, action: str, at: datetime) -> tuple[Held, datetime]:
    """The clock, locked, and the time that counts, if `action` is allowed then."""
    found = hold(Clock.objects.filter(pk=clock.pk))
    if not found:
        raise Clock.DoesNotExist(f"There is no clock {clock.pk} any more.")
    return found[0], _allowed(found[0], action, at)


def _allowed(held: Held, action: str, at: datetime) -> datetime:
    """The time that counts. Raises ClockStateError or ClockTimeError.

    Who waited for the lock may have taken their time before whoever was let in first: then the act follows at once.
    """
    locked = held.clock
    if locked.state not in Clock.TRANSITIONS[action][0]:
        raise ClockStateError(f"Can't {action} the clock of {locked}: it is {locked.get_state_display()}.")
    begun = held.last.start_at
    if at < begun - SKEW:
        raise ClockTimeError(f"Can't {action} the clock of {locked} at {at}: its last act was at {begun}.")
    return max(at, begun)


def _pause(held: Held, *, cause: str, at: datetime) -> None:
    held.clock.state = State.PAUSED
    held.close(at)
    held.open(Kind.PAUSED, cause=cause, version=held.last.calendar_version, at=at)


def _stop(held: Held, *, at: datetime) -> None:
    clock = held.clock
    clock.state, clock.stopped_at = State.STOPPED, at
    held.close(at)
    if clock.due_at and clock.due_at <= at:
        clock.breached_at = clock.due_at


def _reach(held: Held, *, at: datetime) -> int | None:
    clock = held.clock
    if clock.state != State.RUNNING or clock.next_at is None or clock.next_at > at:
        return None
    reached = held.values
    level = max(level for level, when in reached.levels.items() if when is not None and when <= at)
    clock.warned_level = level
    if level >= Clock.WHOLE and clock.breached_at is None:
        clock.breached_at = clock.due_at
    return level


def _segments(clock: Clock) -> list[Segment]:
    return list(clock.segments.select_related("calendar_version").order_by("start_at", "pk"))


def _open(held: Held, kind: str, *, cause: str, version: CalendarVersion, at: datetime) -> None:
    compiled(version.definition)  # one without hours is refused also when nothing is left to count
    held.open(kind, cause=cause, version=version, at=at)


def _copy(clock: Clock, into: Clock) -> Clock:
    for field in Clock._meta.concrete_fields:
        setattr(into, field.attname, getattr(clock, field.attname))
    return into
