from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cockpit.accounts.models import Person


class Scope(models.TextChoices):
    """What a token may do, within what its person may: a token never gives anybody a right."""

    READ = "read", _("read")
    ASK = "ask", _("ask")
    COMMENT = "comment", _("comment")
    DECIDE = "decide", _("decide")


class Token(models.Model):
    """A key with which a program acts as a person. It is shown once and never kept: `digest` is its SHA-256."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)  # what uses it
    prefix = models.CharField(max_length=12)  # by which people tell their keys apart
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    minute = models.DateTimeField(null=True, blank=True)  # in which `calls` were counted
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("made_at")), name="token_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="token_may_do_something"),
        ]
        indexes = [models.Index(fields=["person", "-made_at"], name="token_of_person")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_good(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.expires_at

    @property
    def scope_labels(self) -> list[str]:
        return [str(Scope(one).label) for one in self.scopes]
