"""Who is to be told what, and what became of it; how each person wants to be told."""

from __future__ import annotations

from datetime import time

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cockpit.accounts.models import Person
from cockpit.notify.times import Quiet, Rhythm, Wish
from cockpit.outbox.models import Message


class Notice(models.Model):
    """One person is to be told one thing, once. Whether it is still true is asked when it is sent."""

    class Dropped(models.TextChoices):
        """Why it was never sent."""

        OVER = "over", _("no longer needed")
        OFF = "off", _("mails are switched off")
        NO_ADDRESS = "no_address", _("no e-mail address is known")

    person = models.ForeignKey(Person, models.CASCADE, related_name="notices")
    what = models.CharField(max_length=60)  # a name in settings.NOTICES
    about = models.CharField(max_length=200)  # "approvals.step:12"
    origin = models.CharField(max_length=200, blank=True)
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    key = models.CharField(max_length=300, unique=True)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="+")  # that carries it
    sent_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)
    dropped_why = models.CharField(max_length=12, choices=Dropped, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)  # what its link allows was done by it

    class Meta:
        ordering = ["made_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(dropped_at__isnull=True), name="notice_ends_one_way"
            ),
            models.CheckConstraint(
                condition=Q(dropped_why="", dropped_at__isnull=True)
                | (~Q(dropped_why="") & Q(dropped_at__isnull=False)),
                name="notice_dropped_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["about", "person"], name="notice_about"),
            models.Index(
                fields=["due_at"],
                condition=Q(sent_at__isnull=True, dropped_at__isnull=True, message__isnull=True),
                name="notice_due",
            ),
            models.Index(fields=["person", "-sent_at"], name="notice_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.what} about {self.about} for {self.person_id}"


class Preference(models.Model):
    """How one person wants to be told. Without a row: at once, whenever it is, in the language of the firm."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="notice_preference")
    rhythm = models.CharField(
        max_length=8,
        choices=[
            (Rhythm.AT_ONCE, _("at once")),
            (Rhythm.HOURLY, _("every hour, in one mail")),
            (Rhythm.DAILY, _("every working day in your morning, in one mail")),
            (Rhythm.OFF, _("not by mail")),
        ],
        default=Rhythm.AT_ONCE,
    )
    quiet = models.CharField(
        max_length=8,
        choices=[
            (Quiet.NEVER, _("never")),
            (Quiet.HOURS, _("every day between these times")),
            (Quiet.CLOSED, _("outside your working hours, and while you are away")),
        ],
        default=Quiet.NEVER,
    )
    quiet_from = models.TimeField(default=time(18))
    quiet_to = models.TimeField(default=time(8))
    language = models.CharField(max_length=8, blank=True)  # empty: the firm's

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rhythm__in=[one.value for one in Rhythm]), name="notice_rhythm_known"),
            models.CheckConstraint(condition=Q(quiet__in=[one.value for one in Quiet]), name="notice_quiet_known"),
        ]

    @property
    def wish(self) -> Wish:
        return Wish(Rhythm(self.rhythm), Quiet(self.quiet), _minutes(self.quiet_from), _minutes(self.quiet_to))


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
