"""Whose turn it is meanwhile: somebody who is asked wants to know something first. Rows of `services`."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cockpit.accounts.models import Person


class Question(models.Model):
    """Asked back by whoever is to decide a step: its clock waits until it is answered, taken back or overtaken.

    With `fact` and `value` it is a change proposed: "yes, if the discount were 15".
    """

    class Ended(models.TextChoices):
        ANSWERED = "answered", _("answered")
        TAKEN_BACK = "taken_back", _("taken back")
        OVERTAKEN = "overtaken", _("overtaken by what happened")

    request = models.ForeignKey("approvals.Request", models.CASCADE, related_name="questions")
    step = models.ForeignKey("approvals.Step", models.CASCADE, related_name="questions")
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_of = models.ForeignKey(Person, models.PROTECT, related_name="+")
    text = models.TextField()
    fact = models.CharField(max_length=60, blank=True)  # what should be another, of the kind's facts
    value = models.JSONField(null=True, blank=True)  # as that fact is written in a snapshot
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    accepted = models.BooleanField(null=True)  # of a change proposed: did the requester agree?
    ended = models.CharField(max_length=10, choices=Ended, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["step"], condition=Q(ended_at__isnull=True), name="one_open_question"),
            models.CheckConstraint(
                condition=~Q(ended="answered") | ~Q(answer="") | Q(accepted__isnull=False),
                name="an_answer_says_something",
            ),
            models.CheckConstraint(
                condition=Q(ended="", ended_at__isnull=True) | (~Q(ended="") & Q(ended_at__isnull=False)),
                name="an_end_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["asked_of"], condition=Q(ended_at__isnull=True), name="question_open")]

    @property
    def is_open(self) -> bool:
        return self.ended_at is None
