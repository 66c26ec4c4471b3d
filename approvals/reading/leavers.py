"""Who left, or lost a role, with things still waiting for them; what waits for one of them, and who could have it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from approvals.handing import HandOver, HandOverItem
from approvals.resolvers import can_act
from approvals.services.deputising import OVERSEES
from approvals.services.handing import What, label_of, may_hand_over, waiting_for
from approvals.services.leaving import gone, without_role
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit, User
from cockpit.accounts.roles import ROLES, roles_with
from cockpit.pages import words

LIST = 200


@dataclass(frozen=True)
class Leaver:
    person: Person
    why: str
    count: int


@dataclass(frozen=True)
class Thing:
    """`key`: as the form sends it. `choices`: (person's id or "", name)."""

    key: str
    label: str
    what: str
    due: datetime | None
    choices: list[tuple[str, str]]
    chosen: str


def leavers(user: User) -> list[Leaver]:
    """Those with something that this reader may hand over."""
    found = [(pk, _("cannot sign in any more")) for pk in gone()]
    found += [
        (pk, _("does not hold the role any more")) for pk in without_role() if pk not in {one for one, _ in found}
    ]
    people = Person.objects.select_related("user").in_bulk([pk for pk, _why in found])
    lines = [Leaver(people[pk], why, len(mine(people[pk], user))) for pk, why in found if pk in people]
    return [line for line in lines if line.count]


def mine(person: Person, user: User) -> list[tuple[str, Any]]:
    return [(what, row) for what, row in waiting_for(person)[:LIST] if may_hand_over(user.person, what, row)]


def things(person: Person, user: User) -> list[Thing]:
    """What waits for the person, with who could have each. Persons are read once for each role and unit."""
    known: dict[tuple[str, int], list[tuple[str, str]]] = {}
    return [_thing(what, row, person, known) for what, row in mine(person, user)]


def _thing(what: str, row: Any, person: Person, known: dict[tuple[str, int], list[tuple[str, str]]]) -> Thing:
    if what == What.STEP:
        choices = [("", _("everybody who is %(role)s") % {"role": row.get_role_display()})]
        choices += _holders([row.role], row.unit, person, known)
    elif what == What.QUESTION:
        choices = _colleagues(row, person, known)
    else:
        choices = [("", _("whose role it is"))]
        unit = row.unit or Unit.objects.filter(parent__isnull=True).first()
        choices += _holders(roles_with("cases.view"), unit, person, known) if unit else []
    due = row.due_at if what != What.QUESTION else row.step.due_at
    return Thing(
        f"{what}:{row.pk}", label_of(what, row), str(What(what).label), due, choices, choices[0][0] if choices else ""
    )


def _holders(
    roles: Iterable[str], unit: Unit, person: Person, known: dict[tuple[str, int], list[tuple[str, str]]]
) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for role in roles:
        if (role, unit.pk) not in known:
            holders = grants.holders(role, unit).order_by("name")[:50]
            known[role, unit.pk] = [(str(one.pk), one.name) for one in holders]
        found |= {pk: name for pk, name in known[role, unit.pk] if pk != str(person.pk)}
    return sorted(found.items(), key=lambda one: one[1])


def _colleagues(row: Any, person: Person, known: dict[tuple[str, int], list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """Their manager first, then whoever holds any role in the request's unit; never who asks."""
    found = _holders(ROLES, row.request.unit, person, known)
    if person.manager is not None and can_act(person.manager):
        first = (str(person.manager.pk), person.manager.name)
        found = [first, *(one for one in found if one != first)]
    return [one for one in found if one[0] != str(row.asked_by_id)]


@dataclass(frozen=True)
class Done:
    pk: int
    label: str
    to: str
    problem: str
    can: bool  # be taken back
    back: str  # when that was done


def done(made: HandOver, user: User, at: datetime) -> list[Done]:
    rows = HandOverItem.objects.filter(hand_over=made).select_related("to")
    own = made.actor_id == user.person.pk
    return [
        Done(
            pk=row.pk,
            label=row.label,
            to=str(row.to) if row.to else _("whoever holds the role"),
            problem=row.problem,
            can=own and not row.problem and row.taken_back_at is None,
            back=words.moment(row.taken_back_at, at) if row.taken_back_at else "",
        )
        for row in rows
    ]


def may_open(user: User) -> bool:
    return getattr(user, "person", None) is not None and OVERSEES in grants.granted_units(user)
