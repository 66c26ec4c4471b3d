"""Who may approve what: for each kind and unit the rows of the policy in force, whom they ask, up to which amount each
of them decides, and who acts for them now. A fixed number of queries, whatever the firm's size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from guardian.models import UserObjectPermission

from approvals import kinds, policy, resolvers
from approvals.delegations import Delegation
from approvals.duties import Limit
from approvals.reading.deputies import last_day
from approvals.reading.why import limit_words
from approvals.resolvers import can_act
from approvals.services.limiting import in_force
from cockpit.accounts.models import Person, Unit
from cockpit.accounts.roles import ROLES
from cockpit.pages import words


@dataclass(frozen=True)
class May:
    """Somebody who may decide; `limit` and `deputies` in words."""

    person: str
    limit: str
    deputies: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One step of one row of a policy, in one unit. `whom` in words; `nobody`: it would wait for ever."""

    kind: str
    unit: str
    number: int
    name: str
    when: tuple[str, ...]
    order: int
    whom: str
    quorum: str
    who: tuple[May, ...]
    by_record: bool  # the record names whom; those in `who` answer where it names nobody
    mode: str

    @property
    def nobody(self) -> bool:
        return not self.who


class Roster:
    """Everybody who holds a role where, their limits, and their deputies: read once."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        held = UserObjectPermission.objects.filter(user__person__isnull=False, user__is_active=True)
        self._held: dict[tuple[str, int], list[int]] = defaultdict(list)
        for person, role, unit in held.values_list("user__person", "permission__codename", "object_pk"):
            self._held[role, int(unit)].append(person)
        self._people = {one.pk: one for one in Person.objects.select_related("user") if can_act(one)}
        self._limits = {(one.person_id, one.kind): one for one in Limit.objects.all()}
        self._deputies: dict[int, list[Delegation]] = defaultdict(list)
        rows = Delegation.objects.filter(Delegation.in_force(at), request__isnull=True).select_related("deputy__user")
        for row in rows:
            self._deputies[row.delegator_id].append(row)

    def holders(self, role: str, above: Sequence[int], kind: str) -> tuple[May, ...]:
        found = {pk for unit in above for pk in self._held.get((role, unit), ()) if pk in self._people}
        return self.named(found, kind)

    def named(self, persons: Iterable[int], kind: str) -> tuple[May, ...]:
        known = [self._people[pk] for pk in persons if pk in self._people]
        return tuple(
            May(str(one), self._limit(one.pk, kind), tuple(self._for(one, kind)))
            for one in sorted(known, key=lambda one: (one.name, one.pk))
        )

    def _limit(self, person: int, kind: str) -> str:
        limit = self._limits.get((person, kind))
        return words.money(limit.amount, limit.currency, whole=True) if limit else ""

    def _for(self, person: Person, kind: str) -> Iterator[str]:
        for row in self._deputies.get(person.pk, ()):
            if can_act(row.deputy) and (not row.kinds or kind in row.kinds):
                said = _("%(person)s (until %(day)s)") % {"person": row.deputy, "day": last_day(row.end_at, self.at)}
                given = words.money(row.limit, settings.REPORTING_CURRENCY, whole=True) if row.limit else ""
                bounds = [amount for amount in (given, self._limit(row.deputy_id, kind)) if amount]
                bounds = [_("up to %(amount)s") % {"amount": amount} for amount in bounds]
                yield ", ".join([said, *bounds, *([_("one client alone")] if row.client_odoo_id else [])])


def rows(units: Iterable[Unit], *, at: datetime) -> list[Row]:
    """By kind, then by unit, in the order in which the policy looks at its rows."""
    roster = Roster(at)
    found: list[Row] = []
    versions = sorted(in_force(at), key=lambda one: str(kinds.get(one.policy.kind).label))
    shown = list(units)
    for version in versions:
        table = version.table()
        for unit in shown:
            above = tuple(unit.ancestor_ids)
            for rule in policy.effective_rules(table, above):
                found += _of_rule(rule, version.policy, unit, above, roster)
    return found


def _of_rule(rule: policy.Rule, of: Any, unit: Unit, above: tuple[int, ...], roster: Roster) -> Iterator[Row]:
    kind = kinds.get(of.kind)
    facts = {fact.key: fact for fact in kind.facts}
    for step in rule.steps:
        asked = [each for each in (*rule.when, *step.when) if each.fact in facts]
        meant = resolvers.read(step.who)
        by_role = roster.holders(meant.value if meant.kind == "role" and meant.value else step.role, above, kind.key)
        named = roster.named([int(meant.value)], kind.key) if meant.kind == "person" else ()
        yield Row(
            kind=str(kind.label),
            unit=unit.name,
            number=rule.number,
            name=rule.name,
            when=tuple(limit_words(each, facts[each.fact]) for each in asked),
            order=step.order,
            whom=_whom(step, meant, facts),
            quorum=_quorum(step.quorum),
            who=named or by_role,
            by_record=meant.kind in {"fact", "manager"},
            mode=str(of.get_mode_display()),
        )


def _whom(step: policy.StepSpec, meant: resolvers.Who, facts: Mapping[str, kinds.Fact]) -> str:
    role = str(ROLES[step.role].label) if step.role in ROLES else step.role
    match meant.kind:
        case "fact":
            label = facts[meant.value].label if meant.value in facts else meant.value
            return _("%(fact)s of the record, else %(role)s") % {"fact": label, "role": role}
        case "manager":
            return _("manager %(level)s above who asked, else %(role)s") % {"level": meant.value, "role": role}
        case "role" if meant.value:
            return str(ROLES[meant.value].label)
    return role


def _quorum(count: int) -> str:
    if count == 0:
        return _("everybody")
    return "" if count == 1 else _("%(count)d of them") % {"count": count}
