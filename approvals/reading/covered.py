"""The next two weeks: on which days which amounts can be decided, per kind, role and unit, and where nobody can."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from guardian.models import UserObjectPermission

from approvals import kinds
from approvals.coverage import NOTHING, UNLIMITED, Deputy, highest
from approvals.delegations import Delegation
from approvals.duties import Limit
from approvals.models import Policy
from cockpit.accounts.models import Person, Unit
from cockpit.accounts.roles import ROLES
from cockpit.pages import words
from cockpit.time.calendar import CalendarError, WorkingTime, local_day
from cockpit.time.definition import compiled
from cockpit.time.versions import definitions

DAYS = 14
Asked = tuple[str, str, int]  # kind, role, how many votes


@dataclass(frozen=True)
class Day:
    """`state`: "" as ever, less: not up to what it is with everybody here, none: nobody decides, closed."""

    date: date
    state: str
    cap: Decimal = UNLIMITED
    words: str = ""


@dataclass(frozen=True, eq=False)
class Row:
    kind: str
    role: str
    unit: str
    needed: int
    usual: str
    days: list[Day]

    @property
    def short(self) -> list[Day]:
        return [day for day in self.days if day.state in {"less", "none"}]


def forecast(units: Iterable[int], at: datetime, *, days: int = DAYS) -> list[Row]:
    """A row for each kind, role and unit that the policies in force ask; a unit whose people are its parent's has none.

    Amounts are in the currency in which the people's limits are, else in the reporting one; a limit in yet another
    cannot be compared without a rate, so it counts as none of the amount.
    """
    world = World(at)
    found: dict[tuple[Asked, int], set[int]] = {}
    rows = []
    for unit in Unit.objects.filter(pk__in=list(units), active=True).order_by("path"):
        for asked, rule_units in world.asked.items():
            if rule_units and not rule_units & set(unit.ancestor_ids):
                continue
            holders = world.holders(asked[1], unit)
            if unit.parent_id is not None and found.get((asked, unit.parent_id)) == holders:
                found[asked, unit.pk] = holders  # and so its children
                continue
            found[asked, unit.pk] = holders
            rows.append(world.row(asked, unit, holders, days))
    return rows


def warnings(rows: Iterable[Row], at: datetime, most: int = 2) -> list[str]:
    """The days on which less can be decided than usually, in sentences: of one row and amount in one, nearest first."""
    alike: dict[tuple[Row, Decimal], list[Day]] = defaultdict(list)
    for row in rows:
        for day in row.short:
            alike[row, day.cap].append(day)
    nearest = sorted(alike.items(), key=lambda each: (each[1][0].date, each[0][1], each[0][0].kind))
    return [_sentence(row, days, at) for (row, _cap), days in nearest[:most]]


def _sentence(row: Row, days: list[Day], at: datetime) -> str:
    when = _(", ").join(words.day(day.date, now=at) for day in days)
    named = {"kind": row.kind, "role": row.role, "unit": row.unit, "day": when}
    if days[0].state == "none":
        return _("Nobody can decide on %(day)s: %(kind)s, %(role)s of %(unit)s") % named
    more = _("Nobody can decide more than %(amount)s on %(day)s: %(kind)s, %(role)s of %(unit)s")
    return more % {**named, "amount": days[0].words}


class World:
    """What the forecast rests on, read once: a fixed number of queries for any number of people and units."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.asked = _asked(at)
        self.units = {unit.pk: unit for unit in Unit.objects.all()}
        roles = {role for _kind, role, _needed in self.asked}
        self.granted: dict[tuple[str, int], set[int]] = defaultdict(set)
        rows = UserObjectPermission.objects.filter(
            permission__codename__in=roles, user__is_active=True, user__person__active=True
        )
        for role, unit, person in rows.values_list("permission__codename", "object_pk", "user__person"):
            self.granted[role, int(unit)].add(person)
        self.deputies = list(
            Delegation.objects.filter(
                confirmed_at__isnull=False, ended_at__isnull=True, end_at__gt=at, request__isnull=True,
                client_odoo_id__isnull=True, deputy__active=True, deputy__user__is_active=True,
            )
        )  # fmt: skip
        self.limits = list(Limit.objects.all())
        self.people = {pk for held in self.granted.values() for pk in held} | {one.deputy_id for one in self.deputies}
        self.present: dict[date, set[int]] = {}
        self.working = self._calendars(Person.objects.filter(pk__in=self.people))

    def holders(self, role: str, unit: Unit) -> set[int]:
        return set().union(*(self.granted.get((role, above), set()) for above in unit.ancestor_ids))

    def row(self, asked: Asked, unit: Unit, holders: set[int], days: int) -> Row:
        kind, role, needed = asked
        mine = [limit for limit in self.limits if limit.kind == kind]
        own = any(limit.currency == unit.currency for limit in mine if limit.person_id in holders)
        currency = unit.currency if own else settings.REPORTING_CURRENCY
        limits = {one.person_id: one.amount if one.currency == currency else NOTHING for one in mine}
        usual = highest(holders, holders, limits=limits, needed=needed)
        calendar = self._of_unit(unit)
        first = self.at.astimezone(ZoneInfo(calendar.zone if calendar else "UTC")).date()
        found = []
        for day in (first + timedelta(days=n) for n in range(days)):
            if not _open(calendar, day):
                found.append(Day(day, "closed"))
                continue
            cap, here = usual, self._here(day)
            if sum(limits.get(pk, UNLIMITED) >= usual for pk in holders & here) < needed or not usual:
                deputies = self._deputies(kind, currency, _noon(day, calendar))
                cap = highest(holders, here, limits=limits, deputies=deputies, needed=needed)
            state = "none" if cap == NOTHING else "less" if cap < usual else ""
            found.append(Day(day, state, cap, _money(cap, currency)))
        return Row(
            str(kinds.get(kind).label), str(ROLES[role].label), unit.name, needed, _money(usual, currency), found
        )

    def _here(self, day: date) -> set[int]:
        """Whoever works for a part of that day at least."""
        if day not in self.present:
            self.present[day] = {pk for pk in self.people if _open(self.working.get(pk), day)}
        return self.present[day]

    def _deputies(self, kind: str, currency: str, noon: datetime) -> list[Deputy]:
        return [
            Deputy(each.delegator_id, each.deputy_id, _limit(each, currency))
            for each in self.deputies
            if each.start_at <= noon < each.end_at and (not each.kinds or kind in each.kinds)
        ]

    def _of_unit(self, unit: Unit | None) -> WorkingTime | None:
        """The nearest calendar up the tree."""
        pk = self._calendar_of(unit)
        return self.shared.get(pk) if pk is not None else None

    def _calendar_of(self, unit: Unit | None) -> int | None:
        above = [self.units[pk] for pk in reversed(unit.ancestor_ids) if pk in self.units] if unit else []
        return next((each.calendar_id for each in above if each.calendar_id is not None), None)

    def _calendars(self, people: Iterable[Person]) -> dict[int, WorkingTime]:
        """Each person's hours with their absence; without any calendar they are taken to be here."""
        own = {one.pk: one.calendar_id or self._calendar_of(self.units.get(one.unit_id or 0)) for one in people}
        shared = {each.calendar_id for each in self.units.values() if each.calendar_id is not None}
        pairs = {(calendar, person) for person, calendar in own.items() if calendar is not None}
        now = definitions(pairs | {(calendar, None) for calendar in shared})
        self.shared = {calendar: hours for calendar in shared if (hours := _hours(now[calendar, None]))}
        return {person: hours for calendar, person in pairs if (hours := _hours(now[calendar, person]))}


