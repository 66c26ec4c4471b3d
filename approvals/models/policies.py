"""Policies: decision tables in versions. What was published never changes."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals import policy as policies
from cockpit.accounts.models import Unit


class Policy(models.Model):
    """The decision table of one kind; `mode` says whether it binds."""

    class Mode(models.TextChoices):
        OFF = "off", _("Off")
        OBSERVE = "observe", _("Observe only")
        ENFORCE = "enforce", _("Enforce")

    kind = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.OBSERVE)

    def __str__(self) -> str:
        return self.name

    def version_at(self, at) -> PolicyVersion | None:
        return self.versions.filter(published_at__lte=at).order_by("-published_at", "-number").first()


class PolicyVersion(models.Model):
    """One published state of a table. Its rows never change afterwards: a trigger sees to it."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    mode = models.CharField(max_length=10, choices=Policy.Mode, default=Policy.Mode.OBSERVE)
    published_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True, default="")  # of `policy_texts.text_of`, kept when published

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once")]

    def __str__(self) -> str:
        return f"{self.policy.name} v{self.number}"

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
                                 AND v.published_at IS NOT NULL) THEN
                        RAISE EXCEPTION 'rows of a published policy version never change; publish a new version';
                    END IF;
                    RETURN COALESCE(NEW, OLD);
                """,
            )
        ]

    def pure(self) -> policies.Rule:
        return policies.rule_from_data(self.number, self.name, self.when, self.steps, self.unit_id, self.add_on)
