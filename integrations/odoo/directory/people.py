"""Employees become persons; their approved leave becomes absence, without a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models.functions import Lower

from cockpit import audit
from cockpit.accounts.models import Person, Unit, User
from cockpit.time.models import Absence
from integrations.mirror.models import Employee, Leave, OdooUser

from .calendars import ACTOR, time_zone, with_hours
from .difference import Change, Difference, bring_in_line, set_values
from .units import COMPANY, DEPARTMENT

PRIVATE = {"name", "email"}  # the audit says that they changed, not to what


def project(*, at: datetime) -> bool:
    """Persons, their managers, their sign-ins and their absence; whether any absence changed."""
    gone = Person.objects.filter(erased_at__isnull=False, odoo_employee_id__isnull=False)
    kept = Employee.objects.exclude(odoo_id__in=gone.values("odoo_employee_id"))
    every = {each.odoo_id: each for each in kept.order_by("odoo_id")}
    firsts = _first_of_each_user(every)
    employees = {odoo_id: each for odoo_id, each in every.items() if firsts[odoo_id] == odoo_id}
    logins = {each.odoo_id: (each.login or "").lower() for each in OdooUser.objects.live()}
    _retire(every.keys() - employees.keys())
    _adopt(employees, logins)
    rows = {person.odoo_employee_id: person for person in Person.objects.filter(odoo_employee_id__isnull=False)}
    known = {odoo_id: person for odoo_id, person in rows.items() if odoo_id is not None}
    found = bring_in_line(known, _wanted(employees, logins), Person)
    made = dict(Person.objects.filter(odoo_employee_id__in=employees).values_list("odoo_employee_id", "pk"))
    persons = {odoo_id: made[first] for odoo_id, first in firsts.items()}
    _set_managers(employees, persons, found)
    _link_sign_ins(logins, found)
    _audit(found, at=at)
    return _project_absence(persons, at=at)


def _first_of_each_user(employees: dict[int, Employee]) -> dict[int, int]:
    """Employee → the employee that stands for the same human: Odoo keeps one per company, with one user.

    Two persons for one human would let them approve what they asked for.
    """
    firsts: dict[int, int] = {}
    for each in sorted(employees.values(), key=lambda each: (not _is_here(each), each.odoo_id)):
        if each.user_id:
            firsts.setdefault(each.user_id, each.odoo_id)
    return {odoo_id: firsts.get(each.user_id or 0, odoo_id) for odoo_id, each in employees.items()}


def _is_here(employee: Employee) -> bool:
    return employee.active and employee.odoo_deleted_at is None


def _retire(seconds: Iterable[int]) -> None:
    """Persons made while their employee had no user yet, or another; the human's first person stays."""
    Person.objects.filter(odoo_employee_id__in=seconds).update(active=False, odoo_user_id=None)


def _wanted(employees: dict[int, Employee], logins: dict[int, str]) -> dict[int, dict[str, Any]]:
    units = {(model, odoo_id): pk for model, odoo_id, pk in Unit.objects.values_list("odoo_model", "odoo_id", "pk")}
    calendars = with_hours()
    return {
        odoo_id: {
            "odoo_employee_id": odoo_id,
            "odoo_user_id": each.user_id,
            "name": (each.name or f"Employee {odoo_id}")[:200],
            "email": _email(each, logins),
            "unit_id": units.get((DEPARTMENT, each.department_id)) or units.get((COMPANY, each.company_id)),
            "calendar_id": calendars.get(each.resource_calendar_id or 0),
            "time_zone": time_zone(each.tz),
            "active": _is_here(each),
        }
        for odoo_id, each in employees.items()
    }


def _email(employee: Employee, logins: dict[int, str]) -> str:
    """The work address, else the login where that is an address."""
    login = logins.get(employee.user_id or 0, "")
    said = (employee.work_email or (login if "@" in login else "")).strip().lower()
    return said if len(said) <= 254 else ""


