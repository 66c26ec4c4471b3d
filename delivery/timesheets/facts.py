"""Who booked how much in which week, and at what rate their hours are usually invoiced. Reads the mirror alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Max, Sum
from django.utils.translation import gettext as _

from cockpit.accounts.models import Person
from cockpit.exception_queue.rules import RuleWaitsError
from delivery.measures.staff import person_of_employee
from delivery.models import TimesheetRule
from delivery.timesheets.rules import Week
from integrations.mirror.models import Cursor, Timesheet

MODELS = ("account.analytic.line", "hr.employee", "hr.leave", "resource.calendar", "resource.calendar.attendance")
RATE_DAYS = 180

# An invoice tells a rate where all it bills are hours: its lines' quantities are the hours that were put on it.
RATES = """
    WITH billed AS (
        SELECT t.timesheet_invoice_id AS move_id, sum(t.unit_amount) AS hours FROM mirror_timesheet t
        WHERE t.timesheet_invoice_id IS NOT NULL AND t.date >= %(since)s AND t.odoo_deleted_at IS NULL
        GROUP BY 1 HAVING sum(t.unit_amount) > 0
    ), priced AS (
        SELECT b.move_id, i.currency_id, sum(l.price_subtotal) / b.hours AS rate FROM billed b
        JOIN mirror_invoice i ON i.odoo_id = b.move_id AND i.move_type = 'out_invoice' AND i.odoo_state = 'posted'
        JOIN mirror_invoiceline l ON l.move_id = b.move_id AND l.display_type = 'product' AND l.odoo_deleted_at IS NULL
        GROUP BY b.move_id, i.currency_id, b.hours HAVING abs(sum(l.quantity) - b.hours) < 0.01
    )
    SELECT t.employee_id, c.name, sum(t.unit_amount * p.rate) / sum(t.unit_amount), sum(t.unit_amount) AS hours
    FROM mirror_timesheet t JOIN priced p ON p.move_id = t.timesheet_invoice_id
    JOIN mirror_currency c ON c.odoo_id = p.currency_id
    WHERE t.date >= %(since)s AND t.odoo_deleted_at IS NULL AND t.employee_id = ANY(%(employees)s)
    GROUP BY 1, 2 HAVING sum(t.unit_amount) > 0 ORDER BY hours
"""


@dataclass(frozen=True)
class Rate:
    """What an hour of a person was usually invoiced at, before tax."""

    amount: Decimal
    currency: str


def check_mirror(*, at: datetime) -> datetime:
    """When the oldest of what is needed was read. Raises RuleWaitsError while something was never read."""
    rows = dict(Cursor.objects.filter(model__in=MODELS, done_to__isnull=False).values_list("model", "fresh_at"))
    if missing := [model for model in MODELS if rows.get(model) is None]:
        said = _("Odoo has not been read completely yet: %(models)s.")
        raise RuleWaitsError(said % {"models": ", ".join(missing)})
    return min(fresh for fresh in rows.values() if fresh is not None)


def rule() -> TimesheetRule:
    return TimesheetRule.objects.first() or TimesheetRule(pk=1)


def booked(first: date, last: date) -> tuple[dict[tuple[int, Week], Decimal], dict[int, date]]:
    """(person, week) → hours entered; person → the day of their last entry before or in the time. Three queries."""
    persons = person_of_employee()
    rows = Timesheet.objects.live().filter(date__range=(first, last), employee_id__in=persons)
    hours: dict[tuple[int, Week], Decimal] = defaultdict(Decimal)
    for employee, day, total in rows.values_list("employee_id", "date").annotate(total=Sum("unit_amount")):
        hours[persons[employee], Week.of(day)] += total
    return hours, _last_entries(persons, last)


def _last_entries(persons: dict[int, int], last: date) -> dict[int, date]:
    rows = Timesheet.objects.live().filter(employee_id__in=persons, date__lte=last)
    found: dict[int, date] = {}
    for employee, day in rows.values_list("employee_id").annotate(day=Max("date")):
        person = persons[employee]
        found[person] = max(day, found.get(person, day))
    return found


def people() -> list[Person]:
    """Whoever works here now and is an employee in Odoo."""
    here = Person.objects.filter(active=True, odoo_employee_id__isnull=False)
    return list(here.select_related("unit", "manager").order_by("pk"))


def rates(persons: Collection[Person], *, at: datetime) -> dict[int, Rate]:
    """Person → usual rate, from posted invoices that bill nothing but hours; a person without one is left out."""
    of_employee = {one.odoo_employee_id: one.pk for one in persons}
    since = (at - timedelta(days=RATE_DAYS)).date()
    with connection.cursor() as cursor:
        cursor.execute(RATES, {"since": since, "employees": list(of_employee)})
        rows = cursor.fetchall()
    return {of_employee[employee]: Rate(Decimal(amount), currency) for employee, currency, amount, _hours in rows}
