"""The clock from asking to deciding: a request's own, which no hand-over and no further round sets back.

It counts on the unit's calendar whoever has the request, the requester too; steps' clocks say who took how much.
"""

from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext_noop

from approvals import policy
from approvals.models import Request
from cockpit.time import services as time
from cockpit.time.models import Calendar, Clock


def begin(request: Request, found: policy.Route, calendar: Calendar, *, at: datetime) -> None:
    """Start it, or let it go on where a further round begins. Its goal: each step after the other, the longest of those
    that run side by side.
    """
    clock = of(request)
    if clock is not None:
        go_on(request, at=at)
        return
    by_order = groupby(found.steps, key=lambda step: step.order)
    goal = sum(max(step.goal_s for step in steps) for _order, steps in by_order)
    time.start_clock(request.audit_subject, calendar=calendar, goal_s=goal, cause=gettext_noop("asked"), at=at)


def of(request: Request) -> Clock | None:
    return Clock.objects.filter(subject=request.audit_subject).exclude(state=Clock.State.STOPPED).first()


def pause(request: Request, *, cause: str, at: datetime) -> None:
    if (clock := of(request)) is not None and clock.state == Clock.State.RUNNING:
        time.pause(clock, cause=cause, at=at)


def go_on(request: Request, *, at: datetime) -> None:
    if (clock := of(request)) is not None and clock.state == Clock.State.PAUSED:
        time.resume(clock, cause=gettext_noop("asked again"), at=at)


def end(request: Request, *, at: datetime) -> None:
    if (clock := of(request)) is not None:
        time.stop(clock, at=at)
