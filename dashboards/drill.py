"""The rows behind a number: timesheets as Odoo has them, with what they are divided by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from cockpit.accounts.models import Person, Unit
from cockpit.pages import words
from dashboards import saying, source
from dashboards.filters import Filters, end_of
from dashboards.models import PersonWeek, Rollup
from dashboards.page import page_url, rows_url
from dashboards.reading import SUMS
from dashboards.scope import Scope
from delivery.measures.utilization import BILLABLE
from integrations.mirror.models import Partner
from integrations.odoo.links import record_url

AT_ONCE = 100
PEOPLE = 60


@dataclass(frozen=True)
class Sheet:
    """One timesheet line. `billable` as the measure counts it; never what it cost."""

    odoo_id: int
    date: date
    person: str
    unit: str
    client: str
    project: str
    text: str
    hours: Decimal
    billable: bool

    @property
    def hours_words(self) -> str:
        return words.number(self.hours.quantize(Decimal("0.01")))

    @property
    def url(self) -> str:
        return record_url("account.analytic.line", self.odoo_id)


@dataclass(frozen=True)
class Capacity:
    name: str
    gross: str
    holiday: str
    leave: str
    net: str
    billable: str
    other: str
    value: str


@dataclass(frozen=True)
class Rows:
    title: str
    filters: Filters
    back: str
    sheets: list[Sheet]
    more: str
    capacity: list[Capacity]
    people_left: int
    hours: str
    billable: str
    chips: list[tuple[str, str]]


def page(rollup: Rollup, scope: Scope, filters: Filters) -> Rows:
    """Some eight queries, however many rows there are."""
    sheets = list(lines(rollup, scope, filters, limit=AT_ONCE + 1))
    more = ""
    if len(sheets) > AT_ONCE:
        sheets.pop()
        more = _more(filters, sheets[-1])
    capacity, left = _capacity(scope, filters)
    total, billable = source.sums(scope, filters, *period(filters, rollup))
    return Rows(
        title=_title(filters),
        filters=filters,
        back=page_url(filters, week=None, client=None, kind=""),
        sheets=sheets,
        more=more,
        capacity=capacity,
        people_left=left,
        hours=words.number(total, 1),
        billable=words.number(billable, 1),
        chips=_chips(filters, known_client=bool(sheets)),
    )


def _more(filters: Filters, last: Sheet) -> str:
    return filters.query(after=f"{last.date:%Y-%m-%d}.{last.odoo_id}")


SELECT = f"""
    SELECT t.odoo_id, t.date, person.name, unit.name, client.name, p.name, t.name, t.unit_amount,
        coalesce({BILLABLE}, false)
"""


def lines(rollup: Rollup, scope: Scope, filters: Filters, *, limit: int | None = None) -> Iterator[Sheet]:
    """The latest first. One query."""
    found, values = source.lines_of(scope, filters, *period(filters, rollup))
    sql = f"{SELECT} {found} ORDER BY t.date DESC, t.odoo_id DESC LIMIT %(limit)s"
    with connection.cursor() as cursor:
        cursor.execute(sql, values | {"limit": limit})
        for row in cursor.fetchall():
            person, unit, client, project, text = (each or "" for each in row[2:7])
            yield Sheet(row[0], row[1], person, unit, client, project, text, row[7], row[8])


def period(filters: Filters, rollup: Rollup) -> tuple[date, date]:
    """The week when one is asked for (it may reach beyond the month), else the month; up to the last day counted."""
    if filters.week is not None:
        first = filters.week - timedelta(days=filters.week.weekday())
        last = first + timedelta(days=6)
    else:
        first, last = filters.month, end_of(filters.month)
    return first, min(last, rollup.last or last)


def _capacity(scope: Scope, filters: Filters) -> tuple[list[Capacity], int]:
    """By person, in the order of names. A client has no capacity, nor has one kind of hours."""
    if filters.client is not None or filters.kind:
        return [], 0
    rows = scope.rows(filters.unit, filters.person, source.below(filters.unit))
    when = Q(week=filters.week) if filters.week else Q(month=filters.month)
    sums = PersonWeek.objects.filter(rows, when).values("person_id", "person__name").annotate(**SUMS)
    found = list(sums.order_by("person__name", "person_id")[: PEOPLE + 1])
    left = sums.count() - PEOPLE if len(found) > PEOPLE else 0
    return [_person(row) for row in found[:PEOPLE]], left


def _person(row: Any) -> Capacity:
    def hours(minutes: int) -> str:
        return words.number(Decimal(minutes) / 60, 1)

    net = row["gross_min"] - row["holiday_min"] - row["leave_min"]
    value = row["billable_h"] / (Decimal(net) / 60) * 100 if net > 0 else None
    return Capacity(
        name=row["person__name"],
        gross=hours(row["gross_min"]),
        holiday=hours(row["holiday_min"]),
        leave=hours(row["leave_min"]),
        net=hours(net),
        billable=words.number(row["billable_h"], 1),
        other=words.number(row["other_h"], 1),
        value="" if value is None else words.number(value, 1),
    )


def _title(filters: Filters) -> str:
    if filters.week is not None:
        return _("Hours of %(week)s") % {"week": saying.week_days(filters.week)}
    return _("Hours of %(month)s") % {"month": saying.month_words(filters.month)}


def _chips(filters: Filters, *, known_client: bool) -> list[tuple[str, str]]:
    found = []
    if filters.unit is not None:
        name = Unit.objects.filter(pk=filters.unit).values_list("name", flat=True).first()
        found.append((name or "", rows_url(filters, unit=None)))
    if filters.person is not None:
        name = Person.objects.filter(pk=filters.person).values_list("name", flat=True).first()
        found.append((name or "", rows_url(filters, person=None)))
    if filters.client is not None:
        names = Partner.objects.filter(pk=filters.client if known_client else 0).values_list("name", flat=True)
        found.append((names.first() or _("no client"), rows_url(filters, client=None)))
    if filters.kind:
        name = _("billable") if filters.kind == "billable" else _("not billable")
        found.append((name, rows_url(filters, kind="")))
    return found
