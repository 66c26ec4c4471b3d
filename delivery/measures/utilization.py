"""Billable utilization: billable hours ÷ capacity, by person, by the department of that day, by client.

*Net* divides by the hours that public holidays and leave left; *gross* by those of the working calendar. Hours count
where they were worked: on their date, for the human who stands behind the employee, in the department in which that
human was on that day. Negative lines (corrections) count as they are. Hours without an employee, or of an employee
whom the cockpit does not know, have no capacity and do not count; `uncounted` says how many they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from django.conf import settings
from django.db import connection

from cockpit.accounts.models import Person, Unit

from . import capacity
from .employment import timeline
from .staff import PERSON_OF_EMPLOYEE, Member

Basis = Literal["net", "gross"]
ZERO = Decimal()
# A line is billable when Odoo says that it is invoiced in one of these ways and its project may be invoiced at all.
BILLABLE = "(t.timesheet_invoice_type = ANY(%(kinds)s) AND coalesce(p.allow_billable, false))"
LINES = f"""
    FROM mirror_timesheet t
    JOIN ({PERSON_OF_EMPLOYEE}) who ON who.employee_id = t.employee_id
    LEFT JOIN mirror_project p ON p.odoo_id = t.project_id
    WHERE t.odoo_deleted_at IS NULL AND t.date BETWEEN %(first)s AND %(last)s
"""


@dataclass(frozen=True)
class Totals:
    """Minutes of capacity and hours of work; sums of any slice, as long as no piece is in it twice."""

    gross_min: int = 0
    holiday_min: int = 0
    leave_min: int = 0
    billable_h: Decimal = ZERO
    other_h: Decimal = ZERO

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.gross_min + other.gross_min,
            self.holiday_min + other.holiday_min,
            self.leave_min + other.leave_min,
            self.billable_h + other.billable_h,
            self.other_h + other.other_h,
        )

    @property
    def net_min(self) -> int:
        return self.gross_min - self.holiday_min - self.leave_min

    @property
    def worked_h(self) -> Decimal:
        return self.billable_h + self.other_h

    def capacity_h(self, basis: Basis) -> Decimal:
        return Decimal(self.net_min if basis == "net" else self.gross_min) / 60

    def utilization(self, basis: Basis) -> Decimal | None:
        """Per cent; None where there is no capacity, so that nothing is divided by nothing."""
        hours = self.capacity_h(basis)
        return self.billable_h / hours * 100 if hours > 0 else None


class Piece(NamedTuple):
    """The grain: one person in one unit in one week, cut at the month's end."""

    person_id: int
    unit_id: int | None
    month: date
    week: date


class Placed(NamedTuple):
    """Where somebody belongs from `first` to `last`, both included. Without gaps from the first day to the last."""

    person_id: int
    unit_id: int | None
    first: date
    last: date


def month_of(day: date) -> date:
    return day.replace(day=1)


def week_of(day: date) -> date:
    """Its Monday."""
    return day - timedelta(days=day.weekday())


def billable_kinds() -> list[str]:
    return list(settings.BILLABLE_KINDS)


def placed(staff: Iterable[Member]) -> list[Placed]:
    """Every person's units over time, from the departments of their versions. Two queries."""
    homes = dict(Person.objects.values_list("pk", "unit_id"))
    units = {(model, odoo_id): pk for model, odoo_id, pk in Unit.objects.values_list("odoo_model", "odoo_id", "pk")}
    first_of = set(Person.objects.filter(odoo_employee_id__isnull=False).values_list("odoo_employee_id", flat=True))
    records: dict[int, list[Member]] = defaultdict(list)
    for member in staff:
        records[member.person_id].append(member)
    found: list[Placed] = []
    for person_id, own in records.items():
        own.sort(key=lambda one: (not one.here, one.employee_id not in first_of, one.employee_id))
        for span in timeline([one.spans() for one in own], own[0].placements()):
            unit = units.get(("hr.department", span.department_id)) or units.get(("res.company", span.company_id))
            found.append(Placed(person_id, unit or homes.get(person_id), span.first, span.last))
    return _joined(found)


