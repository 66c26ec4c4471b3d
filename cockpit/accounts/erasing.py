"""A person who left may be forgotten: their name goes everywhere, what they did stays under a reference.

Each floor takes the names out of its own rows (`PERSON_ERASERS`); the trail forgets whom the reference stands for.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit
from cockpit.audit import erase_person as erase_reference
from cockpit.audit import record, reference
from cockpit.audit.models import PersonRef


class ErasureRefusedError(ValueError):
    """Nobody was erased; the message says what stands against it and what to do first."""


@dataclass(frozen=True)
class Erased:
    """How many places of what kind held the names."""

    person_id: int
    places: dict[str, int] = field(default_factory=dict)


Eraser = Callable[..., dict[str, int]]  # (person, names, actor=, at=) → places by what they are


@transaction.atomic
def erase_person(person: Person, *, also: Iterable[str] = (), actor: Any, at: datetime) -> Erased:
    """Take a person's names and addresses out of everything but the hashes. `also`: names they had before.

    Raises ErasureRefusedError while they work here, or while something open or Odoo itself still names them.
    """
    person = Person.objects.select_for_update(of=("self",)).select_related("user").get(pk=person.pk)
    if person.erased_at is not None:
        raise ErasureRefusedError(f"{person} was erased on {person.erased_at:%Y-%m-%d}.")
    if person.active:
        raise ErasureRefusedError(f"{person} works here: archive the employee in Odoo first, and let it be read.")
    names = _names(person, also)
    _shut_out(person, actor=actor, at=at)
    places: dict[str, int] = {}
    for dotted in settings.PERSON_ERASERS:
        eraser: Eraser = import_string(dotted)
        places |= {what: count for what, count in eraser(person, names, actor=actor, at=at).items() if count}
    Person.objects.filter(pk=person.pk).update(
        name=f"N. N. ({person.pk})", email="", odoo_user_id=None, user=None, manager=None, erased_at=at
    )
    record(f"accounts.person:{person.pk}", "accounts.person.erase", actor=actor, at=at, data={"places": places})
    erase_reference(person.pk, actor=actor, at=at)
    return Erased(person.pk, places)


def _names(person: Person, also: Iterable[str]) -> list[str]:
    reference(person)  # so that there is one
    known = PersonRef.objects.filter(person_id=person.pk).values_list("display_name", flat=True)
    said = [person.name, person.email, person.user.email if person.user else "", *known, *also]
    return sorted({name.strip() for name in said if name.strip()})


def _shut_out(person: Person, *, actor: Any, at: datetime) -> None:
    """Roles, the sign-in, and what is logged about signing in."""
    user = person.user
    if user is None:
        return
    for role, units in grants.direct(user).items():
        for unit in Unit.objects.filter(pk__in=units):
            grants.revoke(person, role, unit, actor=actor, at=at)
    for log in (AccessAttempt, AccessFailureLog, AccessLog):
        log.objects.filter(username__iexact=user.email).delete()
    user.delete()
