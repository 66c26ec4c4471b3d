"""What billable utilization should be: a percentage for a unit from a day on, with somebody who answers for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from cockpit import audit
from cockpit.accounts.models import Person, Unit
from dashboards.models import Rollup, Target


@dataclass(frozen=True)
class Targets:
    """All targets and the tree of units, for looking up many."""

    by_unit: dict[int, list[tuple[date, Decimal]]]  # the latest first
    above: dict[int, list[int]]  # unit → itself and the units above, the nearest first

    def of(self, unit_id: int | None, day: date) -> Decimal | None:
        """The percentage that held on that day: the unit's own, else that of the nearest unit above."""
        for unit in self.above.get(unit_id or 0, []):
            for since, percent in self.by_unit.get(unit, []):
                if since <= day:
                    return percent
        return None

    def of_all(self, capacity: Iterable[tuple[int | None, Decimal]], day: date) -> Decimal | None:
        """The percentage of several units together, weighted by their (unit, hours); None when one has no target."""
        hours = wanted = Decimal()
        for unit_id, own in capacity:
            percent = self.of(unit_id, day)
            if own and percent is None:
                return None
            hours += own
            wanted += own * (percent or 0)
        return wanted / hours if hours > 0 else None


def read() -> Targets:
    """Two queries."""
    by_unit: dict[int, list[tuple[date, Decimal]]] = {}
    for unit, since, percent in Target.objects.order_by("-since", "-pk").values_list("unit_id", "since", "percent"):
        by_unit.setdefault(unit, []).append((since, percent))
    paths = Unit.objects.values_list("pk", "path")
    return Targets(by_unit, {pk: [int(part) for part in reversed(path.strip("/").split("/"))] for pk, path in paths})


@transaction.atomic
def set_target(unit: Unit, percent: Decimal, *, since: date, owner: Person, actor: Person, at: datetime) -> Target:
    """A target of `percent` for `unit` from `since` on. Earlier ones stay: the past is held against what held then."""
    made = Target.objects.create(unit=unit, percent=percent, since=since, owner=owner, set_at=at)
    said = {"percent": str(percent), "since": since.isoformat(), "owner": audit.reference(owner)}
    audit.record(f"accounts.unit:{unit.pk}", "dashboards.target.set", actor=actor, at=at, data=said)
    Rollup.objects.update_or_create(
        pk=1, defaults={"generation": F("generation") + 1}, create_defaults={"generation": 1}
    )
    return made
