"""Leaves of people who approve: the usual deputy is proposed ahead of time; a case where nobody covers.

Looks at the whole state whenever it runs, so that twice is once and a leave that moved or went away takes with it what
was proposed for it. Only who is away, and when, is known here: no reason, no type of leave.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext_noop
from guardian.models import UserObjectPermission

from approvals.delegations import LONGEST, Delegation
from approvals.models import Policy, PolicyRule, Step
from approvals.resolvers import can_act
from approvals.services.deputising import DeputyRefusedError, decline, end_early, propose, shorten
from cockpit.accounts.models import Person, Unit
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.services import clear_case, open_case
from cockpit.time.models import Absence

KIND = "approvals.uncovered"
SYSTEM = "system:deputies"
LAST_CALL = timedelta(days=2)  # before a leave: then a proposal that nobody confirmed is a case
MOVED = "the leave moved or is gone"
Span = tuple[datetime, datetime]
Away = dict[int, list[Span]]  # person → from, to
Approvers = dict[int, set[tuple[str, int]]]  # person → roles on units; none for who is asked by name alone


@dataclass(frozen=True)
class Leave:
    """Whole days, on the person's own clock."""

    odoo_id: int
    person: Person
    start_at: datetime
    end_at: datetime


def watch(*, at: datetime) -> int:
    """Propose deputies and open cases for the leaves that begin soon; how many nobody covers."""
    _follow_leaves(at)
    approvers = _approvers(at)
    away = _away(at)
    leaves = [leave for leave in _leaves(approvers, at) if not _is_covered(leave, approvers, away, at)]
    uncovered = {f"{KIND}:{leave.odoo_id}": leave for leave in leaves}
    for fingerprint, leave in uncovered.items():
        _open(fingerprint, leave, approvers[leave.person.pk], at=at)
    for case in Case.objects.filter(kind=KIND).exclude(state=Case.State.RESOLVED):
        if case.fingerprint not in uncovered:
            clear_case(
                case.fingerprint, at=at, reason=gettext_noop("Somebody decides meanwhile, or the leave is over.")
            )
    return len(uncovered)


def asked_roles(at: datetime) -> set[str]:
    """The roles that a policy in force asks, for any record."""
    versions = [policy.version_at(at) for policy in Policy.objects.exclude(mode=Policy.Mode.OFF)]
    rules = PolicyRule.objects.filter(version__in=[version for version in versions if version is not None])
    return {step["role"] for steps in rules.values_list("steps", flat=True) for step in steps if step.get("role")}


def _follow_leaves(at: datetime) -> None:
    """What was proposed for a leave goes with it; what was confirmed for one ends with it, and is never prolonged."""
    made = Delegation.objects.filter(Delegation.living(at), absence_odoo_id__isnull=False).select_related("delegator")
    rows = {row.odoo_id: row for row in Absence.objects.filter(odoo_id__in=made.values("absence_odoo_id"))}
    for each in made:
        row = rows.get(each.absence_odoo_id)
        span = _days(row, each.delegator) if row is not None and row.person_id == each.delegator_id else None
        if each.confirmed_at is None:
            if span != (each.start_at, each.end_at):
                decline(each.pk, actor=SYSTEM, at=at, why=MOVED)
        elif span is None:
            end_early(each.pk, actor=SYSTEM, at=at, why=MOVED)
        elif span[1] < each.end_at:
            shorten(each.pk, end_at=span[1], actor=SYSTEM, at=at, why=MOVED)


def _approvers(at: datetime) -> Approvers:
    """Who is asked by policies in force, as a role on a unit, or by name in a step that is open now."""
    found: Approvers = defaultdict(set)
    held = UserObjectPermission.objects.filter(permission__codename__in=asked_roles(at), user__person__isnull=False)
    for person, role, unit in held.values_list("user__person", "permission__codename", "object_pk"):
        found[person].add((role, int(unit)))
    for named in Step.objects.filter(state=Step.State.OPEN, asked_persons__len=1).values_list(
        "asked_persons", flat=True
    ):
        found[named[0]]  # nobody else holds what is asked of a person
    return found


def _leaves(approvers: Approvers, at: datetime) -> list[Leave]:
    """Of approvers who can act, long enough to matter, beginning soon or begun."""
    soon = at + timedelta(days=settings.DEPUTIES_AHEAD_DAYS)
    rows = Absence.objects.filter(person_id__in=approvers, end_at__gt=at, start_at__lt=soon, odoo_id__isnull=False)
    people = Person.objects.select_related("user", "unit").in_bulk({row.person_id for row in rows})
    found = []
    for row in rows:
        person = people.get(row.person_id)
        if person is None or not can_act(person) or row.odoo_id is None:
            continue
        start_at, end_at = _days(row, person)
        if end_at - start_at > timedelta(days=settings.DEPUTIES_FROM_DAYS, hours=-2):
            found.append(Leave(row.odoo_id, person, start_at, end_at))
    return found


