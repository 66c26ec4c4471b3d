"""Whose hours somebody may see: those of the units in which a role says so, and always one's own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q

from cockpit.accounts import grants
from cockpit.accounts.models import User
from cockpit.accounts.roles import UTILIZATION
from dashboards.models import Place


@dataclass(frozen=True)
class Scope:
    """`own` is the person's id, None for a sign-in without one."""

    units: frozenset[int]
    own: int | None

    @property
    def nothing(self) -> bool:
        return not self.units and self.own is None

    def sees(self, unit: int | None, person: int | None) -> bool:
        """May the page be narrowed to this unit and this person? One query for a person."""
        if unit is not None and unit not in self.units:
            return False
        if person is None or person == self.own:
            return True
        return Place.objects.filter(person_id=person, unit_id__in=self.units).exists()

    def rows(self, unit: int | None = None, person: int | None = None, below: Collection[int] = ()) -> Q:
        """A filter for rows with `unit` and `person`: narrowed to a unit (with those `below` it) or a person.

        Without either it is the units one may see, or oneself where there are none.
        """
        units = self.units & ({unit, *below} if unit is not None else self.units)
        if person is None:
            return Q(unit_id__in=units) if self.units or unit is not None else Q(person_id=self.own or 0)
        seen = Q(person_id=person, unit_id__in=units)
        return seen | Q(person_id=person) if person == self.own and unit is None else seen


def scope_of(user: User, chosen: Collection[int] | None = None) -> Scope:
    """`chosen`: the units that the frame narrows to."""
    units = grants.units_where(user, UTILIZATION)
    person = getattr(user, "person", None)
    return Scope(frozenset(units if chosen is None else units & set(chosen)), person.pk if person else None)
