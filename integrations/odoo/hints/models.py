"""What Odoo hinted at and nobody has read yet: one row for each record, however often it was hinted at."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Hint(models.Model):
    """Claiming one *is* putting it off: a worker that dies needs no clean-up."""

    model = models.CharField(max_length=100)
    odoo_id = models.BigIntegerField()  # 0: look at the model
    serial = models.BigIntegerField(default=1)  # how often it was hinted at: one that came during the reading shows
    heard_at = models.DateTimeField()  # the last of them
    not_before = models.DateTimeField()
    attempt = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "odoo_id"], name="hints_once_a_record"),
            models.CheckConstraint(condition=Q(odoo_id__gte=0), name="hints_id_is_no_less_than_0"),
        ]
        indexes = [models.Index(fields=["not_before"], name="hints_due")]

    def __str__(self) -> str:
        return f"{self.model}:{self.odoo_id}"


class HintSeed(models.Model):
    """What the address for hints is made of, together with SECRET_KEY: whoever reads only one can't send any."""

    seed = models.CharField(max_length=64, blank=True)  # empty: hints are turned off
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="hints_one_seed")]

    def __str__(self) -> str:
        return f"made {self.made_at:%Y-%m-%d %H:%M}"
