"""The staff of the measures' tests with units, projects and hours: what the dashboards count."""

from datetime import UTC, date, datetime

from cockpit.accounts.models import Person, Unit
from integrations.mirror import models as mirror
from tests.measures import staffed
from tests.measures.staffed import PIA, SAM, VIC, WIM, XIA, YAN, worked
from tests.mirrored import mirrored

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
CLIENT, OTHER = 70, 71
BILLED, INTERNAL, CLOSED = 1, 2, 3


def units() -> dict[str, Unit]:
    de = Unit.objects.create(name="Halden & Roth GmbH", odoo_model="res.company", odoo_id=staffed.DE)
    us = Unit.objects.create(name="Halden & Roth Inc.", odoo_model="res.company", odoo_id=staffed.US)
    delivery = Unit.objects.create(name="Delivery", parent=de, odoo_model="hr.department", odoo_id=staffed.DELIVERY)
    pmo = Unit.objects.create(name="PMO", parent=de, odoo_model="hr.department", odoo_id=staffed.PMO)
    boston = Unit.objects.create(name="Boston", parent=us, odoo_model="hr.department", odoo_id=staffed.BOSTON)
    return {"de": de, "us": us, "delivery": delivery, "pmo": pmo, "boston": boston}


def projects() -> None:
    mirrored(mirror.Partner, CLIENT, name="Brandt AG")
    mirrored(mirror.Partner, OTHER, name="=Novalis <AG>")
    mirrored(mirror.Project, BILLED, name="Go-live Munich", partner_id=CLIENT, allow_billable=True)
    mirrored(mirror.Project, INTERNAL, name="Internal", allow_billable=False)
    mirrored(mirror.Project, CLOSED, name="Audit", partner_id=OTHER, allow_billable=True)


def hours() -> None:
    """October and November: two clients, a correction, two companies, somebody who moves, and who is not here."""
    staffed.batch = staffed.Batch()
    number = 100
    for day in staffed.days("2026-10-05", "2026-11-20"):
        if day.weekday() > 4:
            continue
        for employee, project, spent in ((SAM, BILLED, 6.5), (SAM, INTERNAL, 1.25), (VIC, BILLED, 3), (PIA, CLOSED, 2),
                                         (XIA, BILLED, 4), (40, CLOSED, 3), (WIM, BILLED, 8)):  # fmt: skip
            number += 1
            staffed.put(mirror.Timesheet, number, date=day, employee_id=employee, project_id=project, unit_amount=spent,
                        company_id=1, timesheet_invoice_type="billable_time" if project != INTERNAL else "non_billable",
                        name="=1+1 work")  # fmt: skip
    staffed.batch.write()
    staffed.batch = None
    worked(2, SAM, date(2026, 11, 3), -2.5)  # a correction
    worked(3, None, date(2026, 11, 3), 5)  # nobody's
    worked(4, 999, date(2026, 11, 3), 7)  # of an employee who is unknown here
    worked(5, SAM, date(2026, 11, 4), 1, project_id=INTERNAL)  # billable by type, but the project is not
    worked(6, SAM, date(2026, 11, 25), 8)  # not yet


def made() -> tuple[dict[int, Person], dict[str, Unit]]:
    projects()
    places = units()
    people = staffed.staff()
    hours()
    worked(1, YAN, date(2026, 11, 5), 8)
    return people, places
