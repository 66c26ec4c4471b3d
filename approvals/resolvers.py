"""Whom a step asks: reading `StepSpec.who`, and finding the persons it means for a record.

""                    the holders of the step's role on the record's unit
"fact:KEY"            the person that the record names there: its project manager, the client's account director
"manager:N"           the N-th manager above the requester (1 is their own)
"person:ID"           that person
"role:NAME"           the holders of another role on the record's unit
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from approvals.policy import PolicyError
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit
from cockpit.accounts.roles import ROLES

HIGHEST = 9  # managers above somebody


@dataclass(frozen=True)
class Who:
    """`kind` is role, fact, manager or person; `value` a role, a fact's key, how many managers up, or a person's id."""

    kind: str
    value: str


def read(who: str, where: str = "A step") -> Who:
    """Raises PolicyError that says how it is written."""
    if not who:
        return Who("role", "")
    kind, _colon, value = who.partition(":")
    fits = {
        "fact": bool(value),
        "manager": value.isdigit() and 1 <= int(value) <= HIGHEST,
        "person": value.isdigit(),
        "role": value in ROLES,
    }
    if not fits.get(kind, False):
        raise PolicyError(
            f"{where}: {who!r} names nobody; write fact:project_manager, manager:1 to manager:{HIGHEST}, role:partner, "
            "or a colleague's e-mail address."
        )
    return Who(kind, value)


def persons(who: str, *, facts: Mapping[str, Any], requester: Person | None, unit: Unit) -> list[Person]:
    """The persons meant who can act now, in no order that counts. Nobody: the step's role answers for it."""
    meant = read(who)
    if meant.kind == "role":
        return list(grants.holders(meant.value, unit)) if meant.value else []
    if meant.kind == "manager":
        found = [manager_above(requester, int(meant.value))]
    elif meant.kind == "fact":
        fact = facts.get(meant.value)
        found = [_person(fact.get("id") if isinstance(fact, Mapping) else None)]
    else:
        found = [_person(int(meant.value))]
    return [person for person in found if person is not None and can_act(person)]


def can_act(person: Person) -> bool:
    """Whether somebody works here still and can sign in."""
    return person.active and person.user is not None and person.user.is_active


def manager_above(person: Person | None, levels: int) -> Person | None:
    """The manager `levels` up; a circle of managers ends where it closes."""
    seen: set[int] = set()
    while person is not None and levels > 0:
        seen.add(person.pk)
        above = person.manager
        if above is None or above.pk in seen:
            return None
        person, levels = above, levels - 1
    return person


def _person(pk: Any) -> Person | None:
    return Person.objects.select_related("user").filter(pk=pk).first() if isinstance(pk, int) else None
