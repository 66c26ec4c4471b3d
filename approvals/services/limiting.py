"""Who says up to which amount somebody decides, and what one person must not both do. Never about oneself."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from approvals import kinds
from approvals.duties import DutyPair, Limit
from approvals.models import Policy, PolicyVersion
from approvals.services.recertifying import ReviewRefusedError, may_review
from cockpit import audit
from cockpit.accounts import grants
from cockpit.accounts.grants import GrantError
from cockpit.accounts.models import Person, Unit
from cockpit.accounts.roles import REVIEW, ROLES

Act = DutyPair.Act
Same = DutyPair.Same


@transaction.atomic
def set_limit(
    person: Person, kind: str, amount: Decimal | None, currency: str, *, actor: Person, at: datetime
) -> Limit | None:
    """`person` decides that kind up to `amount`; None: without a limit of their own. Raises ReviewRefusedError."""
    Person.objects.select_for_update().get(pk=person.pk)
    if person == actor:
        raise ReviewRefusedError(_("Your own limit is set by a second person."))
    if not oversees(actor, person):
        raise ReviewRefusedError(_("You do not look after the roles of %(person)s.") % {"person": person})
    if kind not in kinds.registry() or not kinds.get(kind).money:
        raise ReviewRefusedError(_("Requests of this kind have no amount that could be limited."))
    if amount is not None and (amount < 0 or len(currency) != 3 or not currency.isalpha()):
        raise ReviewRefusedError(_("Write an amount and its currency, such as 25000 EUR."))
    was = Limit.objects.filter(person=person, kind=kind).first()
    data = {"kind": kind, "was": None if was is None else f"{was.amount} {was.currency}"}
    made = None
    if amount is None:
        if was is None:
            return None
        was.delete()
    else:
        values = {"amount": amount, "currency": currency.upper(), "set_at": at}
        made, _new = Limit.objects.update_or_create(person=person, kind=kind, defaults=values)
    data["now"] = None if made is None else f"{made.amount} {made.currency}"
    audit.record(f"accounts.person:{person.pk}", "approvals.limit.set", actor=actor, at=at, data=data)
    return made


def oversees(actor: Person, person: Person) -> bool:
    """Whether `actor` looks after roles in the person's unit, or in one where the person holds a role."""
    if person.unit is not None and may_review(actor, person.unit):
        return True
    held = set().union(*grants.direct(person.user).values()) if person.user else set()
    return bool(actor.user and held & grants.units_where(actor.user, REVIEW))


@transaction.atomic
def add_pair(
    first_act: str, first_kind: str, second_kind: str, *, same: str, days: int, why: str, actor: Person, at: datetime
) -> DutyPair:
    """From now on one person does not both. It holds for the whole firm. The same twice is once.

    Raises ReviewRefusedError, also where a role of the policies in force is asked for both whatever it is about.
    """
    _check_whole_firm(actor)
    if not {first_kind, second_kind} <= kinds.registry().keys():
        raise ReviewRefusedError(_("There is no such kind of request."))
    if first_act == Act.DECIDES and first_kind == second_kind:
        raise ReviewRefusedError(_("Choose two different kinds: who decides one request of a kind may decide another."))
    if first_act == Act.DECIDES and same == Same.ANY and (both := _roles(first_kind) & _roles(second_kind)):
        labels = ", ".join(str(ROLES[role].label) for role in sorted(both) if role in ROLES)
        raise ReviewRefusedError(
            _("Policies in force ask %(roles)s about both. Let them ask different roles first.") % {"roles": labels}
        )
    terms = {"first_act": first_act, "first_kind": first_kind, "second_kind": second_kind, "same": same}
    made, new = DutyPair.objects.get_or_create(
        **terms, ended_at=None, defaults={"days": days, "why": why.strip(), "added_by": actor, "added_at": at}
    )
    if new:
        audit.record(
            f"approvals.dutypair:{made.pk}", "approvals.duties.add", actor=actor, at=at, data=terms | {"days": days}
        )
    return made


@transaction.atomic
def end_pair(pair_id: int, *, actor: Person, at: datetime) -> DutyPair:
    """It holds no more. By somebody else than who added it. Ending twice is once. Raises ReviewRefusedError."""
    _check_whole_firm(actor)
    made = DutyPair.objects.select_for_update().get(pk=pair_id)
    if made.ended_at is not None:
        return made
    if made.added_by_id == actor.pk:
        raise ReviewRefusedError(_("You added this; a second person ends it."))
    made.ended_at = at
    made.save(update_fields=["ended_at"])
    audit.record(f"approvals.dutypair:{made.pk}", "approvals.duties.end", actor=actor, at=at)
    return made


def may_pair(actor: Person) -> bool:
    """Whoever looks after the roles of every company."""
    if actor.user is None:
        return False
    tops = set(Unit.objects.filter(parent__isnull=True, active=True).values_list("pk", flat=True))
    return bool(tops) and tops <= grants.units_where(actor.user, REVIEW)


def check_grant(person: Person, role: str, unit: Unit) -> None:
    """The door of grants (settings.GRANT_CHECKS): raises GrantError where `person` could decide both of a pair then.

    Of pairs that hold whatever it is about; the others are looked at when something is decided.
    """
    pairs = DutyPair.objects.filter(ended_at__isnull=True, first_act=Act.DECIDES, same=Same.ANY)
    for pair in pairs:
        asked = {kind: _roles(kind) for kind in (pair.first_kind, pair.second_kind)}
        for mine, other in ((pair.first_kind, pair.second_kind), (pair.second_kind, pair.first_kind)):
            if role in asked[mine] and (there := _held_beside(person, asked[other], unit)):
                raise GrantError(
                    _("%(person)s is %(other)s there, and one person must not decide both %(first)s and %(second)s.")
                    % {
                        "person": person,
                        "other": ROLES[there].label,
                        "first": kinds.get(pair.first_kind).label,
                        "second": kinds.get(pair.second_kind).label,
                    }
                )


def _held_beside(person: Person, roles: set[str], unit: Unit) -> str:
    """One of these roles that the person holds on the unit, above it or below."""
    if person.user is None:
        return ""
    held = grants.direct(person.user)
    units = Unit.objects.in_bulk(set().union(*(held[role] for role in roles if role in held)))
    for role in sorted(roles & held.keys()):
        for pk in held[role]:
            other = units.get(pk)
            if other and (other.path.startswith(unit.path) or unit.path.startswith(other.path)):
                return role
    return ""


def in_force(at: datetime) -> list[PolicyVersion]:
    """The version of each policy that binds or observes, with its rows. Three queries."""
    found = PolicyVersion.objects.filter(published_at__lte=at).exclude(policy__mode=Policy.Mode.OFF)
    latest = found.order_by("policy", "-published_at", "-number").distinct("policy")
    return list(latest.select_related("policy").prefetch_related("rules__unit"))


def _roles(kind: str) -> set[str]:
    """The roles that the newest version of the kind's policy asks."""
    found = PolicyVersion.objects.filter(policy__kind=kind, published_at__isnull=False).select_related("policy")
    version = found.order_by("-published_at", "-number").first()
    rows = version.rules.values_list("steps", flat=True) if version and version.policy.mode != Policy.Mode.OFF else []
    return {step["role"] for steps in rows for step in steps if step.get("role")}


def _check_whole_firm(actor: Person) -> None:
    if not may_pair(actor):
        raise ReviewRefusedError(
            _("This holds for the whole firm: whoever looks after the roles of every company may.")
        )
