"""What an act on clocks reads first and writes last: few statements, as many for a thousand clocks as for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from cockpit.time.counting import Values, count, worked
from cockpit.time.models import CalendarVersion, Clock, Segment

CLOSE = """
    UPDATE time_segment s SET end_at = n.end_at, worked = n.worked
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::interval[]) AS n(id, end_at, worked) WHERE s.id = n.id
"""
OPEN = """
    INSERT INTO time_segment (clock_id, kind, start_at, cause, calendar_version_id, person_id)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[], %s::bigint[], %s::bigint[])
    RETURNING id
"""
STORE = """
    UPDATE time_clock c SET state = n.state, spent = n.spent, due_at = n.due_at, next_at = n.next_at,
        warned_level = n.warned_level, breached_at = n.breached_at, stopped_at = n.stopped_at,
        calendar_id = n.calendar_id, person_id = n.person_id
    FROM unnest(%s::bigint[], %s::text[], %s::interval[], %s::timestamptz[], %s::timestamptz[], %s::smallint[],
                %s::timestamptz[], %s::timestamptz[], %s::bigint[], %s::bigint[])
        AS n(id, state, spent, due_at, next_at, warned_level, breached_at, stopped_at, calendar_id, person_id)
    WHERE c.id = n.id
"""
STORED = ("pk", "state", "spent", "due_at", "next_at", "warned_level", "breached_at", "stopped_at", "calendar_id",
          "person_id")  # fmt: skip


@dataclass
class Held:
    """A locked clock with its segments in order."""

    clock: Clock
    segments: list[Segment]

    @property
    def last(self) -> Segment:
        return self.segments[-1]

    @property
    def values(self) -> Values:
        return count(self.segments, goal_s=self.clock.goal_s, levels=Clock.LEVELS)

    def close(self, at: datetime) -> None:
        """End the open segment; `open` the next, or stop the clock."""
        self.last.end_at, self.last.worked = at, worked(self.last, at)

    def open(self, kind: str, *, cause: str, version: CalendarVersion, at: datetime) -> None:
        if not cause:
            raise ValueError(f"Say why the clock of {self.clock} is {kind}: the ledger shows it.")
        new = Segment(
            clock_id=self.clock.pk, kind=kind, start_at=at, cause=cause, calendar_version=version,
            person_id=self.clock.person_id,
        )  # fmt: skip
        self.segments.append(new)


def hold(clocks: QuerySet[Clock]) -> list[Held]:
    """Lock these clocks, in the order of their keys, and read what they are made of."""
    locked = list(clocks.order_by("pk").select_for_update(of=("self",)))
    segments: dict[int, list[Segment]] = defaultdict(list)
    if locked:
        rows = Segment.objects.filter(clock__in=[clock.pk for clock in locked]).order_by("start_at", "pk")
        for segment in rows.select_related("calendar_version").defer("calendar_version__definition"):
            segments[segment.clock_id].append(segment)
    return [Held(clock, segments[clock.pk]) for clock in locked]


def store(held: Iterable[Held], *, closed: bool = True) -> None:
    """Write what the segments say onto the clocks. `closed`: segments were closed, and perhaps new ones opened."""
    held = list(held)
    if not held:
        return
    for each in held:
        each.clock.take(each.values)
    new = [segment for each in held for segment in each.segments if segment.pk is None]
    with connection.cursor() as cursor:
        if closed:
            done = [next(one for one in reversed(each.segments) if one.pk is not None) for each in held]
            cursor.execute(
                CLOSE, [[one.pk for one in done], [one.end_at for one in done], [one.worked for one in done]]
            )
        if new:
            names = ("clock_id", "kind", "start_at", "cause", "calendar_version_id", "person_id")
            cursor.execute(OPEN, [[getattr(segment, name) for segment in new] for name in names])
            for segment, (pk,) in zip(new, cursor.fetchall(), strict=True):
                segment.pk = pk
        cursor.execute(STORE, [[getattr(each.clock, name) for each in held] for name in STORED])
