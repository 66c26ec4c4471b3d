"""A clock's numbers from its segments and the calendars frozen with them: no database, no "now"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from cockpit.time.calendar import WorkingTime
from cockpit.time.definition import Definition, compiled_as

MICROSECOND = timedelta(microseconds=1)


class Version(Protocol):
    @property
    def definition(self) -> Definition: ...
    @property
    def digest(self) -> str: ...


class Stretch(Protocol):
    """What counts of a segment."""

    @property
    def kind(self) -> str: ...
    @property
    def start_at(self) -> datetime: ...
    @property
    def end_at(self) -> datetime | None: ...
    @property
    def calendar_version(self) -> Version: ...


class Values(NamedTuple):
    """`levels`: per cent → when that much of the goal had (or will have) elapsed; None while that is not in sight."""

    spent: timedelta
    levels: dict[int, datetime | None]

    @property
    def due_at(self) -> datetime | None:
        return self.levels[100]

    def next_at(self, said: int) -> datetime | None:
        """When the first level above `said` is reached."""
        return next((at for level, at in sorted(self.levels.items()) if level > said), None)


def count(segments: Sequence[Stretch], *, goal_s: int, levels: Iterable[int]) -> Values:
    """What these segments (in order) amount to. The last one, if running, is taken to run on: that gives the due date.

    Raises CalendarError when a running segment's calendar can't count.
    """
    goals = {level: timedelta(seconds=goal_s) * level / 100 for level in levels}
    reached: dict[int, datetime | None] = dict.fromkeys(goals)
    spent = timedelta()
    for i, segment in enumerate(segments):
        if segment.kind != "running":
            continue
        length = worked(segment, segment.end_at) if segment.end_at else timedelta()
        for level, goal in goals.items():
            if reached[level] is None and (i == len(segments) - 1 or goal <= spent + length):
                reached[level] = working_time(segment).add(segment.start_at, (goal - spent).total_seconds())
        spent += length
    return Values(spent, reached)


def worked(segment: Stretch, until: datetime) -> timedelta:
    """The segment's business time up to `until`; a pause has none."""
    if segment.kind != "running" or until <= segment.start_at:
        return timedelta()
    return timedelta(seconds=working_time(segment).elapsed(segment.start_at, until))


def working_time(segment: Stretch) -> WorkingTime:
    version = segment.calendar_version
    return compiled_as(version.digest, lambda: version.definition)
