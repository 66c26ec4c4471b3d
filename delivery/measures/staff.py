"""Who is who: employees of Odoo as persons, with all versions that hold. Reads the mirror, never Odoo."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Max, Min

from integrations.mirror.models import Employee, EmployeeVersion, Timesheet

from .employment import Span, Version, placements, spans

# Odoo keeps one employee per company for one human, with one user: the first that is here stands for all of them.
PERSON_OF_EMPLOYEE = """
    SELECT f.employee_id, p.id AS person_id FROM (
        SELECT odoo_id AS employee_id, CASE WHEN coalesce(user_id, 0) = 0 THEN odoo_id ELSE first_value(odoo_id) OVER (
            PARTITION BY user_id ORDER BY (NOT active OR odoo_deleted_at IS NOT NULL), odoo_id) END AS first_id
        FROM mirror_employee) f
    JOIN accounts_person p ON p.odoo_employee_id = f.first_id
"""


@dataclass(frozen=True)
class Member:
    """One employee record of a person."""

    employee_id: int
    person_id: int
    zone: str
    company_id: int | None
    versions: tuple[Version, ...]
    here: bool
    first_worked: date | None
    last_worked: date | None

    def spans(self) -> list[Span]:
        return spans(self.versions, here=self.here, first_worked=self.first_worked, last_worked=self.last_worked)

    def placements(self) -> list[Span]:
        return placements(self.versions)


def person_of_employee() -> dict[int, int]:
    """Employee in Odoo → person. One query."""
    with connection.cursor() as cursor:
        cursor.execute(PERSON_OF_EMPLOYEE)
        return dict(cursor.fetchall())


def members(person_ids: Collection[int] | None = None) -> list[Member]:
    """The employee records of `person_ids` (None: everybody's), by employee. Four queries."""
    persons = person_of_employee()
    if person_ids is not None:
        wanted = set(person_ids)
        persons = {employee: person for employee, person in persons.items() if person in wanted}
    rows = Employee.objects.filter(pk__in=persons).order_by("pk")
    versions = _versions(persons)
    worked = _worked([each for each in rows if _asks_timesheets(each, versions[each.pk])])
    return [
        Member(
            employee_id=each.pk,
            person_id=persons[each.pk],
            zone=each.tz or "",
            company_id=each.company_id,
            versions=tuple(versions[each.pk] or [_only_version(each)]),
            here=_is_here(each),
            first_worked=worked.get(each.pk, (None, None))[0],
            last_worked=worked.get(each.pk, (None, None))[1],
        )
        for each in rows
    ]


def _is_here(employee: Employee) -> bool:
    return employee.active and employee.odoo_deleted_at is None


def _versions(employees: Collection[int]) -> dict[int, list[Version]]:
    found: dict[int, list[Version]] = defaultdict(list)
    rows = EmployeeVersion.objects.live().filter(employee_id__in=employees, active=True, date_version__isnull=False)
    for row in rows.order_by("employee_id", "date_version"):
        found[row.employee_id or 0].append(
            Version(
                since=row.date_version or date.max,
                calendar_id=row.resource_calendar_id,
                department_id=row.department_id,
                company_id=row.company_id,
                contract_start=row.contract_date_start,
                contract_end=row.contract_date_end,
                departure=row.departure_date,
            )
        )
    return found


def _only_version(employee: Employee) -> Version:
    """Before Odoo 19 there is one truth for all time: the employee's own. It begins with the first timesheet."""
    return Version(date.max, employee.resource_calendar_id, employee.department_id, employee.company_id)


def _asks_timesheets(employee: Employee, versions: list[Version]) -> bool:
    starts_known = bool(versions) and versions[0].contract_start is not None
    ends_known = _is_here(employee) or (bool(versions) and bool(versions[-1].contract_end or versions[-1].departure))
    return not (starts_known and ends_known)


def _worked(employees: Collection[Employee]) -> dict[int, tuple[date, date]]:
    """Employee → the days of the first and the last timesheet."""
    rows = Timesheet.objects.live().filter(employee_id__in=[each.pk for each in employees], date__isnull=False)
    found = rows.values("employee_id").annotate(first=Min("date"), last=Max("date"))
    return {row["employee_id"]: (row["first"], row["last"]) for row in found}
