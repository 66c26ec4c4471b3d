"""Utilization over a million timesheets: the kept sums against plain SQL over the mirror, and the page itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from cockpit.accounts.models import Unit
from dashboards import rollups
from delivery.measures.utilization import BILLABLE, LINES, billable_kinds
from integrations.mirror import models as mirror
from tests.bench import databases
from tests.bench.figures import Figure, medians
from tests.cast import Firm, firm
from tests.measures import staffed
from tests.visiting import visitor

LINES_MANY, PEOPLE, PROJECTS, DEPARTMENTS = 1_000_000, 1_000, 400, 40
MONTHS = 13
NAME = "cockpit_bench_hours"
PLAIN = f"""SELECT who.person_id, date_trunc('month', t.date)::date, sum(t.unit_amount) FILTER (WHERE {BILLABLE}),
    sum(t.unit_amount) {LINES} GROUP BY 1, 2"""
KEPT = """SELECT person_id, month, sum(billable_h), sum(billable_h + other_h) FROM dashboards_personweek
    WHERE month BETWEEN %(first)s AND %(last)s GROUP BY 1, 2"""


def run(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    try:
        databases.make(NAME)
        people, lines = max(20, round(PEOPLE * scale)), max(1000, round(LINES_MANY * scale))
        now = timezone.now()
        cast = fill(people, lines, now)
        say(f"{NAME}: {lines:,} timesheets of {people:,} people")
        made = rollups.refresh(at=now, whole=True)
        say(f"sums made for {made.cells:,} person-months")
        yield from _figures(cast, lines, now)
    finally:
        databases.drop(NAME)


def _figures(cast: Firm, lines: int, now: datetime) -> Iterator[Figure]:
    month = now.date().replace(day=1)
    first = (month - timedelta(days=30 * (MONTHS - 1))).replace(day=1)
    span = {"first": first, "last": now.date() - timedelta(days=1), "kinds": list(billable_kinds())}
    if _answer(KEPT, span) != _answer(PLAIN, span):
        raise RuntimeError("The kept sums and the mirror do not agree: no figure would mean anything.")
    kept, plain = medians([lambda: _rows(KEPT, span), lambda: _rows(PLAIN, span)], runs=5, warm=1)
    yield Figure(f"utilization: sums / SQL over {lines:,} timesheets", kept, plain, ratio_least=10)
    lea = visitor(cast, "lea")

    def page() -> None:
        if (status := lea.get("/utilization/").status_code) != 200:
            raise RuntimeError(f"the utilization page answered {status}")

    [warm] = medians([page])
    yield Figure("utilization: page, warm", warm, most=100)


def _rows(query: str, span: dict[str, Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, span)
        return cursor.fetchall()


def _answer(query: str, span: dict[str, Any]) -> dict[tuple[int, date], tuple]:
    """Hours by person and month, without the months in which nothing was worked."""
    return {(row[0], row[1]): (row[2] or 0, row[3]) for row in _rows(query, span) if row[3]}


def fill(people: int, lines: int, now: datetime) -> Firm:
    """The cast, people in departments under the German company, and lines over the working days behind them."""
    cast = firm()
    for number in range(DEPARTMENTS):
        Unit.objects.create(name=f"Delivery {number}", parent=cast.de, odoo_model="hr.department", odoo_id=100 + number)
    staffed.batch = staffed.Batch()
    staffed.week(staffed.FULL, "Europe/Berlin", staffed.DE, range(5), (9, 12), (12, 13), (13, 18))
    for number in range(people):
        staffed.employ(1000 + number, department=100 + number % DEPARTMENTS, name=f"Person {number:04}")
    for number in range(PROJECTS):
        client, paid = 1 + number % 60, number % 10 > 0
        staffed.put(mirror.Project, 1 + number, name=f"Project {number}", partner_id=client, allow_billable=paid)
    for number in range(60):
        staffed.put(mirror.Partner, 1 + number, name=f"Client {number}")
    staffed.put(mirror.Timesheet, 1, employee_id=1000, date=date(2020, 1, 6), unit_amount=2, company_id=1, project_id=1,
                timesheet_invoice_type="billable_time", name="Work")  # fmt: skip
    staffed.batch.write()
    staffed.batch = None
    monday = now.date() - timedelta(days=now.date().weekday())
    day = f"((n - 1) / {4 * people})"  # four lines of everybody on each working day, the newest first
    with databases.bulk("mirror_timesheet"):
        databases.multiply("mirror_timesheet", [1], lines, key="odoo_id", values={
            "odoo_id": "1 + n", "employee_id": f"1000 + n % {people}",
            "project_id": f"1 + n::bigint * 7919 % {PROJECTS}",
            "date": f"date '{monday}' - (3 + {day} % 5 + 7 * ({day} / 5))::int",
            "unit_amount": "1 + (n % 5) * 0.5", "name": "'Work on part ' || n % 37",
            "timesheet_invoice_type": "CASE WHEN n % 6 = 0 THEN 'non_billable' ELSE 'billable_time' END",
        })  # fmt: skip
    for table in ("mirror_project", "accounts_person", "mirror_employee"):
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {table}")
    return cast
