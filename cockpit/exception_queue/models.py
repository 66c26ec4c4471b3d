from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cockpit.accounts.models import Person, Unit


class Case(models.Model):
    """Something a person must look at. One that lives per fingerprint; it counts how often it was seen."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        RESOLVED = "resolved", _("resolved")
        IGNORED = "ignored", _("ignored")

    class Severity(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")
        CRITICAL = "critical", _("critical")

    TRANSITIONS = {
        "acknowledge": ({State.OPEN}, State.ACKNOWLEDGED),
        "resolve": ({State.OPEN, State.ACKNOWLEDGED}, State.RESOLVED),
        "ignore": ({State.OPEN, State.ACKNOWLEDGED}, State.IGNORED),
        "reopen": ({State.RESOLVED, State.IGNORED}, State.OPEN),
    }

    fingerprint = models.CharField(max_length=400)
    kind = models.CharField(max_length=60)
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
    due_at = models.DateTimeField(null=True, blank=True)
    occurrences = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
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
        ]
        indexes = [
            models.Index(fields=["fingerprint", "-id"], name="case_by_fingerprint"),
            models.Index(
                fields=["severity", "due_at"], condition=Q(state__in=["open", "acknowledged"]), name="case_todo"
            ),
        ]

    def __str__(self) -> str:
        return self.title
