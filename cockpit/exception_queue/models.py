from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cockpit.accounts.models import Person, Unit


class Case(models.Model):
    """Something a person must look at. One that lives per fingerprint; it counts how often it was seen."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        SNOOZED = "snoozed", _("snoozed")
        IGNORED = "ignored", _("ignored")
        DUPLICATE = "duplicate", _("duplicate")
        RESOLVED = "resolved", _("resolved")

    class Severity(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")
        CRITICAL = "critical", _("critical")

    TODO = (State.OPEN, State.ACKNOWLEDGED)
    TRANSITIONS = {
        "acknowledge": ({State.OPEN}, State.ACKNOWLEDGED),
        "give_back": ({State.ACKNOWLEDGED}, State.OPEN),
        "snooze": ({State.OPEN, State.ACKNOWLEDGED}, State.SNOOZED),
        "ignore": ({State.OPEN, State.ACKNOWLEDGED, State.SNOOZED}, State.IGNORED),
        "wake": ({State.SNOOZED, State.IGNORED}, State.OPEN),
        "mark_duplicate": ({State.OPEN, State.ACKNOWLEDGED, State.SNOOZED}, State.DUPLICATE),
        "separate": ({State.DUPLICATE}, State.OPEN),
        "resolve": (
            {State.OPEN, State.ACKNOWLEDGED, State.SNOOZED, State.IGNORED, State.DUPLICATE},
            State.RESOLVED,
        ),
        "reopen": ({State.RESOLVED}, State.OPEN),
    }

    fingerprint = models.CharField(max_length=400)
    kind = models.CharField(max_length=60)
    cause = models.CharField(max_length=200, blank=True, default="")  # what it is grouped by: its kind, or finer
    title = models.CharField(max_length=300)
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.MEDIUM)
    state = models.CharField(max_length=15, choices=State, default=State.OPEN)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="cases")
    client_odoo_id = models.BigIntegerField(null=True, blank=True)
    project_odoo_id = models.BigIntegerField(null=True, blank=True)
    subject = models.CharField(max_length=200, blank=True, db_index=True)
    money = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    detail = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="cases")
    owner_role = models.CharField(max_length=40, blank=True, default="")  # whose it is while it has no owner
    due_at = models.DateTimeField(null=True, blank=True)
    next_step = models.CharField(
        max_length=60, blank=True, default=""
    )  # the repair to begin with; "": the kind's first
    runbook = models.CharField(max_length=60, blank=True, default="")  # docs/runbooks/<this>.md; "": the kind's
    occurrences = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    wakes_at = models.DateTimeField(null=True, blank=True)  # of a snoozed or ignored one
    wakes_if_worse = models.BooleanField(default=False)
    worse_than_money = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    worse_than_count = models.PositiveIntegerField(null=True, blank=True)
    calm_since = models.DateTimeField(null=True, blank=True)  # the cause of an ignored one is gone since
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="duplicates")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            # An ignored case lives: it goes on counting and bothers nobody.
            models.UniqueConstraint(fields=["fingerprint"], condition=~Q(state="resolved"), name="case_one_living"),
            models.CheckConstraint(condition=Q(money__isnull=True) | ~Q(currency=""), name="case_money_has_currency"),
            models.CheckConstraint(
                condition=Q(state="resolved", closed_at__isnull=False)
                | (~Q(state="resolved") & Q(closed_at__isnull=True)),
                name="case_resolved_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="snoozed") | Q(wakes_at__isnull=False), name="case_snoozed_wakes"
            ),
            models.CheckConstraint(
                condition=~Q(state="ignored") | Q(wakes_at__isnull=False) | Q(wakes_if_worse=True),
                name="case_ignored_ends",
            ),
            models.CheckConstraint(
                condition=~Q(state="duplicate") | Q(duplicate_of__isnull=False), name="case_duplicate_of_one"
            ),
            models.CheckConstraint(
                condition=Q(duplicate_of__isnull=True) | ~Q(duplicate_of=F("id")), name="case_not_its_own_duplicate"
            ),
        ]
        indexes = [
            models.Index(fields=["fingerprint", "-id"], name="case_by_fingerprint"),
            models.Index(
                fields=["severity", "due_at"], condition=Q(state__in=["open", "acknowledged"]), name="case_todo"
            ),
            models.Index(fields=["cause"], condition=Q(state__in=["open", "acknowledged"]), name="case_by_cause"),
            models.Index(fields=["wakes_at"], condition=Q(state__in=["snoozed", "ignored"]), name="case_asleep"),
            models.Index(fields=["-closed_at", "-id"], condition=Q(state="resolved"), name="case_resolved"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Also asleep: what is not resolved yet."""
        return self.state != self.State.RESOLVED

    @property
    def number(self) -> str:
        return f"E-{self.pk}"


class Occurrence(models.Model):
    """How often a case was seen on one day (UTC)."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="days")
    day = models.DateField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "day"], name="occurrence_once_per_day")]

    def __str__(self) -> str:
        return f"{self.count}× on {self.day}"


class RuleRun(models.Model):
    """When a rule last looked, and how that ended. An empty queue is good news only if its rules ran."""

    class Status(models.TextChoices):
        DONE = "done", _("ran")
        WAITING = "waiting", _("waits for data")
        FAILED = "failed", _("failed")

    rule = models.CharField(max_length=60, primary_key=True)
    started_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status)
    succeeded_at = models.DateTimeField(null=True)
    sentence = models.TextField(blank=True)
    found = models.PositiveIntegerField(default=0)  # living cases that it opened or confirmed

    def __str__(self) -> str:
        return f"{self.rule}: {self.status} at {self.started_at:%Y-%m-%d %H:%M:%S}"
