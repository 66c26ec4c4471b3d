"""Sums that are kept so that pages need not count anew, and the targets that numbers are held against."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cockpit.accounts.models import Person, Unit
from integrations.mirror.models import Number


class PersonWeek(models.Model):
    """One person in one unit in one week, cut at the month's end: the grain of utilization. A sum, never a source."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, related_name="+", db_index=False)
    month = models.DateField()  # its first day
    week = models.DateField()  # its Monday
    gross_min = models.IntegerField(default=0)
    holiday_min = models.IntegerField(default=0)
    leave_min = models.IntegerField(default=0)
    billable_h = Number(default=0)
    other_h = Number(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "person", "week", "unit"], name="dashboards_piece_once", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["week", "person"], name="dashboards_week")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.unit_id}, week of {self.week}"


class ClientMonth(models.Model):
    """What one person worked for one client in a month. Client 0: a project without one."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, related_name="+", db_index=False)
    month = models.DateField()
    client_id = models.BigIntegerField()  # in Odoo
    billable_h = Number(default=0)
    other_h = Number(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "person", "client_id", "unit"], name="dashboards_client_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} for {self.client_id} in {self.month:%Y-%m}"


class Place(models.Model):
    """In which unit somebody is from one day to another (both included), without gaps."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, related_name="+", db_index=False)
    first = models.DateField()
    last = models.DateField()

    def __str__(self) -> str:
        return f"{self.person_id} in {self.unit_id} from {self.first}"


class Cell(models.Model):
    """What the sums of one person and month were made of: where it differs from the mirror they are made anew."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", db_index=False)
    month = models.DateField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "month"], name="dashboards_cell_once")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.month:%Y-%m}"


class Rollup(models.Model):
    """One row: how far the sums go and when they were last held against the mirror."""

    generation = models.BigIntegerField(default=0)  # +1 whenever a sum changed: the key of every cache
    first = models.DateField(null=True)
    last = models.DateField(null=True)  # the last day that counts: yesterday
    basis = models.CharField(max_length=64, default="")  # of people, calendars, leave and the rule
    checked_at = models.DateTimeField(null=True)
    read_to = models.DateTimeField(null=True)  # everything that Odoo had by then is in

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="dashboards_one_rollup")]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}, generation {self.generation}"


class Target(models.Model):
    """Billable utilization that a unit (and all below it, unless they have their own) is held to from a day on.

    0 is for a unit that is not there to bill; its capacity still weighs in the total.
    """

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    since = models.DateField()
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    owner = models.ForeignKey(Person, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["unit", "-since", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lte=150), name="dashboards_target_sensible")
        ]

    def __str__(self) -> str:
        return f"{self.percent} % from {self.since}"
