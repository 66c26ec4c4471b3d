"""Whose a case is, and by when: by the rule of its kind, in business time of its unit."""

from __future__ import annotations

from datetime import datetime

from cockpit.accounts import grants
from cockpit.accounts.models import Unit
from cockpit.exception_queue.kinds import Kind
from cockpit.exception_queue.models import Case
from cockpit.time.calendar import CalendarError
from cockpit.time.defaults import standard_week
from cockpit.time.definition import compiled
from cockpit.time.versions import freeze


def role_for(kind: Kind, unit: Unit | None) -> str:
    """The first role of the kind's rule that somebody holds there; empty: nobody owns it, and the page says so."""
    tops = [unit] if unit else list(Unit.objects.filter(parent__isnull=True, active=True))
    for role in kind.owner_roles:
        if tops and all(grants.holders(role, top).exists() for top in tops):
            return role
    return ""


def due_at(kind: Kind, unit: Unit | None, *, at: datetime) -> datetime | None:
    """`kind.within_h` hours of the unit's working time from `at`; None for a kind without a deadline."""
    if kind.within_h is None:
        return None
    calendar = next((one.calendar for one in _upwards(unit) if one.calendar), None) or standard_week()
    try:
        return compiled(freeze(calendar, at=at).definition).add(at, kind.within_h * 3600)
    except CalendarError:  # a calendar without hours: the plain week counts
        return compiled(freeze(standard_week(), at=at).definition).add(at, kind.within_h * 3600)


def own_the_unowned() -> int:
    """Give cases of nobody to the role that somebody holds by now; how many. No change of state, nothing to audit."""
    from cockpit.exception_queue.kinds import kind_of

    given = 0
    for case in Case.objects.filter(state__in=Case.TODO, owner__isnull=True, owner_role="").select_related("unit")[
        :500
    ]:
        if role := role_for(kind_of(case.kind), case.unit):
            given += Case.objects.filter(pk=case.pk, owner_role="").update(owner_role=role)
    return given


def _upwards(unit: Unit | None) -> list[Unit]:
    if unit is None:
        return []
    return list(Unit.objects.filter(pk__in=unit.ancestor_ids).select_related("calendar").order_by("-path"))
