"""The rule by the clock: one case for each person and week that is missing, closed by the data that clears it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from cockpit.accounts.models import Person
from cockpit.exception_queue import closing
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.services import clear_case, open_case
from delivery.measures import capacity
from delivery.timesheets import facts
from delivery.timesheets.rules import LATEST, WEEK, PersonWeek, Week, at_risk, ended_weeks, grace_ends, severity

KIND = "timesheets.missing"
ACTOR = "system:timesheets"
FIRST_DAYS = timedelta(days=2)  # zones apart, both ways
Missing = dict[tuple[int, Week], PersonWeek]


def watch(*, at: datetime) -> int:
    """Open, update and close cases as the mirror says now; how many weeks are missing. Twice is once."""
    fresh = facts.check_mirror(at=at)
    people = facts.people()
    missing, hours = find(people, at=at, fresh=fresh)
    living = {case.fingerprint: case for case in Case.objects.filter(kind=KIND).exclude(state=Case.State.RESOLVED)}
    rates = facts.rates(people, at=at) if missing else {}
    by_pk = {person.pk: person for person in people}
    for (pk, week), found in missing.items():
        _say(by_pk[pk], week, found, rates.get(pk), living.get(fingerprint(pk, week)), at=at)
    still = {fingerprint(pk, week) for pk, week in missing}
    for name, case in living.items():
        if name not in still:
            _clear(case, by_pk, hours, at=at)
    return len(missing)


def fingerprint(person_id: int, week: Week) -> str:
    return f"{KIND}:{person_id}:{week.key}"


def find(people: list[Person], *, at: datetime, fresh: datetime) -> tuple[Missing, Missing]:
    """What is missing, and the hours of every person and week that was looked at."""
    rule = facts.rule()
    this = Week.of(at.date())
    first, last = this.monday - (rule.look_back_weeks + 1) * WEEK, this.sunday + timedelta(days=LATEST)
    days = capacity.by_day([person.pk for person in people], first, last)
    net: dict[int, dict[date, Decimal]] = {}
    for (pk, day), one in days.items():
        net.setdefault(pk, {})[day] = one.net_h
    booked, last_entry = facts.booked(first, at.date() + FIRST_DAYS)
    missing: Missing = {}
    seen: Missing = {}
    for person in people:
        own, zone = net.get(person.pk, {}), _zone(person)
        for week in ended_weeks(at, zone, rule.look_back_weeks):
            expected = sum((own.get(day, Decimal(0)) for day in week.days), Decimal(0))
            found = PersonWeek(expected, booked.get((person.pk, week), Decimal(0)))
            seen[person.pk, week] = found
            records = _records(last_entry.get(person.pk), week, rule.records_within_weeks)
            asked = min(at, fresh) >= grace_ends(week, zone, rule.grace_hour, own)
            if records and asked and found.is_missing(rule.tolerance_h):
                missing[person.pk, week] = found
    return missing, seen


def _records(last_entry: date | None, week: Week, within: int) -> bool:
    """Somebody records time who entered any in the weeks up to this one, or after it."""
    return last_entry is not None and last_entry >= week.sunday - within * WEEK


def _zone(person: Person) -> ZoneInfo:
    return ZoneInfo(person.time_zone or "UTC")


@dataclass(frozen=True)
class _Words:
    """The title as it is stored, for search; the page says it in the reader's language."""

    person: Person
    week: Week
    found: PersonWeek

    def __str__(self) -> str:
        hours = f"{self.found.missing_h.normalize():f}"
        return f"{self.person.name}: {hours} h of timesheets missing in week {self.week.number}"


def _say(person: Person, week: Week, found: PersonWeek, rate: facts.Rate | None, case: Case | None, *, at: datetime):
    """Open it, or bring it up to date; nothing where nothing changed today."""
    detail = {
        "person": person.pk,
        "name": person.name,
        "employee": person.odoo_employee_id,
        "manager": person.manager_id,
        "week": week.key,
        "expected_h": str(found.expected_h),
        "booked_h": str(found.booked_h),
        "rate": str(rate.amount.quantize(Decimal("0.01"))) if rate else "",
    }
    if case and case.detail == detail and case.last_seen_at.date() == at.date() and case.calm_since is None:
        return
    weeks_old = (Week.of(at.date()).monday - week.monday).days // 7
    open_case(
        fingerprint(person.pk, week),
        kind=KIND,
        cause=f"{KIND}:{week.key}",
        title=str(_Words(person, week, found)),
        at=at,
        severity=severity(found.missing_h, found.expected_h, weeks_old),
        unit=person.unit,
        money=at_risk(found.missing_h, rate.amount if rate else None),
        currency=rate.currency if rate else "",
        subject=f"accounts.person:{person.pk}",
        detail=detail,
        actor=ACTOR,
        anew=False,
    )


def _clear(case: Case, people: dict[int, Person], seen: Missing, *, at: datetime) -> None:
    """Close it, and say what cleared it."""
    person, week = case.detail["person"], Week.named(case.detail["week"])
    clear_case(case.fingerprint, at=at, reason=_reason(case, person, week, people, seen), actor=ACTOR)


def _reason(case: Case, person: int, week: Week, people: dict[int, Person], seen: Missing) -> str:
    if person not in people:
        return gettext_noop("The person does not work here any more.")
    found = seen.get((person, week))
    if found is None:
        return gettext_noop("The week is too old to be asked for.")
    if found.booked_h > Decimal(case.detail["booked_h"]):
        return closing.reason(gettext_noop("The timesheets were entered: # of # h."), found.booked_h, found.expected_h)
    if found.expected_h < Decimal(case.detail["expected_h"]):
        return closing.reason(gettext_noop("Leave or a day off became known: # h are expected now."), found.expected_h)
    return gettext_noop("It is not missing any more.")