def _joined(found: list[Placed]) -> list[Placed]:
    joined: list[Placed] = []
    for one in found:
        if joined and joined[-1][:2] == one[:2]:
            joined[-1] = joined[-1]._replace(last=one.last)
        else:
            joined.append(one)
    return joined


def capacity_pieces(
    staff: Sequence[Member], places: Iterable[Placed], first: date, last: date
) -> dict[Piece, tuple[int, int, int]]:
    """Gross, holiday and leave in minutes. Four queries."""
    days = capacity.of_members(staff, first, last)
    dates = [first + timedelta(days=count) for count in range((last - first).days + 1)]
    frames = [(day, month_of(day), week_of(day)) for day in dates]
    found: dict[Piece, tuple[int, int, int]] = {}
    for person_id, unit_id, begins, ends in places:
        start, end = max((begins - first).days, 0), min((ends - first).days + 1, len(dates))
        for day, month, week in frames[start : max(start, end)]:
            if (one := days.get((person_id, day))) and one.gross_min:
                piece = Piece(person_id, unit_id, month, week)
                gross, holiday, leave = found.get(piece, (0, 0, 0))
                found[piece] = (gross + one.gross_min, holiday + one.holiday_min, leave + one.leave_min)
    return found


def hours_pieces(
    places: Collection[Placed], first: date, last: date, *, cells: Collection[tuple[int, date]] | None = None
) -> dict[tuple[Piece, int], tuple[Decimal, Decimal]]:
    """(piece, client) → billable and other hours, from the mirror's lines. Client 0: the project has none. One query.

    `cells` limits it to some (person, month).
    """
    limit = ""
    values: dict[str, Any] = {"kinds": billable_kinds(), "first": first, "last": last} | _arrays(places)
    if cells is not None:
        limit = """JOIN unnest(%(cell_person)s::bigint[], %(cell_month)s::date[]) AS c(person_id, month)
            ON c.person_id = l.person_id AND c.month = l.month"""
        values |= {"cell_person": [one for one, _ in cells], "cell_month": [month for _, month in cells]}
    sql = f"""
        WITH l AS (
            SELECT who.person_id, t.date, date_trunc('month', t.date)::date AS month,
                date_trunc('week', t.date)::date AS week, coalesce(p.partner_id, 0) AS client,
                t.unit_amount AS hours, {BILLABLE} AS billable {LINES})
        SELECT l.person_id, pl.unit_id, l.month, l.week, l.client,
            coalesce(sum(l.hours) FILTER (WHERE l.billable), 0), coalesce(sum(l.hours) FILTER (WHERE NOT l.billable), 0)
        FROM l {limit}
        JOIN unnest(%(person)s::bigint[], %(unit)s::bigint[], %(since)s::date[], %(until)s::date[])
            AS pl(person_id, unit_id, first, last) ON pl.person_id = l.person_id AND l.date BETWEEN pl.first AND pl.last
        GROUP BY 1, 2, 3, 4, 5"""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return {(Piece(*row[:4]), row[4]): (row[5], row[6]) for row in cursor.fetchall()}


def _arrays(places: Iterable[Placed]) -> dict[str, list]:
    columns = list(zip(*places, strict=True)) or [(), (), (), ()]
    return dict(zip(("person", "unit", "since", "until"), map(list, columns), strict=True))


def uncounted(first: date, last: date) -> Decimal:
    """Hours of lines whose employee stands for nobody here. One query."""
    sql = f"""SELECT coalesce(sum(t.unit_amount), 0) FROM mirror_timesheet t
        WHERE t.odoo_deleted_at IS NULL AND t.date BETWEEN %s AND %s
        AND NOT EXISTS (SELECT FROM ({PERSON_OF_EMPLOYEE}) who WHERE who.employee_id = t.employee_id)"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [first, last])
        return cursor.fetchone()[0]
