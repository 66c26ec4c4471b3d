"""Checking a version against the firm as it is now: its units, who holds which role, and who can sign in."""

from __future__ import annotations

from approvals import kinds
from approvals.lint import lint
from approvals.lint_world import Finding, Place, World
from approvals.models import PolicyVersion
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit
from cockpit.accounts.roles import ROLES


def check(version: PolicyVersion) -> list[Finding]:
    facts = {fact.key: fact for fact in kinds.get(version.policy.kind).facts}
    return lint(version.table(), facts, world())


def world() -> World:
    """Four queries, whatever the size of the firm."""
    units = Unit.objects.filter(active=True)
    places = {unit.pk: Place(unit.pk, unit.name, tuple(unit.ancestor_ids)) for unit in units}
    direct = grants.everybody()
    people = dict(Person.objects.filter(active=True, user__is_active=True).values_list("pk", "name"))
    holders = {
        role: {
            pk: frozenset(person for unit in place.path for person in direct.get((role, unit), ()) if person in people)
            for pk, place in places.items()
        }
        for role in ROLES
    }
    return World(places, holders, people)
