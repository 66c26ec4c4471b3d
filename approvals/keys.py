"""Who is asked, as `Request.asks` holds it: a role in a unit, or a person."""

from __future__ import annotations

from cockpit.accounts import grants
from cockpit.accounts.models import User


def role_key(role: str, unit_id: int) -> str:
    return f"{role}@{unit_id}"


def person_key(person_id: int) -> str:
    return f"person:{person_id}"


def keys_of(user: User | None) -> list[str]:
    """What `Request.asks` holds for each role of this user in each unit, and for the person; nothing for nobody."""
    if user is None:
        return []
    keys = [role_key(role, unit) for role, units in grants.granted_units(user).items() for unit in units]
    person = getattr(user, "person", None)
    return keys if person is None else [*keys, person_key(person.pk)]
