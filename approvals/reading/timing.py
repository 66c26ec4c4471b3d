"""Time left on a step, as a ring and in words. Business time; due times are shown in the viewer's zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from approvals.models import Step
from cockpit.time.calendar import NoOpenTimeError
from cockpit.time.counting import worked, working_time
from cockpit.time.ledger import Line, ledger, standing
from cockpit.time.models import Clock, Segment
from cockpit.time.words import duration_words, when_words

SOON = 20  # per cent of the goal


@dataclass(frozen=True)
class Timer:
    """`state` is "", soon, late or paused; `share` the per cent of the goal that is left, for the ring."""

    state: str
    share: int
    words: str  # "42 min", "Fri 12:00", "25 min late"
    left: str  # "42 min of 4 h left"
    used: str  # "3 h 18 of 4 h of business time used"
    due_at: datetime | None
    zone: str  # of the calendar that counts
    starts: str = ""  # "clock starts Wed 09:00", while it stands still outside business hours

    @property
    def used_share(self) -> int:
        return 100 - self.share

    @property
    def beside(self) -> str:
        """For the tooltip: the same moment where the clock counts, if that is another zone."""
        if self.due_at is None or not self.zone or self.zone == timezone.get_current_timezone_name():
            return ""
        return _(" · %(time)s in %(zone)s") % {
            "time": when_words(self.due_at, self.due_at, self.zone),
            "zone": self.zone.replace("_", " "),
        }


def timers(steps: Iterable[Step], at: datetime) -> dict[int, Timer]:
    """A timer for every step whose clock is not stopped; one query."""
    subjects = {step.clock_subject: step.pk for step in steps}
    segments = Segment.objects.filter(clock__subject__in=subjects, end_at__isnull=True).select_related(
        "clock", "calendar_version"
    )
    return {subjects[segment.clock.subject]: timer(segment, at) for segment in segments}


def timer(segment: Segment, at: datetime) -> Timer:
    """From a clock's open segment."""
    clock, zone = segment.clock, working_time(segment).zone
    used = clock.spent + worked(segment, at)
    left = clock.goal_s - used.total_seconds()
    goal = duration_words(clock.goal_s)
    spent = _("%(used)s of %(goal)s of business time used") % {
        "used": duration_words(used.total_seconds()),
        "goal": goal,
    }
    share = max(0, min(100, round(100 * left / clock.goal_s)))
    if segment.kind == Segment.Kind.PAUSED:
        return Timer("paused", share, _("paused"), _("clock paused"), spent, None, zone)
    if left <= 0:
        late = _("%(duration)s late") % {"duration": duration_words(-left)}
        return Timer("late", 0, late, late, spent, clock.due_at, zone)
    return Timer(
        "soon" if share <= SOON else "",
        share,
        _short(left, clock, at),
        _("%(left)s of %(goal)s left") % {"left": duration_words(left), "goal": goal},
        spent,
        clock.due_at,
        zone,
        _starts(segment, used.total_seconds(), at),
    )


def _starts(segment: Segment, used: float, at: datetime) -> str:
    """When the clock counts next; empty while it counts, and where nobody ever works again."""
    working = working_time(segment)
    if working.is_open(at):
        return ""
    try:
        when = when_words(working.next_open(at), at, timezone.get_current_timezone_name())
    except NoOpenTimeError:
        return ""
    if used:
        return _("clock goes on %(time)s") % {"time": when}
    return _("clock starts %(time)s") % {"time": when}


def account(clock: Clock, at: datetime) -> list[Line]:
    """The ledger, its hours in the viewer's zone."""
    return ledger(clock, at, zone=timezone.get_current_timezone_name())


def now(clock: Clock, at: datetime) -> str:
    """What it does just now, in the viewer's zone."""
    return standing(clock, at, zone=timezone.get_current_timezone_name())


def _short(left: float, clock: Clock, at: datetime) -> str:
    """What is left when it is due today, else when it is due."""
    if clock.due_at is None or localtime(clock.due_at).date() == localtime(at).date():
        return duration_words(left)
    return when_words(clock.due_at, at, timezone.get_current_timezone_name())
