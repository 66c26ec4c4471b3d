"""The cockpit's own outages: when no sweep came for long, nobody could be warned or asked, so clocks waited meanwhile.

An outage is found by the first sweep after it. What it did to clocks is written then, into the segments that it lies
in; doing so again changes nothing, so a process that dies in the middle is followed by the next sweep.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from cockpit.time.counting import count, worked
from cockpit.time.models import Clock, Heartbeat, Outage, Segment
from cockpit.time.recalendar import write

MISSED = timedelta(minutes=5)  # without a sweep
BATCH = 500
RESUMED = gettext_noop("the cockpit was back")


def beat(*, at: datetime) -> Outage | None:
    """Note that the sweep runs. The outage that this ends, if there was none for more than five minutes."""
    with transaction.atomic():
        Heartbeat.objects.get_or_create(pk=Heartbeat.ONLY, defaults={"at": at})
        last = Heartbeat.objects.select_for_update().get(pk=Heartbeat.ONLY)
        if at <= last.at:
            return None
        since, last.at = last.at, at
        last.save(update_fields=["at"])
        return Outage.objects.create(start_at=since, end_at=at) if at - since > MISSED else None


def unfollowed() -> list[Outage]:
    return list(Outage.objects.filter(followed_at__isnull=True).order_by("pk"))


def let_wait(outage: Outage, prefix: str) -> int:
    """Let the clocks of these subjects that ran have waited in it, in batches; how many have.

    A clock on which somebody acted meanwhile waited until then: it worked for them.
    """
    ran = Segment.objects.filter(_ran_into(outage), clock__subject__startswith=prefix)
    clocks = list(ran.exclude(clock__state=Clock.State.STOPPED).order_by("clock").values_list("clock", flat=True))
    for start in range(0, len(clocks), BATCH):
        with transaction.atomic():
            _cut_out(outage, Clock.objects.filter(pk__in=clocks[start : start + BATCH]))
    return Segment.objects.filter(start_at=outage.start_at, cause=outage.cause).count()


def _ran_into(outage: Outage) -> Q:
    """Segments that ran when it began. Those of which it was cut out end there, so they are not found again."""
    return Q(kind=Segment.Kind.RUNNING, start_at__lte=outage.start_at) & (
        Q(end_at__isnull=True) | Q(end_at__gt=outage.start_at)
    )


def _cut_out(outage: Outage, clocks: QuerySet[Clock]) -> None:
    touched: list[Segment] = []
    locked = list(clocks.select_for_update().order_by("pk"))
    for clock in locked:
        segments = list(clock.segments.select_related("calendar_version").order_by("start_at", "pk"))
        ran = clock.segments.filter(_ran_into(outage)).values_list("pk", flat=True).first()
        place = next((i for i, each in enumerate(segments) if each.pk == ran), None)
        if place is None:
            continue  # another sweep was faster
        parts = _parts(segments[place], outage)
        segments[place : place + 1] = parts
        clock.take(count(segments, goal_s=clock.goal_s, levels=Clock.LEVELS))
        touched += parts
    write(touched, locked)


def _parts(ran: Segment, outage: Outage) -> list[Segment]:
    """The segment until the outage, the waiting, and, where it went on after it, the rest."""
    end_at = ran.end_at
    until = min(end_at or outage.end_at, outage.end_at)
    kept = {"clock_id": ran.clock_id, "calendar_version": ran.calendar_version, "person_id": ran.person_id}
    wait = Segment(kind=Segment.Kind.PAUSED, start_at=outage.start_at, end_at=until, cause=outage.cause, **kept)
    onward = Segment(kind=ran.kind, start_at=until, end_at=end_at, cause=RESUMED, **kept)
    ran.end_at = outage.start_at
    parts = [ran, wait] if until == end_at else [ran, wait, onward]
    for part in parts:
        part.worked = worked(part, part.end_at) if part.end_at else None
    return parts
