"""Companies are roots, departments hang below them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cockpit import audit
from cockpit.accounts.models import Unit
from integrations.mirror.models import Company, Currency, Department

from .calendars import ACTOR, with_hours
from .difference import set_values

COMPANY, DEPARTMENT = "res.company", "hr.department"


def project(*, at: datetime) -> None:
    """Units for every company and department that is or was; what left Odoo becomes inactive and keeps its place."""
    projected = Unit.objects.exclude(odoo_id=None).select_related("parent")
    units = {(unit.odoo_model, unit.odoo_id): unit for unit in projected}
    acts = []
    for company in Company.objects.order_by("odoo_id"):
        acts += _put(units, COMPANY, company.odoo_id, _of_company(company))
    for department, parent_id in _parents_first():
        acts += _put(units, DEPARTMENT, department.odoo_id, _of_department(department, parent_id, units))
    audit.record_all(acts, actor=ACTOR, at=at)


def _of_company(company: Company) -> dict[str, Any]:
    return {
        "parent": None,
        "name": _name(company),
        "currency": Currency.objects.filter(pk=company.currency_id).values_list("name", flat=True).first() or "",
        "calendar_id": with_hours().get(company.resource_calendar_id or 0),
        "active": company.active and company.odoo_deleted_at is None,
    }


def _of_department(
    department: Department, parent_id: int | None, units: dict[tuple[str, int | None], Unit]
) -> dict[str, Any]:
    """Below its parent, else below its company; a department that names neither belongs to the first company."""
    company = units.get((COMPANY, department.company_id)) or next(iter(units.values()), None)
    above = units.get((DEPARTMENT, parent_id)) or company
    return {
        "parent": above,
        "name": _name(department),
        "currency": above.currency if above else "",
        "calendar_id": above.calendar_id if above else None,
        "active": department.active and department.odoo_deleted_at is None,
    }


def _name(record: Company | Department) -> str:
    return (record.name or f"#{record.odoo_id}")[:200]


def _parents_first() -> Iterator[tuple[Department, int | None]]:
    """Departments with their parent. Half of a reorganisation may look like a circle: there the first one has none."""
    waiting = {each.odoo_id: each for each in Department.objects.order_by("odoo_id")}
    while waiting:
        ready = [each for each in waiting.values() if each.parent_id not in waiting]
        for department in ready or list(waiting.values())[:1]:
            del waiting[department.odoo_id]
            yield department, department.parent_id if ready else None


def _put(
    units: dict[tuple[str, int | None], Unit], model: str, odoo_id: int, values: dict[str, Any]
) -> list[audit.Act]:
    unit = units.get((model, odoo_id)) or Unit(odoo_model=model, odoo_id=odoo_id)
    is_new = unit.pk is None
    change = set_values(unit, values)
    if not (is_new or change):
        return []
    unit.parent = values["parent"]  # the very object: its path may have moved a moment ago
    unit.save()
    units[model, odoo_id] = unit
    data = {name: [_plain(was), _plain(now)] for name, (was, now) in change.items()}
    return [audit.Act(f"accounts.unit:{unit.pk}", f"accounts.unit.{'create' if is_new else 'change'}", data)]


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, Unit) else value
