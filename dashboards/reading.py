"""The utilization page's numbers: sums of the rollup, narrowed to what somebody may see, kept by generation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypeVar

from django.core.cache import cache
from django.db.models import DecimalField, F, Q, Sum
from django.db.models.functions import Greatest

from cockpit.accounts.models import Person, Unit
from dashboards import source, targets
from dashboards.filters import Filters, end_of, months_back
from dashboards.models import ClientMonth, PersonWeek, Rollup
from dashboards.scope import Scope
from delivery.measures.utilization import Basis, Totals, uncounted, week_of
from integrations.mirror.models import Partner

TREND = 13
WEEKS = 12
PEOPLE = 40  # rows of the heat map on one page
CLIENTS = 12
KEPT_S = 600  # names of units and people may change meanwhile
Made = TypeVar("Made")
SUMS = {name: Sum(name) for name in ("gross_min", "holiday_min", "leave_min", "billable_h", "other_h")}
NEVER = Rollup(generation=0)


@dataclass(frozen=True)
class Slice:
    """A named part with its totals. `target` in per cent, None where none is set."""

    key: int
    name: str
    totals: Totals
    target: Decimal | None = None
    above: str = ""

    def gap_h(self, basis: Basis) -> Decimal | None:
        """Billable hours beyond the target's; negative when some are missing."""
        if self.target is None:
            return None
        return self.totals.billable_h - self.totals.capacity_h(basis) * self.target / 100

    def gap_pt(self, basis: Basis) -> Decimal | None:
        value = self.totals.utilization(basis)
        return None if value is None or self.target is None else value - self.target


@dataclass(frozen=True)
class Month:
    month: date
    totals: Totals
    target: Decimal | None


@dataclass(frozen=True)
class PersonRow:
    person_id: int
    name: str
    weeks: list[Totals | None]  # None: not employed, or nothing known
    total: Totals
    targets: list[Decimal | None]  # of the units in which somebody was, week by week


@dataclass(frozen=True)
class SoFar:
    """The first working days of the month before, as many as the running month has had."""

    days: int
    billable_h: Decimal
    other_h: Decimal


@dataclass(frozen=True)
class Numbers:
    """Everything that the page shows, without words. `more` is the name after which the next people come."""

    generation: int
    last: date | None
    whole: Slice
    before: Totals  # the month before
    so_far: SoFar | None  # what a month that is not over is compared with
    before_units: dict[int, Totals]
    trend: list[Month]
    units: list[Slice]
    clients: list[Slice]
    weeks: list[date]
    people: list[PersonRow]
    more: str
    lost_h: Decimal  # hours of nobody we know
    missing_h: Decimal  # by person and week, never made up for by what others recorded

    @property
    def running(self) -> bool:
        """Is the month not over yet, as far as the sums go?"""
        return self.last is not None and self.trend[-1].month <= self.last < end_of(self.trend[-1].month)


def state() -> Rollup:
    """How far the sums go; an empty one before they were ever made. One query."""
    return Rollup.objects.first() or NEVER


def numbers(rollup: Rollup, scope: Scope, filters: Filters) -> Numbers:
    """From the cache as long as no sum and no target has changed, else some ten queries."""
    return kept("numbers", rollup, scope, filters, lambda: _numbers(rollup, scope, filters))


def kept(what: str, rollup: Rollup, scope: Scope, filters: Filters, make: Callable[[], Made]) -> Made:
    """What `make` gives, from the cache while it is the same generation, scope and address."""
    said = (rollup.generation, rollup.basis, rollup.first, rollup.last, sorted(scope.units), scope.own, filters)
    key = f"utilization:{what}:" + sha256(repr(said).encode()).hexdigest()
    found = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, KEPT_S)
    return found


def _numbers(rollup: Rollup, scope: Scope, filters: Filters) -> Numbers:
    rows = scope.rows(filters.unit, filters.person, source.below(filters.unit))
    aims = targets.read()
    by_unit = _by_unit(rows, months_back(filters.month, TREND - 1), filters.month)
    trend = [_month(month, by_unit.get(month, {}), aims, filters.basis) for month in _months(filters.month)]
    weeks = _weeks(filters.month, rollup.last)
    people, more = _people(rows, weeks, filters, aims)
    return Numbers(
        generation=rollup.generation,
        last=rollup.last,
        whole=Slice(0, "", trend[-1].totals, trend[-1].target),
        before=trend[-2].totals,
        so_far=_so_far(rollup, scope, filters),
        before_units={key or 0: totals for key, totals in by_unit.get(months_back(filters.month, 1), {}).items()},
        trend=trend,
        units=_units(by_unit.get(filters.month, {}), aims, filters.month),
        clients=_clients(rows, filters.month),
        weeks=weeks,
        people=people,
        more=more,
        lost_h=_lost(rollup, scope, filters),
        missing_h=_missing(rows, filters.month),
    )


