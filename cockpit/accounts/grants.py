"""Role grants: a person holds a role on a unit, and so on every unit below it."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Case, CharField, OuterRef, Q, QuerySet, When
from django.db.models.functions import Cast, JSONArray
from django.utils.module_loading import import_string
from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm

from cockpit import audit
from cockpit.accounts.models import Person, Unit, User
from cockpit.accounts.roles import ROLES, roles_with


class GrantError(ValueError):
    """The role cannot be granted as asked; the message says why."""


def grant(person: Person, role: str, unit: Unit, *, actor, at: datetime) -> None:
    """Give `person` the `role` on `unit` and all below. Granting twice changes nothing.

    What the floors above forbid (settings.GRANT_CHECKS) raises GrantError, and is kept in the trail.
    """
    try:
        for name in settings.GRANT_CHECKS:
            import_string(name)(person, role, unit)
    except GrantError:
        with transaction.atomic():
            data = {"role": role, "unit": unit.pk}
            audit.record(f"accounts.person:{person.pk}", "accounts.grant.refuse", actor=actor, at=at, data=data)
        raise
    _grant(person, role, unit, actor=actor, at=at)


@transaction.atomic
def _grant(person: Person, role: str, unit: Unit, *, actor, at: datetime) -> None:
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


def holders_each(
    wanted: Iterable[tuple[str, Unit]], *, besides: Iterable[int] = ()
) -> tuple[dict[tuple[str, int], list[Person]], dict[int, Person]]:
    """What `holders` says of several (role, unit), by role and unit id; and the persons of these ids. One query."""
    pairs = {(role, unit.pk): {str(pk) for pk in unit.ancestor_ids} for role, unit in wanted}
    besides = set(besides)
    if not pairs and not besides:
        return {}, {}
    held = UserObjectPermission.objects.filter(
        content_type_id=_unit_type(),
        permission__codename__in={role for role, _unit in pairs},
        object_pk__in=set().union(*pairs.values()),
    )
    theirs = held.filter(user_id=OuterRef("user_id")).values(one=JSONArray("permission__codename", "object_pk"))
    may = Q(user_id__in=held.values("user_id"), user__is_active=True, active=True)
    found = Person.objects.filter(may | Q(pk__in=besides)).annotate(
        may=Case(When(may, then=True), default=False), holds=ArraySubquery(theirs)
    )
    persons = list(found.order_by("name"))
    each: dict[tuple[str, int], list[Person]] = {
        (role, unit): [one for one in persons if one.may and any([role, pk] in one.holds for pk in above)]
        for (role, unit), above in pairs.items()
    }
    return each, {one.pk: one for one in persons if one.pk in besides}


def granted_units(user: User) -> dict[str, set[int]]:
    """Role → ids of the units it is granted on, below included; read once per user object."""
    cached = getattr(user, "_granted_units", None)
    if cached is None:
        above = {unit.pk: set(unit.ancestor_ids) for unit in all_units(user)}
        tops: dict[str, set[int]] = user._direct  # type: ignore[attr-defined]
        cached = {role: {pk for pk, up in above.items() if up & held} for role, held in tops.items()}
        user._granted_units = cached  # type: ignore[attr-defined]
    return cached


def all_units(user: User) -> list[Unit]:
    """The firm's units by their paths, not only those one may see.

    Read once per user object, in one query with what is granted to it: who asks for grants has the units, too.
    """
    if not hasattr(user, "_all_units"):
        read_for([user])
    return user._all_units  # type: ignore[attr-defined]


def read_for(users: Iterable[User | None]) -> None:
    """Read what is granted to several at once, where it is not known yet. One query at most."""
    wanted = {id(one): one for one in users if one is not None and not hasattr(one, "_all_units")}.values()
    if not wanted:
        return
    here = UserObjectPermission.objects.filter(
        user_id__in=[one.pk for one in wanted],
        content_type_id=_unit_type(),
        object_pk=Cast(OuterRef("pk"), CharField()),
    )
    held = ArraySubquery(here.values(one=JSONArray("user_id", "permission__codename")))
    units = list(Unit.objects.annotate(held=held))
    for user in wanted:
        direct: dict[str, set[int]] = {}
        for unit in units:
            for pk, role in unit.held:
                if pk == user.pk:
                    direct.setdefault(role, set()).add(unit.pk)
        user._all_units, user._direct = units, direct  # type: ignore[attr-defined]


def direct(user: User) -> dict[str, set[int]]:
    """Role → ids of exactly the units it was granted on."""
    found: dict[str, set[int]] = {}
    for role, pk in _held(user).values_list("permission__codename", "object_pk"):
        found.setdefault(role, set()).add(int(pk))
    return found


def everybody() -> dict[tuple[str, int], set[int]]:
    """(role, unit) → ids of the persons to whom it was granted on exactly that unit. One query beside the type's."""
    rows = UserObjectPermission.objects.filter(content_type_id=_unit_type(), user__person__isnull=False)
    found: dict[tuple[str, int], set[int]] = {}
    for role, unit, person in rows.values_list("permission__codename", "object_pk", "user__person__pk"):
        found.setdefault((role, int(unit)), set()).add(person)
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
