"""Who is erased, taken out of the mirror; once Odoo has let them go, or the next pull would bring them back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from cockpit.accounts.erasing import ErasureRefusedError
from cockpit.accounts.masking import masking
from cockpit.accounts.models import Person
from integrations.mirror.models import Employee, OdooUser

EMPLOYEE = "UPDATE mirror_employee SET name = %s, work_email = %s, row_version = row_version + 1 WHERE odoo_id = %s"
USER = "UPDATE mirror_odoouser SET name = %s, login = %s, row_version = row_version + 1 WHERE odoo_id = %s"


def erase_person(person: Person, names: Sequence[str], *, actor: Any, at: datetime) -> dict[str, int]:
    """Raises ErasureRefusedError while Odoo itself still has the name."""
    mask = masking(names)
    employees = list(Employee.objects.filter(odoo_id=person.odoo_employee_id or 0))
    users = list(OdooUser.objects.filter(odoo_id=person.odoo_user_id or 0))
    known: list[Employee | OdooUser] = [*employees, *users]
    named = [row for row in known if mask(row.name or "") != (row.name or "")]
    if any(row.odoo_deleted_at is None for row in named):
        raise ErasureRefusedError(
            f"Odoo still has {person}: delete or rename the employee and the user there first, and let it be read."
        )
    with connection.cursor() as cursor:  # the mirror's models refuse it: only Odoo changes them, and this
        for one in employees:
            cursor.execute(EMPLOYEE, [mask(one.name or ""), mask(one.work_email or ""), one.pk])
        for other in users:
            cursor.execute(USER, [mask(other.name or ""), mask(other.login or ""), other.pk])
    return {"mirror": len(named)}
