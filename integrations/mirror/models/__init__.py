"""Odoo's records as they are known here, one file per area, and the pull's own rows."""

from .base import MirrorModel, MirrorQuerySet, Number, ReadOnlyMirrorError
from .company import Company, Currency, CurrencyRate
from .documents import Attachment
from .invoices import Invoice, InvoiceLine
from .partners import Partner, PartnerTag
from .people import Department, Employee, EmployeeVersion, Leave, OdooUser
from .projects import Project, Timesheet
from .pulls import Cursor, Dirty, Installation, PullRun, PullStatus
from .work_time import CalendarAttendance, CalendarLeave, WorkCalendar

__all__ = [
    "Attachment",
    "CalendarAttendance",
    "CalendarLeave",
    "Company",
    "Currency",
    "CurrencyRate",
    "Cursor",
    "Department",
    "Dirty",
    "Employee",
    "EmployeeVersion",
    "Installation",
    "Invoice",
    "InvoiceLine",
    "Leave",
    "MirrorModel",
    "MirrorQuerySet",
    "Number",
    "OdooUser",
    "Partner",
    "PartnerTag",
    "Project",
    "PullRun",
    "PullStatus",
    "ReadOnlyMirrorError",
    "Timesheet",
    "WorkCalendar",
]
