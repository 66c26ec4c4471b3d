"""Keep what orders the queue: money in one currency, the cut-off, the working days left to it, the cost of delay."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest, Round

from approvals import weighing
from approvals.models import CutOff, Request
from approvals.services.routing import calendar_of
from cockpit.accounts.models import Unit
from cockpit.time.calendar import local_day
from cockpit.time.definition import compiled
from cockpit.time.versions import definitions

COLUMNS = ("amount_reporting", "rate_known", "cutoff_date", "days_to_cutoff", "cost_of_delay", "weighed_at")
BATCH = 500


def weigh(request: Request, facts: Mapping[str, Any], *, at: datetime) -> None:
    """Set COLUMNS on `request` from its facts; the caller saves."""
    kind = request.kind
    money = facts.get(kind.money) if kind.money else None
    request.amount_reporting = weighing.in_reporting(money, settings.REPORTING_CURRENCY)
    request.rate_known = not money or weighing.rate_stored(money, settings.REPORTING_CURRENCY)
    request.cutoff_date = request.days_to_cutoff = None
    if kind.month is not None:
        days = WorkingDays(request.unit, at=at)
        request.cutoff_date = cutoff_of(request, kind.month(facts) or days.today, days)
        request.days_to_cutoff = days.left(request.cutoff_date)
    request.cost_of_delay = weighing.cost(request.amount_reporting, request.days_to_cutoff)
    request.weighed_at = at


def weigh_open(*, at: datetime) -> int:
    """Bring the days left of every open request in step with today; how many moved. One update for unit and cut-off."""
    fresh = Request.objects.open().filter(weighed_at__isnull=True).select_related("unit", "snapshot")[:BATCH]
    for request in fresh:
        weigh(request, request.snapshot.facts if request.snapshot else {}, at=at)
        request.save(update_fields=COLUMNS)
    groups = Request.objects.open().filter(cutoff_date__isnull=False).values_list("unit", "cutoff_date").distinct()
    units = Unit.objects.in_bulk({unit for unit, _day in groups})
    working = {pk: WorkingDays(unit, at=at) for pk, unit in units.items()}
    return len(fresh) + sum(_recount(unit, day, working[unit].left(day), at=at) for unit, day in groups)


def _recount(unit: int, cutoff: date, days: int, *, at: datetime) -> int:
    rows = Request.objects.open().filter(unit_id=unit, cutoff_date=cutoff).exclude(days_to_cutoff=days)
    cost = Round(F("amount_reporting") / Greatest(Value(days), Value(1)), 2)
    return rows.update(days_to_cutoff=days, cost_of_delay=cost, weighed_at=at)


def cutoff_of(request: Request, day: date, working: "WorkingDays") -> date:
    """By the nearest rule up the tree of its unit."""
    first, last = weighing.month_of(day)
    above = request.unit.ancestor_ids
    rules = {rule.unit_id: rule for rule in CutOff.objects.filter(kind_key=request.kind_key, unit__in=above)}
    nearest = next((rules[pk] for pk in reversed(above) if pk in rules), None)
    return weighing.cutoff(last, working.between(first, last), nearest.days_before if nearest else 0)


def set_cutoff(kind_key: str, unit: Unit, days_before: int, *, at: datetime) -> None:
    """Another rule for a unit and below it; what is open there follows."""
    CutOff.objects.update_or_create(kind_key=kind_key, unit=unit, defaults={"days_before": days_before})
    below = Q(unit__path__startswith=unit.path, kind_key=kind_key)
    Request.objects.open().filter(below).update(weighed_at=None)
    while Request.objects.open().filter(below, weighed_at__isnull=True).exists():
        weigh_open(at=at)


class WorkingDays:
    """The days on which a unit works, by its calendar and holidays."""

    def __init__(self, unit: Unit, *, at: datetime) -> None:
        pair = (calendar_of(unit, at=at).pk, None)
        definition = definitions([pair])[pair]
        self.time = compiled(definition)
        self.zone = self.time.zone
        self.today = at.astimezone(ZoneInfo(self.zone)).date()

    def between(self, first: date, last: date) -> list[date]:
        """Both included."""
        start, end = local_day(first, self.zone)[0], local_day(last, self.zone)[1]
        zone = ZoneInfo(self.zone)
        return sorted({window[0].astimezone(zone).date() for window in self.time.windows(start, end)})

    def left(self, until: date) -> int:
        """Working days from today to `until`, both counted; 0 once it has passed. No more than a year is counted."""
        if until < self.today:
            return 0
        return max(1, len(self.between(self.today, min(until, self.today + timedelta(days=366)))))
