"""What a firm says of itself that its Odoo does not."""

from decimal import Decimal

from django.db import models

TROUBLE = ("fail", "warn")  # in alphabetical order the worst comes first


class SetupLook(models.Model):
    """One look into Odoo from the set-up page: what works, and who is in the groups that roles are proposed from."""

    at = models.DateTimeField()
    findings = models.JSONField()  # [{"level": "ok" | "warn" | "fail", "subject", "words"}]
    members = models.JSONField()  # {"account.group_account_invoice": [ids of Odoo's users]}
    problem = models.TextField(blank=True)  # why nobody could be proposed from groups

    class Meta:
        ordering = ["-pk"]

    @property
    def troubles(self) -> list[dict[str, str]]:
        """What is not in order, the worst first."""
        return sorted((each for each in self.findings if each["level"] in TROUBLE), key=lambda each: each["level"])

    @property
    def in_order(self) -> list[dict[str, str]]:
        return [each for each in self.findings if each["level"] == "ok"]

    @property
    def absent(self) -> list[dict[str, str]]:
        """What this Odoo has not, and need not have."""
        return [each for each in self.findings if each["level"] == "absent"]

    @property
    def failures(self) -> int:
        return sum(finding["level"] == "fail" for finding in self.findings)


class ClientTier(models.Model):
    """A tag of Odoo's contacts that says how important a client is; the lowest rank counts."""

    tag_odoo_id = models.BigIntegerField(unique=True)
    name = models.CharField(max_length=200)
    rank = models.PositiveIntegerField()

    class Meta:
        ordering = ["rank"]

    def __str__(self) -> str:
        return self.name


class TimesheetRule(models.Model):
    """When a week of timesheets counts as missing. One row; without it the defaults below hold."""

    tolerance_h = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal("0.5"))
    look_back_weeks = models.PositiveSmallIntegerField(default=6)  # how old a week may be to be asked for
    records_within_weeks = models.PositiveSmallIntegerField(default=8)  # who entered time in these records time
    grace_hour = models.PositiveSmallIntegerField(default=12)  # on the Monday after, where the person lives

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="timesheet_rule_once"),
            models.CheckConstraint(condition=models.Q(grace_hour__lte=23), name="timesheet_rule_hour"),
        ]

    def __str__(self) -> str:
        return f"missing more than {self.tolerance_h} h"
