"""Handing over: what waited for somebody who left, or lost a role, and who got it. Rows of `services.handing`."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cockpit.accounts.models import Person


class HandOver(models.Model):
    """Several things of one person, given to others in one go, each by itself."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    actor = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="a_hand_over_has_a_reason")]


class HandOverItem(models.Model):
    """One of them. `problem`: why it stayed where it was. `before` is what taking it back restores."""

    class What(models.TextChoices):
        STEP = "step", _("a decision")
        QUESTION = "question", _("a question")
        CASE = "case", _("a case")

    hand_over = models.ForeignKey(HandOver, models.CASCADE, related_name="items")
    what = models.CharField(max_length=8, choices=What)
    object_id = models.BigIntegerField()
    label = models.CharField(max_length=300)
    to = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")  # none: the role
    before = models.JSONField(default=dict)
    problem = models.TextField(blank=True, default="")
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["hand_over", "what", "object_id"], name="handed_over_once"),
        ]
