"""The last 90 days as the back-test wants them: stored snapshots, who could decide them, how long past steps took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection

from approvals import resolvers
from approvals.lint_world import World
from approvals.linting import world
from approvals.models import PolicyVersion, RequestQuerySet
from approvals.policy import StepSpec, Version, route
from approvals.what_if import Record, Spent, WhatIf, what_if
from cockpit.accounts.models import Person, Unit

DAYS = 90
TIMES_OVER = timedelta(days=365)  # how far back past decisions tell how long one takes
TOOK = """
    SELECT s.role, extract(epoch FROM c.spent)::float FROM approvals_step s
    JOIN approvals_round r ON r.id = s.round_id JOIN approvals_request q ON q.id = r.request_id
    JOIN time_clock c ON c.subject = 'approvals.step:' || s.id AND c.state = 'stopped'
    WHERE s.state IN ('approved', 'rejected') AND q.kind = %s AND s.closed_at > %s
    ORDER BY s.role, c.spent
"""


def asked_lately(rows: RequestQuerySet, kind_key: str, *, at: datetime) -> RequestQuerySet:
    """Of these what was asked, or would have been, the latest first. What nobody was to be asked about is not there."""
    found = rows.filter(kind_key=kind_key, asked_at__gt=at - timedelta(days=DAYS), snapshot__isnull=False)
    return found.order_by("-asked_at", "-pk")


def back_test(version: PolicyVersion, rows: RequestQuerySet, *, at: datetime) -> WhatIf:
    """What `version` would have meant for these requests; each is held against the version that it followed."""
    return what_if(records_of(rows), version.table(), whom=Whom(world()), spent=spent_of(version.policy.kind, at=at))


def records_of(rows: RequestQuerySet) -> Iterator[Record]:
    paths = {unit.pk: tuple(unit.ancestor_ids) for unit in Unit.objects.all()}
    found = rows.values_list(
        "pk", "unit_id", "snapshot__facts", "version_id", "amount_reporting", "barred_persons", "requester_id"
    )
    tables: dict[int, Version] = {}
    for pk, unit, facts, version, amount, barred, requester in found:
        if version not in tables:
            tables[version] = PolicyVersion.objects.select_related("policy").get(pk=version).table()
        before = route(tables[version], facts, paths[unit]).steps
        yield Record(pk, paths[unit], facts, before, amount, frozenset(barred), requester)


class Whom:
    """The persons that a step asks for a record, as things are now: roles, managers, and who can sign in."""

    def __init__(self, firm: World) -> None:
        self.firm = firm
        self.managers = dict(Person.objects.values_list("pk", "manager_id"))

    def __call__(self, step: StepSpec, record: Record) -> frozenset[int]:
        """Whoever the policy names and who may decide it; where it finds nobody, the role's holders."""
        if step.who:
            found = self._named(step, record)
            if named := frozenset(pk for pk in found if pk in self.firm.people) - record.barred:
                return named
        return self.firm.held(step.role, record.unit_id)

    def _named(self, step: StepSpec, record: Record) -> frozenset[int]:
        meant = resolvers.read(step.who)
        if meant.kind == "role":
            return self.firm.held(meant.value, record.unit_id)
        if meant.kind == "person":
            return frozenset({int(meant.value)})
        if meant.kind == "manager":
            return self._above(record.requester_id, int(meant.value))
        fact = record.facts.get(meant.value)
        pk = fact.get("id") if isinstance(fact, dict) else None
        return frozenset({pk} if isinstance(pk, int) else ())

    def _above(self, person: int | None, levels: int) -> frozenset[int]:
        seen: set[int] = set()
        while person is not None and levels > 0:
            seen.add(person)
            person, levels = self.managers.get(person), levels - 1
            if person in seen:
                return frozenset()
        return frozenset({person} if person is not None else ())


def spent_of(kind_key: str, *, at: datetime) -> Spent:
    """Business seconds of each answered step of the last year, by role."""
    took: dict[str, list[float]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(TOOK, [kind_key, at - TIMES_OVER])
        for role, seconds in cursor.fetchall():
            took[role].append(seconds)
    return took