def _days(row: Absence, person: Person) -> Span:
    """From the first midnight to the last of the leave, on the person's clock; not longer than a deputy may be."""
    zone = ZoneInfo(person.time_zone)
    first = row.start_at.astimezone(zone).date()
    last = (row.end_at - timedelta(seconds=1)).astimezone(zone).date()
    start_at = datetime.combine(first, time(), tzinfo=zone)
    longest = datetime.combine(first + LONGEST, time(), tzinfo=zone)
    return start_at, min(datetime.combine(last + timedelta(days=1), time(), tzinfo=zone), longest)


def _away(at: datetime) -> Away:
    found: Away = defaultdict(list)
    for person, start_at, end_at in Absence.objects.filter(end_at__gt=at).values_list(
        "person_id", "start_at", "end_at"
    ):
        found[person].append((start_at, end_at))
    return found


def _is_away(person_id: int, leave: Leave, away: Away) -> bool:
    return any(start_at < leave.end_at and end_at > leave.start_at for start_at, end_at in away.get(person_id, ()))


def _is_covered(leave: Leave, approvers: Approvers, away: Away, at: datetime) -> bool:
    """Somebody decides meanwhile: a deputy, a colleague in the same role; or a proposal waits and there is time yet."""
    during = Delegation.objects.filter(
        Delegation.living(at), delegator=leave.person, start_at__lt=leave.end_at, end_at__gt=leave.start_at
    ).select_related("deputy__user")
    made = [each for each in during if can_act(each.deputy) and not _is_away(each.deputy_id, leave, away)]
    if any(each.confirmed_at is not None for each in made):
        return True
    if not made:
        made = _propose_usual(leave, away, at)
    if made and at < leave.start_at - LAST_CALL:
        return True
    return _role_is_held(leave, approvers, away)


def _propose_usual(leave: Leave, away: Away, at: datetime) -> list[Delegation]:
    """Whoever decided for them last, unless that was declined for this leave, or they are away themselves."""
    declined = Delegation.objects.filter(
        absence_odoo_id=leave.odoo_id, start_at=leave.start_at, end_at=leave.end_at, ended_at__isnull=False
    )
    before = Delegation.objects.filter(delegator=leave.person, confirmed_at__isnull=False, request__isnull=True)
    usual = before.order_by("-confirmed_at", "-pk").select_related("deputy__user").first()
    if usual is None or declined.exists() or not can_act(usual.deputy) or _is_away(usual.deputy_id, leave, away):
        return []
    try:
        made = propose(
            leave.person,
            usual.deputy,
            start_at=leave.start_at,
            end_at=leave.end_at,
            actor=SYSTEM,
            at=at,
            kinds=usual.kinds,
            limit=usual.limit,
            client_odoo_id=usual.client_odoo_id,
            absence_odoo_id=leave.odoo_id,
        )
    except DeputyRefusedError:  # they lost their sign-in at this moment: the next look finds another
        return []
    return [made]


def _role_is_held(leave: Leave, approvers: Approvers, away: Away) -> bool:
    """Whether for each role of theirs somebody else, who is here, holds it on the unit or above."""
    held = approvers[leave.person.pk]
    above = {unit.pk: set(unit.ancestor_ids) for unit in Unit.objects.filter(pk__in={unit for _role, unit in held})}
    others = {pk: roles for pk, roles in approvers.items() if pk != leave.person.pk and not _is_away(pk, leave, away)}
    here = Person.objects.filter(pk__in=others, active=True, user__is_active=True).values_list("pk", flat=True)
    covers = {grant for pk in here for grant in others[pk]}
    return bool(held) and all(
        any(role == other and unit in above.get(own, set()) for other, unit in covers) for role, own in held
    )


def _open(fingerprint: str, leave: Leave, held: set[tuple[str, int]], *, at: datetime) -> None:
    first, last = leave.start_at.date(), (leave.end_at - timedelta(seconds=1)).date()
    units = Unit.objects.in_bulk({unit for _role, unit in held})
    open_case(
        fingerprint,
        kind=KIND,
        title=f"{leave.person} is away from {first} to {last}, and nobody decides for them",
        at=at,
        severity="high" if leave.start_at <= at else "medium",
        unit=leave.person.unit,
        subject=f"accounts.person:{leave.person.pk}",
        detail={
            "person": leave.person.name,
            "first": first.isoformat(),
            "last": last.isoformat(),
            "roles": [[role, units[unit].name] for role, unit in sorted(held) if unit in units],
        },
        actor=SYSTEM,
        anew=False,
    )
