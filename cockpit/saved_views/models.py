from __future__ import annotations

from django.db import models
from django.db.models import Q

from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit, User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> SavedViewQuerySet:
        """One's own, and those shared in a unit in which one holds a role."""
        held: set[int] = set().union(*grants.granted_units(user).values())
        return self.filter(Q(person=getattr(user, "person", None), person__isnull=False) | Q(unit__in=held))


class SavedView(models.Model):
    """What a page shows, by its query; `unit` null: for its person alone."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    page = models.CharField(max_length=30)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=600, blank=True)  # "tab=needs&sort=due", in one order of its parts
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "page", "name"], name="saved_view_name_once"),
        ]
        indexes = [models.Index(fields=["unit", "page"], name="saved_view_shared")]

    def __str__(self) -> str:
        return self.name
