"""Policies: decision tables in versions. What was published never changes."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from approvals import policy as policies
from cockpit.accounts.models import Person, Unit


class Policy(models.Model):
    """The decision table of one kind; `mode` says whether it binds."""

    class Mode(models.TextChoices):
        OFF = "off", _("Off")
        OBSERVE = "observe", _("Observe only")
        ENFORCE = "enforce", _("Enforce")

    kind = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.OBSERVE)
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")  # answers for it

    def __str__(self) -> str:
        return self.name

    def version_at(self, at) -> PolicyVersion | None:
        return self.versions.filter(published_at__lte=at).order_by("-published_at", "-number").first()


class PolicyVersion(models.Model):
    """One state of a table. Its rows change while it is a draft, never afterwards: a trigger sees to it."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ASKED = "asked", _("Waiting for a second person")
        AGREED = "agreed", _("On its way into force")
        PUBLISHED = "published", _("Published")
        DROPPED = "dropped", _("Dropped")

    TRANSITIONS = {
        "ask": ({State.DRAFT}, State.ASKED),
        "agree": ({State.ASKED}, State.AGREED),
        "decline": ({State.ASKED, State.AGREED}, State.DRAFT),
        "drop": ({State.DRAFT}, State.DROPPED),
        "publish": ({State.DRAFT, State.AGREED}, State.PUBLISHED),
    }

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    mode = models.CharField(max_length=10, choices=Policy.Mode, default=Policy.Mode.OBSERVE)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    author = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    editors = models.ManyToManyField(Person, related_name="+")  # the author and whoever else wrote: none may decide it
    based_on = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    revision = models.PositiveIntegerField(default=0)  # one more with each edit: who edits an older one is told
    why = models.CharField(max_length=400, blank=True, default="")
    # Several at once up to this much each, in the reporting currency; null: what the kind says; 0: each by itself.
    bulk_below = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    effective_at = models.DateTimeField(null=True, blank=True)  # none: as soon as it is agreed
    submitted_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True, default="")  # of `policy_texts.text_of`, kept when published

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once"),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(state__in=["asked", "agreed"]), name="one_version_on_its_way"
            ),
            models.CheckConstraint(
                condition=Q(state="published", published_at__isnull=False)
                | (~Q(state="published") & Q(published_at__isnull=True)),
                name="published_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(bulk_below__isnull=True) | Q(bulk_below__gte=0), name="bulk_limit_is_no_debt"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy.name} v{self.number}"

    @property
    def audit_subject(self) -> str:
        return f"approvals.policyversion:{self.pk}"

    def table(self) -> policies.Version:
        """The pure form that `policy.route` takes."""
        return policies.Version(self.pk, self.number, self.policy.kind, tuple(rule.pure() for rule in self.rules.all()))


class PolicyRule(models.Model):
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="rules")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=160)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    add_on = models.BooleanField(default=False)
    when = models.JSONField(default=list)  # [{"fact", "op", "value", "currency"}]
    steps = models.JSONField(default=list)  # [{"role", "order", "quorum", "goal_s", "about"}]

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["version", "number"], name="policy_rule_once")]
        triggers = [
            pgtrigger.Trigger(
                name="published_rules_stay",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (SELECT 1 FROM approvals_policyversion v
                               WHERE v.id = COALESCE(NEW.version_id, OLD.version_id)
                                 AND (v.state <> 'draft' OR v.submitted_at IS NOT NULL)) THEN
                        RAISE EXCEPTION 'rows of a policy version that is no draft never change; draft a new version';
                    END IF;
                    RETURN COALESCE(NEW, OLD);
                """,
            )
        ]

    def pure(self) -> policies.Rule:
        return policies.rule_from_data(self.number, self.name, self.when, self.steps, self.unit_id, self.add_on)
