"""Rounds and their steps: who is asked, in which order, and until when."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.delegations import acting_for, duties_of
from approvals.keys import person_key, role_key
from approvals.models.decisions import Decision
from approvals.models.requests import Request, Snapshot
from approvals.models.seeing import votes_of
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit, User
from cockpit.accounts.roles import ROLES


class Round(models.Model):
    """One pass through the route. A material change or a resubmission opens the next; the old one is kept."""

    request = models.ForeignKey(Request, models.PROTECT, related_name="rounds")
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    route = models.JSONField()
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="round_once"),
            models.UniqueConstraint(fields=["request"], condition=Q(closed_at__isnull=True), name="one_open_round"),
        ]


class StepQuerySet(models.QuerySet["Step"]):
    def visible_to(self, user: User):
        return self.filter(round__request__in=Request.objects.visible_to(user))

    def decidable_by(self, user: User, at: datetime | None = None):
        """Open steps that ask this user or whom they act for, not barred, and nobody of them decided in this round."""
        person = getattr(user, "person", None)
        if person is None:
            return self.none()
        at = at or timezone.now()
        asked = _asked_of(user)
        for each in acting_for(person, at=at):
            theirs = Exists(_votes_in_round(each.delegator))
            asked |= each.covers("round__request__") & _asked_of(each.delegator.user) & ~Q(theirs)
        if duties := duties_of(person, at=at):
            asked &= ~duties.refuses(at, "round__request__")
        return (
            self.filter(asked, state=Step.State.OPEN)
            .exclude(round__request__barred_persons__contains=[person.pk])
            .exclude(Exists(_votes_in_round(person)))
        )


def _asked_of(user: User | None) -> Q:
    """Steps that ask this user: as a person, else in a role they hold in that unit."""
    if user is None:
        return Q(pk__in=[])
    asked = Q(asked_persons__contains=[user.person.pk])
    for role, units in grants.granted_units(user).items():
        asked |= Q(asked_persons=[], role=role, unit_id__in=units)
    return asked


def _votes_in_round(person: Person) -> models.QuerySet:
    return Decision.objects.filter(votes_of(person), round=OuterRef("round"), void_at__isnull=True)


class Step(models.Model):
    """Somebody must say yes: the persons in `asked_persons`, or, where it is empty, the holders of `role`."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Not yet asked")
        OPEN = "open", _("Asked")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        VOID = "void", _("No longer counts")

    round = models.ForeignKey(Round, models.PROTECT, related_name="steps")
    order = models.PositiveIntegerField()
    role = models.CharField(max_length=40, choices=[(name, role.label) for name, role in ROLES.items()])
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    quorum = models.PositiveIntegerField(default=1)
    goal_s = models.PositiveIntegerField()
    about = ArrayField(models.CharField(max_length=60), default=list)
    who = models.CharField(max_length=80, blank=True, default="")  # as the policy says it; see `resolvers`
    asked_persons = ArrayField(models.BigIntegerField(), default=list)
    reject = models.CharField(max_length=8, default="any")
    ladder = models.JSONField(default=list)  # [{"at": 100, "to": "role:partner", "hand_over": true}]
    timeout = models.CharField(max_length=8, blank=True, default="")
    climbed = models.PositiveSmallIntegerField(default=0)  # the highest rung of the ladder that was taken, in per cent
    added_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")  # not by the policy
    claimed_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    claimed_until = models.DateTimeField(null=True, blank=True)  # then it is given back by itself
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    opened_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(claimed_by__isnull=True) | Q(claimed_until__isnull=False), name="a_claim_ends"
            )
        ]
        indexes = [
            models.Index(fields=["role", "unit"], condition=Q(state="open"), name="step_open"),
            models.Index(fields=["claimed_until"], condition=Q(claimed_by__isnull=False), name="step_claimed"),
        ]

    @property
    def keys(self) -> list[str]:
        """Who is asked by this step, as `Request.asks` holds it."""
        return [person_key(pk) for pk in self.asked_persons] or [role_key(self.role, self.unit_id)]

    @property
    def clock_subject(self) -> str:
        return f"approvals.step:{self.pk}"