def working_days(first: date, last: date) -> list[date]:
    """Mondays to Fridays: what is a holiday differs from unit to unit, and is no reason to shift the comparison."""
    days = (first + timedelta(days=count) for count in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


def _so_far(rollup: Rollup, scope: Scope, filters: Filters) -> SoFar | None:
    """None for a month that is over, or of which not one working day is. One query."""
    if rollup.last is None or not filters.month <= rollup.last < end_of(filters.month):
        return None
    first = months_back(filters.month, 1)
    gone = len(working_days(filters.month, rollup.last))
    same = working_days(first, end_of(first))[:gone]
    if not same:
        return None
    whole = replace(filters, week=None, client=None, kind="", after="")
    total, billable = source.sums(scope, whole, first, same[-1])
    return SoFar(len(same), billable, total - billable)


def _missing(rows: Q, month: date) -> Decimal:
    """One query, however many people there are."""
    pieces = PersonWeek.objects.filter(rows, month=month).values("person_id", "week").order_by().annotate(**SUMS)
    short = F("gross_min") - F("holiday_min") - F("leave_min") - (F("billable_h") + F("other_h")) * 60
    gaps = pieces.annotate(short_min=Greatest(short, Decimal(), output_field=DecimalField()))
    return (gaps.aggregate(all=Sum("short_min"))["all"] or Decimal()) / 60


def _lost(rollup: Rollup, scope: Scope, filters: Filters) -> Decimal:
    """Said to those who see units: the hours are nobody's, so no unit's either."""
    if not scope.units or rollup.last is None:
        return Decimal()
    return uncounted(filters.month, min(end_of(filters.month), rollup.last))


def _months(last: date) -> list[date]:
    return [months_back(last, count) for count in range(TREND - 1, -1, -1)]


def _totals(row: Any) -> Totals:
    return Totals(row["gross_min"], row["holiday_min"], row["leave_min"], row["billable_h"], row["other_h"])


def _by_unit(rows: Q, first: date, last: date) -> dict[date, dict[int | None, Totals]]:
    found: dict[date, dict[int | None, Totals]] = defaultdict(dict)
    sums = PersonWeek.objects.filter(rows, month__range=(first, last)).values("month", "unit_id").annotate(**SUMS)
    for row in sums.order_by():
        found[row["month"]][row["unit_id"]] = _totals(row)
    return found


def _month(month: date, units: dict[int | None, Totals], aims: targets.Targets, basis: Basis) -> Month:
    capacity = [(unit, totals.capacity_h(basis)) for unit, totals in units.items()]
    return Month(month, sum(units.values(), Totals()), aims.of_all(capacity, end_of(month)))


def _units(units: dict[int | None, Totals], aims: targets.Targets, month: date) -> list[Slice]:
    wanted = Unit.objects.filter(pk__in=[one for one in units if one])
    names = {pk: (name, above or "") for pk, name, above in wanted.values_list("pk", "name", "parent__name")}
    made = []
    for key, totals in units.items():
        name, above = names.get(key or 0, ("", ""))
        made.append(Slice(key or 0, name, totals, aims.of(key, end_of(month)), above))
    return sorted(made, key=lambda one: (one.name.casefold(), one.key))


def _clients(rows: Q, month: date) -> list[Slice]:
    sums = ClientMonth.objects.filter(rows, month=month).values("client_id")
    sums = sums.annotate(billable_h=Sum("billable_h"), other_h=Sum("other_h")).order_by("-billable_h", "client_id")
    found = list(sums[:CLIENTS])
    names = dict(Partner.objects.filter(pk__in=[row["client_id"] for row in found]).values_list("pk", "name"))
    return [
        Slice(row["client_id"], names.get(row["client_id"]) or "",
              Totals(billable_h=row["billable_h"], other_h=row["other_h"]))
        for row in found
    ]  # fmt: skip


def _weeks(month: date, last: date | None) -> list[date]:
    """The last twelve weeks that begin before the month, or what is known of it, ends."""
    final = week_of(min(end_of(month), last or end_of(month)))
    return [final - timedelta(weeks=count) for count in range(WEEKS - 1, -1, -1)]


def _people(rows: Q, weeks: list[date], filters: Filters, aims: targets.Targets) -> tuple[list[PersonRow], str]:
    """The heat map's rows, by name: nobody is ranked. Two queries, however many people there are."""
    shown = PersonWeek.objects.filter(rows, week__range=(weeks[0], weeks[-1]))
    wanted = Person.objects.filter(pk__in=shown.values("person_id")).order_by("name", "pk")
    if filters.after:
        wanted = wanted.filter(name__gt=filters.after)
    page = list(wanted.values_list("pk", "name")[: PEOPLE + 1])
    names = dict(page[:PEOPLE])
    found: dict[int, dict[date, dict[int | None, Totals]]] = defaultdict(lambda: defaultdict(dict))
    sums = shown.filter(person_id__in=names).values("person_id", "week", "unit_id").annotate(**SUMS).order_by()
    for row in sums:
        found[row["person_id"]][row["week"]][row["unit_id"]] = _totals(row)
    made = [_person(pk, name, weeks, found[pk], aims, filters.basis) for pk, name in names.items()]
    return made, page[PEOPLE - 1][1] if len(page) > PEOPLE else ""


def _person(
    pk: int,
    name: str,
    weeks: list[date],
    found: dict[date, dict[int | None, Totals]],
    aims: targets.Targets,
    basis: Basis,
) -> PersonRow:
    totals = [sum(found[week].values(), Totals()) if week in found else None for week in weeks]
    aimed = [
        aims.of_all(
            [(unit, one.capacity_h(basis)) for unit, one in found.get(week, {}).items()], week + timedelta(days=6)
        )
        for week in weeks
    ]
    return PersonRow(pk, name, totals, sum((one for one in totals if one), Totals()), aimed)


def months_known(rollup: Rollup) -> Iterable[date]:
    """The months one may choose, the latest first."""
    if rollup.first is None or rollup.last is None:
        return []
    month, found = rollup.last.replace(day=1), []
    while month >= months_back(rollup.first, -(TREND - 1)):
        found.append(month)
        month = months_back(month, 1)
    return found
