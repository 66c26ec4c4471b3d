"""Policies as the pages show them: the list of kinds, and one version's table as it counts in a unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from approvals import kinds, linting
from approvals.editor.access import writable_units, writes_everywhere
from approvals.kinds import Kind
from approvals.lint import overridden
from approvals.lint_world import Finding
from approvals.models import Policy, PolicyVersion, Request
from approvals.policy import Rule, effective_rules
from approvals.reading.tables import asks_words, when_words
from cockpit.accounts.models import Person, Unit, User

State = PolicyVersion.State


@dataclass(frozen=True)
class KindLine:
    """A kind and how it is ruled. `coming`: a draft, or what is on its way."""

    kind: Kind
    policy: Policy | None
    current: PolicyVersion | None
    coming: PolicyVersion | None


@dataclass(frozen=True)
class Row:
    rule: Rule
    unit: str
    when: list[str]
    asks: list[str]
    findings: list[Finding] = field(default_factory=list)
    editable: bool = False
    source: str = ""  # in a chosen unit: whose row it is
    taken_by: str = ""  # there: the rows that leave it nothing

    @property
    def number(self) -> int:
        return self.rule.number

    @property
    def stops(self) -> bool:
        return any(one.stops for one in self.findings)


@dataclass(frozen=True)
class Table:
    base: list[Row]
    add_on: list[Row]
    elsewhere: int  # rows that do not count in the chosen unit

    @property
    def rows(self) -> list[Row]:
        return [*self.base, *self.add_on]


def lines(at: datetime) -> list[KindLine]:
    """All kinds, those that are ruled first. Five queries."""
    policies = {policy.kind: policy for policy in Policy.objects.select_related("owner")}
    current: dict[str, PolicyVersion] = {}
    coming: dict[str, PolicyVersion] = {}
    versions = PolicyVersion.objects.select_related("policy").prefetch_related("rules")
    for version in versions.filter(published_at__lte=at).order_by("published_at", "number"):
        current[version.policy.kind] = version
    for version in versions.filter(state__in=[State.DRAFT, State.ASKED, State.AGREED]).order_by("number"):
        coming[version.policy.kind] = version
    found = [KindLine(kinds.get(key), policies.get(key), current.get(key), coming.get(key)) for key in kinds.registry()]
    return sorted(found, key=lambda line: (line.current is None, str(line.kind.label)))


def table(version: PolicyVersion, user: User, unit: Unit | None, findings: list[Finding], *, editable: bool) -> Table:
    """The rows of a version; with a unit those that count there, in the order in which they are tried."""
    kind = kinds.get(version.policy.kind)
    pure = version.table()
    units = dict(Unit.objects.values_list("pk", "name"))
    names = dict(Person.objects.values_list("pk", "name"))
    mine = writable_units(user) if editable else set()
    everywhere = editable and writes_everywhere(user)
    counting = effective_rules(pure, tuple(unit.ancestor_ids)) if unit else list(pure.rules)
    taken = overridden(pure, tuple(unit.ancestor_ids)) if unit else {}
    rows = [
        Row(
            rule,
            units.get(rule.unit_id, "") if rule.unit_id else _("Every unit"),
            when_words(rule.when, kind, names),
            asks_words(rule, kind, names),
            [one for one in findings if one.rule == rule.number],
            rule.unit_id in mine if rule.unit_id else everywhere,
            _source(rule, unit, units) if unit else "",
            ", ".join(map(str, taken.get(rule.number, []))),
        )
        for rule in counting
    ]
    return Table(
        [row for row in rows if not row.rule.add_on],
        [row for row in rows if row.rule.add_on],
        len(pure.rules) - len(rows),
    )


def findings_of(version: PolicyVersion) -> list[Finding]:
    """Only what can still be mended is checked."""
    return linting.check(version) if version.state == State.DRAFT else []


def versions_of(policy: Policy) -> list[PolicyVersion]:
    found = policy.versions.exclude(state=State.DROPPED).select_related("policy", "author", "based_on")
    return list(found.order_by("-number"))


def running(policy: Policy, current: PolicyVersion) -> int:
    """Open requests that keep an older version."""
    open_ones = Request.objects.open().filter(version__policy=policy)
    return open_ones.exclude(version=current).count()


def _source(rule: Rule, unit: Unit, units: dict[int, str]) -> str:
    if rule.unit_id is None:
        return _("inherited from every unit")
    if rule.unit_id == unit.pk:
        return _("its own")
    return _("inherited from %(unit)s") % {"unit": units[rule.unit_id]}
