"""Role grants: a person holds a role on a unit, and so on every unit below it."""

from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet
from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm

from cockpit import audit
from cockpit.accounts.models import Person, Unit, User
from cockpit.accounts.roles import ROLES, roles_with


class GrantError(ValueError):
    """The role cannot be granted as asked; the message says why."""


@transaction.atomic
def grant(person: Person, role: str, unit: Unit, *, actor, at: datetime) -> None:
    """Give `person` the `role` on `unit` and all below. Granting twice changes nothing."""
    user = _checked(person, role)
    if _held(user).filter(permission__codename=role, object_pk=str(unit.pk)).exists():
        return
    assign_perm(f"accounts.{role}", user, unit)
    audit.record(
        f"accounts.person:{person.pk}", "accounts.grant", actor=actor, at=at, data={"role": role, "unit": unit.pk}
    )


@transaction.atomic
def revoke(person: Person, role: str, unit: Unit, *, actor, at: datetime) -> None:
    """Take the `role` on `unit` from `person`. What they decided stays decided."""
    user = _checked(person, role)
    if not _held(user).filter(permission__codename=role, object_pk=str(unit.pk)).exists():
        return
    remove_perm(f"accounts.{role}", user, unit)
    audit.record(
        f"accounts.person:{person.pk}", "accounts.revoke", actor=actor, at=at, data={"role": role, "unit": unit.pk}
    )


def holders(role: str, unit: Unit) -> QuerySet[Person]:
    """Active persons who hold `role` on `unit` or above it, and can sign in."""
    users = UserObjectPermission.objects.filter(
        content_type_id=_unit_type(), permission__codename=role, object_pk__in=[str(pk) for pk in unit.ancestor_ids]
    ).values("user_id")
    return Person.objects.filter(user_id__in=users, user__is_active=True, active=True)


def holders_anywhere(role: str) -> QuerySet[Person]:
    """Active persons who hold `role` on any unit, and can sign in."""
    users = UserObjectPermission.objects.filter(content_type_id=_unit_type(), permission__codename=role)
    return Person.objects.filter(user_id__in=users.values("user_id"), user__is_active=True, active=True)


def granted_units(user: User) -> dict[str, set[int]]:
    """Role → ids of the units it is granted on, below included; read once per user object."""
    cached = getattr(user, "_granted_units", None)
    if cached is None:
        held = direct(user)
        paths = dict(Unit.objects.values_list("pk", "path")) if held else {}
        above = {pk: {int(part) for part in path.strip("/").split("/")} for pk, path in paths.items()}
        cached = {role: {pk for pk, units in above.items() if tops & units} for role, tops in held.items()}
        user._granted_units = cached  # type: ignore[attr-defined]
    return cached


def direct(user: User) -> dict[str, set[int]]:
    """Role → ids of exactly the units it was granted on."""
    found: dict[str, set[int]] = {}
    for role, pk in _held(user).values_list("permission__codename", "object_pk"):
        found.setdefault(role, set()).add(int(pk))
    return found


def units_where(user: User, capability: str) -> set[int]:
    """Ids of the units in which one of the user's roles carries `capability`."""
    roles = roles_with(capability)
    return set().union(*(units for role, units in granted_units(user).items() if role in roles))


def in_granted_scope(user: User, capability: str) -> Q:
    """A filter for rows with a `unit` column: what the user's roles let them see."""
    return Q(unit_id__in=units_where(user, capability))


def has_capability(user: User, capability: str, unit: Unit) -> bool:
    return unit.pk in units_where(user, capability)


def _checked(person: Person, role: str) -> User:
    if role not in ROLES:
        raise GrantError(f"There is no role {role!r}; roles are {', '.join(ROLES)}.")
    if person.user is None:
        raise GrantError(f"{person} has no sign-in yet, so no role can be granted.")
    return person.user


def _held(user: User) -> QuerySet[UserObjectPermission]:
    return UserObjectPermission.objects.filter(user_id=user.pk, content_type_id=_unit_type())


def _unit_type() -> int:
    return ContentType.objects.get_for_model(Unit).pk
