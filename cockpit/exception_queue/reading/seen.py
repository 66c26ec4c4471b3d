"""Who sees which cases, and who may work on them."""

from django.db.models import Q, QuerySet

from cockpit.accounts import grants
from cockpit.accounts.models import Person, User
from cockpit.accounts.roles import CASES, roles_with
from cockpit.exception_queue.models import Case
from cockpit.pages import words

ONLY_READS = {"auditor"}
COUNTED = 1000  # counting stops here: "1,000+" is as good to people


def visible_to(user: User) -> Q:
    """The cases of one's units, and one's own. A case of no unit is for those who work on cases of the whole firm."""
    units = grants.units_where(user, CASES)
    found = Q(unit_id__in=units)
    if _is_whole_firm(user, units):
        found |= Q(unit__isnull=True)
    person = getattr(user, "person", None)
    return found | Q(owner=person) if person is not None else found


def may_work(user: User, case: Case) -> bool:
    """An auditor reads; the owner and whoever works on cases of its unit also act."""
    person: Person | None = getattr(user, "person", None)
    if person is None:
        return False
    roles = set(roles_with(CASES)) - ONLY_READS
    units = set().union(*(held for role, held in grants.granted_units(user).items() if role in roles))
    return case.owner_id == person.pk or (case.unit_id in units if case.unit_id else _is_whole_firm(user, units))


def may_look(user: User) -> bool:
    return bool(grants.units_where(user, CASES))


def mine(user: User) -> Q:
    """One's own, and those of a role that one holds there."""
    person = getattr(user, "person", None)
    found = Q(owner=person) if person is not None else Q(pk__in=[])
    for role, units in grants.granted_units(user).items():
        here = Q(unit_id__in=units)
        if _is_whole_firm(user, units):
            here |= Q(unit__isnull=True)
        found |= Q(owner__isnull=True, owner_role=role) & here
    return found


def todo() -> QuerySet[Case]:
    """Open and acknowledged ones; what a living case mutes is left to it."""
    return Case.objects.filter(UNMUTED, state__in=Case.TODO)


UNMUTED = Q(parent__isnull=True) | Q(parent__state=Case.State.RESOLVED)


def open_count(user: User) -> str:
    number = todo().filter(visible_to(user))[: COUNTED + 1].count()
    return "" if not number else count_words(number)


def count_words(number: int) -> str:
    return words.number(min(number, COUNTED)) + ("+" if number > COUNTED else "")


def _is_whole_firm(user: User, units: set[int]) -> bool:
    roots = {unit.pk for unit in grants.all_units(user) if unit.parent_id is None and unit.active}
    return bool(units) and roots <= units