def _asked(at: datetime) -> dict[Asked, set[int]]:
    """What the policies in force ask, with the units of the rows that say so; none: a row says so for all."""
    found: dict[Asked, set[int] | None] = {}
    for policy in Policy.objects.exclude(mode=Policy.Mode.OFF):
        version = policy.version_at(at)
        for rule in version.table().rules if version else ():
            for step in rule.steps:
                key = (policy.kind, step.role, max(step.quorum, 1))
                known = found.get(key, set())
                found[key] = None if known is None or rule.unit_id is None else known | {rule.unit_id}
    return {key: units or set() for key, units in found.items()}


def _hours(definition: dict) -> WorkingTime | None:
    try:
        return compiled(definition)
    except CalendarError:
        return None


def _open(working: WorkingTime | None, day: date) -> bool:
    return working is None or bool(working.windows(*local_day(day, working.zone)))


def _noon(day: date, working: WorkingTime | None) -> datetime:
    return datetime.combine(day, time(12), tzinfo=ZoneInfo(working.zone if working else "UTC"))


def _limit(each: Delegation, currency: str) -> Decimal:
    if each.limit is None:
        return UNLIMITED
    return each.limit if currency == settings.REPORTING_CURRENCY else NOTHING


def _money(amount: Decimal, currency: str) -> str:
    return words.money(amount, currency, whole=True) if amount != UNLIMITED else ""
