"""Calendars, what closes them, and clocks made of segments. Persons are plain ids: accounts lies above."""

from __future__ import annotations

from datetime import datetime, timedelta

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from cockpit.time.counting import Values


class Calendar(models.Model):
    """Weekly hours of a zone. `version` counts the changes of what everybody on it shares (hours, holidays)."""

    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64)
    country = models.CharField(max_length=8, blank=True, default="")  # DE, or DE-BY with its subdivision
    version = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    odoo_id = models.BigIntegerField(unique=True, null=True, blank=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Attendance(models.Model):
    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="attendances")
    weekday = models.PositiveSmallIntegerField()  # Monday is 0
    from_minute = models.PositiveSmallIntegerField()  # since local midnight
    to_minute = models.PositiveSmallIntegerField()  # excluded; 24:00 is 1440

    class Meta:
        ordering = ["weekday", "from_minute"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="time_attendance_weekday"),
            models.CheckConstraint(
                condition=Q(from_minute__lt=F("to_minute"), to_minute__lte=1440), name="time_attendance_minutes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.from_minute}–{self.to_minute}"


class Holiday(models.Model):
    """Closed for everyone on the calendar; without a calendar, on all of them."""

    class Source(models.TextChoices):
        ODOO = "odoo", _("Odoo")
        COUNTRY = "country", _("public holidays of the country")

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="holidays", null=True, blank=True)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=8, choices=Source, default=Source.ODOO)
    odoo_id = models.BigIntegerField(null=True, blank=True)  # one closed time of a company is on all its calendars

    class Meta:
        ordering = ["start_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(end_at__gte=F("start_at")), name="time_holiday_order"),
            models.UniqueConstraint(fields=["odoo_id", "calendar"], name="time_holiday_once_per_calendar"),
        ]

    def __str__(self) -> str:
        return self.name


class Absence(models.Model):
    """A person is away. Why is not our business: neither reason nor leave type is stored."""

    person_id = models.BigIntegerField(db_index=True)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    odoo_id = models.BigIntegerField(unique=True, null=True, blank=True)

    class Meta:
        ordering = ["start_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(end_at__gte=F("start_at")), name="time_absence_order"),
        ]

    def __str__(self) -> str:
        return f"{self.start_at} – {self.end_at}"


class CalendarVersion(models.Model):
    """What a calendar (with one person's absence) was when a segment counted on it; never changed."""

    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="versions")
    digest = models.CharField(max_length=64)
    definition = models.JSONField()
    known_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "digest"], name="time_version_once")]
        triggers = [pgtrigger.Protect(name="frozen", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.calendar_id} {self.digest[:8]}"


class ClockQuerySet(models.QuerySet["Clock"]):
    def due(self, at: datetime) -> ClockQuerySet:
        """Running clocks that have reached a level (50, 80, 100 or 150 % of the goal) which was not said yet."""
        return self.filter(state=Clock.State.RUNNING, next_at__lte=at).order_by("next_at", "pk")


class Clock(models.Model):
    """Time that something may take. Everything here follows from its segments; `recompute` proves it."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        STOPPED = "stopped", _("stopped")

    # action: (allowed from, to); None keeps the state.
    TRANSITIONS = {
        "pause": ({State.RUNNING}, State.PAUSED),
        "resume": ({State.PAUSED}, State.RUNNING),
        "hand over": ({State.RUNNING, State.PAUSED}, None),
        "stop": ({State.RUNNING, State.PAUSED}, State.STOPPED),
    }
    LEVELS = (50, 80, 100, 150)  # per cent of the goal
    WHOLE = 100

    subject = models.CharField(max_length=200, db_index=True)  # like approvals.step:12
    name = models.CharField(max_length=100, blank=True, default="")
    goal_s = models.PositiveIntegerField()
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="clocks")
    person_id = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    spent = models.DurationField(default=timedelta)  # business time of the closed segments
    due_at = models.DateTimeField(null=True, blank=True)  # none while paused before the goal is reached
    next_at = models.DateTimeField(null=True, blank=True)  # when the next level is reached: what the sweep looks for
    warned_level = models.PositiveSmallIntegerField(default=0)
    breached_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = ClockQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="running"), name="time_clock_next"),
            models.Index(fields=["calendar", "person_id"], condition=~Q(state="stopped"), name="time_clock_calendar"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(goal_s__gt=0), name="time_clock_goal"),
            models.CheckConstraint(condition=Q(warned_level__in=(0, 50, 80, 100, 150)), name="time_clock_level"),
            models.CheckConstraint(
                condition=Q(state="stopped", stopped_at__isnull=False)
                | (~Q(state="stopped") & Q(stopped_at__isnull=True)),
                name="time_clock_stopped",
            ),
            models.UniqueConstraint(
                fields=["subject", "name"], condition=~Q(state="stopped"), name="time_clock_one_open_per_name"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.name}".strip()

    def take(self, values: Values) -> None:
        """Hold what the segments amount to."""
        self.spent, self.due_at = values.spent, values.due_at
        self.next_at = values.next_at(self.warned_level) if self.state == self.State.RUNNING else None


class Segment(models.Model):
    """A stretch of one kind, with the calendar that counted. Closed hours are derived, not stored."""

    class Kind(models.TextChoices):
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="segments")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField(null=True, blank=True)
    kind = models.CharField(max_length=8, choices=Kind)
    cause = models.CharField(max_length=200)
    calendar_version = models.ForeignKey(CalendarVersion, models.PROTECT, related_name="+")
    person_id = models.BigIntegerField(null=True, blank=True)
    worked = models.DurationField(null=True, blank=True)  # business time, once it is closed

    class Meta:
        ordering = ["start_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end_at__isnull=True) | Q(end_at__gte=F("start_at")), name="time_segment_order"
            ),
            models.CheckConstraint(
                condition=Q(end_at__isnull=True, worked__isnull=True) | Q(end_at__isnull=False, worked__isnull=False),
                name="time_segment_worked_when_closed",
            ),
            models.UniqueConstraint(fields=["clock"], condition=Q(end_at__isnull=True), name="time_segment_one_open"),
            # int8range instead of btree_gist: no extension to install.
            ExclusionConstraint(
                name="time_segment_no_overlap",
                expressions=[
                    (Func(F("clock_id"), F("clock_id"), Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func(F("start_at"), F("end_at"), function="tstzrange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.cause}"


class Heartbeat(models.Model):
    """One row: when the sweep ran last."""

    ONLY = 1
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="time_one_heartbeat")]

    def __str__(self) -> str:
        return str(self.at)


class Outage(models.Model):
    """No sweep ran between the two: the cockpit was down. Clocks that ran have waited meanwhile once it is followed."""

    CAUSE = gettext_noop("the cockpit was down, incident %(about)s")

    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    clocks = models.PositiveIntegerField(default=0)
    followed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["start_at"]
        constraints = [models.CheckConstraint(condition=Q(end_at__gt=F("start_at")), name="time_outage_order")]
        indexes = [models.Index(fields=["id"], condition=Q(followed_at__isnull=True), name="time_outage_unfollowed")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"I-{self.pk}"

    @property
    def cause(self) -> str:
        return f"{self.CAUSE}: {self.name}"
