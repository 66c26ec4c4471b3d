"""What people put beside a request without deciding it, and its cut-off rules. Rows of `services`."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cockpit.accounts.models import Person, Unit


class CutOff(models.Model):
    """Until when in its month a record has to be through, for a kind in a unit and below it; the nearest rule counts.

    `days_before` working days before the month's last one; where no rule is, the last one itself.
    """

    kind_key = models.CharField(max_length=60, db_column="kind")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    days_before = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind_key", "unit"], name="cutoff_once"),
            models.CheckConstraint(condition=Q(days_before__lte=15), name="cutoff_within_its_month"),
        ]


class Snooze(models.Model):
    """One person does not want to see a request for a while. Its clock goes on."""

    class Woke(models.TextChoices):
        TIME = "time", _("the time was over")
        CHANGED = "changed", _("the record changed")
        DUE = "due", _("it is nearly due")
        PERSON = "person", _("woken by hand")
        ENDED = "ended", _("it no longer waits")

    request = models.ForeignKey("approvals.Request", models.CASCADE, related_name="snoozes")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    snapshot = models.ForeignKey("approvals.Snapshot", models.PROTECT, related_name="+")  # against which it may change
    made_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)  # null: until it changes
    wakes_at = models.DateTimeField(null=True, blank=True)  # the earlier of `until_at` and "nearly due"
    due_at = models.DateTimeField(null=True, blank=True)  # of the request when `wakes_at` was found
    woke_at = models.DateTimeField(null=True, blank=True)
    woke_why = models.CharField(max_length=10, choices=Woke, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "person"], condition=Q(woke_at__isnull=True), name="one_snooze_per_person"
            )
        ]
        indexes = [models.Index(fields=["person"], condition=Q(woke_at__isnull=True), name="snooze_person")]


class Comment(models.Model):
    """What somebody says about a request. Never changed; a decision is said by deciding."""

    request = models.ForeignKey("approvals.Request", models.CASCADE, related_name="comments")
    author = models.ForeignKey(Person, models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)  # something of it was taken away

    class Meta:
        ordering = ["at", "pk"]
        triggers = [
            pgtrigger.Protect(
                name="comments_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__erased_at__isnull=True)
                | pgtrigger.Q(new__erased_at=pgtrigger.F("old__erased_at"))
                | pgtrigger.Q(new__author_id__df=pgtrigger.F("old__author_id"))
                | pgtrigger.Q(new__at__df=pgtrigger.F("old__at"))
                | pgtrigger.Q(new__request_id__df=pgtrigger.F("old__request_id")),
            )
        ]


class Mention(models.Model):
    """Somebody is named in a comment; until they have looked, their queue marks the request."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="mentions")
    request = models.ForeignKey("approvals.Request", models.CASCADE, related_name="mentions")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "person"], name="mention_once")]
        indexes = [models.Index(fields=["person", "request"], condition=Q(seen_at__isnull=True), name="mention_unseen")]