def _adopt(employees: dict[int, Employee], logins: dict[int, str]) -> None:
    """A person made by hand is the employee (or at least the user) with the same address: never two of one."""
    strangers = Person.objects.filter(odoo_employee_id=None).exclude(email="").annotate(address=Lower("email"))
    by_address = {person.address: person for person in strangers}
    taken = set(Person.objects.exclude(odoo_employee_id=None).values_list("odoo_employee_id", flat=True))
    for odoo_id, employee in employees.items():
        person = by_address.get(_email(employee, logins))
        if person and odoo_id not in taken and person.odoo_employee_id is None and employee.active:
            person.odoo_employee_id = odoo_id
            person.save(update_fields=["odoo_employee_id"])
    for user_id, login in logins.items():
        person = by_address.get(login)
        if person and person.odoo_employee_id is None and person.odoo_user_id != user_id:
            person.odoo_user_id = user_id
            person.save(update_fields=["odoo_user_id"])


def _set_managers(employees: dict[int, Employee], persons: dict[int, int], found: Difference[Person]) -> None:
    changed = []
    for person in Person.objects.filter(odoo_employee_id__in=employees):
        manager = persons.get(employees[person.odoo_employee_id or 0].parent_id or 0)
        if change := set_values(person, {"manager_id": manager if manager != person.pk else None}):
            changed.append((person, change))
    Person.objects.bulk_update([person for person, _ in changed], ["manager_id"], batch_size=1000)
    found.changed += changed


def _link_sign_ins(logins: dict[int, str], found: Difference[Person]) -> None:
    """Give a person the sign-in of the same address, once: not one that is taken, not one that two would claim."""
    free = {user.email.lower(): user for user in User.objects.filter(person__isnull=True)}
    waiting = list(Person.objects.filter(user=None, active=True, odoo_employee_id__isnull=False)) if free else []
    claims = {person: {person.email, logins.get(person.odoo_user_id or 0, "")} & free.keys() for person in waiting}
    demand = Counter(address for addresses in claims.values() for address in addresses)
    for person, addresses in claims.items():
        if len(addresses) == 1 and demand[address := addresses.pop()] == 1:
            person.user = free[address]
            person.save(update_fields=["user"])
            found.changed.append((person, {"user_id": (None, free[address].pk)}))


def _audit(found: Difference[Person], *, at: datetime) -> None:
    acts = [audit.Act(f"accounts.person:{person.pk}", "accounts.person.create") for person in found.created]
    acts += [
        audit.Act(f"accounts.person:{person.pk}", "accounts.person.change", _said(change))
        for person, change in found.changed
    ]
    audit.record_all(acts, actor=ACTOR, at=at)


def _said(change: Change) -> dict[str, Any]:
    return {name: "changed" if name in PRIVATE else [was, now] for name, (was, now) in change.items()}


def _project_absence(persons: dict[int, int], *, at: datetime) -> bool:
    leaves = Leave.objects.live().filter(odoo_state="validate")
    wanted = {
        leave.odoo_id: {
            "odoo_id": leave.odoo_id,
            "person_id": persons[leave.employee_id],
            "start_at": leave.date_from,
            "end_at": leave.date_to,
        }
        for leave in leaves
        if leave.employee_id in persons and leave.date_from and leave.date_to and leave.date_from <= leave.date_to
    }
    rows = {row.odoo_id: row for row in Absence.objects.filter(odoo_id__isnull=False) if row.odoo_id is not None}
    gone = [row for odoo_id, row in rows.items() if odoo_id not in wanted]
    Absence.objects.filter(pk__in=[row.pk for row in gone]).delete()
    found = bring_in_line(rows, wanted, Absence)
    touched = {row.person_id for row in [*gone, *found.touched]}
    acts = [audit.Act(f"accounts.person:{pk}", "accounts.person.absence") for pk in sorted(touched)]
    audit.record_all(acts, actor=ACTOR, at=at)
    return bool(touched)
