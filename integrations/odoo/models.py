"""What the cockpit remembers of its connection to Odoo. Nothing of Odoo's records: those are the mirror's."""

from django.db import models
from django.db.models import Q


class GuardianLook(models.Model):
    """One look at the connection. `checks` are those that came to their end; of the others nothing is known anew."""

    at = models.DateTimeField()
    connection = models.JSONField(default=dict)  # url, version, transport, login, uid, database; {} when there was none
    findings = models.JSONField(default=list)  # guardian.finding.Finding.as_json()
    checks = models.JSONField(default=list)
    problem = models.TextField(blank=True, default="")  # why Odoo, or one of the checks, gave no answer

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"look at {self.at:%Y-%m-%d %H:%M}"


class KeptKey(models.Model):
    """The API key that was entered on the page, encrypted. It counts for this address and database alone."""

    secret = models.TextField()
    url = models.CharField(max_length=500)
    database = models.CharField(max_length=200)
    login = models.CharField(max_length=200)
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="odoo_one_kept_key")]

    def __str__(self) -> str:
        return f"key of {self.login}"
