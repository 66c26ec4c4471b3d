"""Odoo's records as they are known here, one file per area, and the pull's own rows."""

from .base import MirrorModel, MirrorQuerySet, Number, ReadOnlyMirrorError
from .company import Company, Currency, CurrencyRate
from .costs import AnalyticAccount, Expense, PurchaseOrder, PurchaseOrderLine
from .documents import Activity, ActivityType, Attachment
from .invoices import OF_CLIENTS, Invoice, InvoiceLine
from .partners import Partner, PartnerTag, PaymentTerm
from .people import Department, Employee, EmployeeVersion, Leave, OdooUser
from .planning import PlanningSlot
from .products import Product, ProductCategory, ProductTag, ProductTemplate, UnitOfMeasure
from .projects import (
    EmployeeRate,
    Milestone,
    Project,
    ProjectStage,
    ProjectTag,
    ProjectUpdate,
    Task,
    TaskStage,
    Timesheet,
)
from .pulls import Absence, Cursor, Dirty, Installation, PullRun, PullStatus, UsedId
from .sales import Lead, LeadStage, LostReason, SaleOrder, SaleOrderLine, SalesTag, SalesTeam
from .skills import EmployeeSkill, Job, Skill, SkillLevel, SkillType
from .support import HelpdeskStage, HelpdeskTeam, Ticket, TicketCategory, TicketStage, TicketTeam
from .work_time import CalendarAttendance, CalendarLeave, WorkCalendar

__all__ = [
    "OF_CLIENTS",
    "Absence",
    "Activity",
    "ActivityType",
    "AnalyticAccount",
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
    "EmployeeRate",
    "EmployeeSkill",
    "EmployeeVersion",
    "Expense",
    "HelpdeskStage",
    "HelpdeskTeam",
    "Installation",
    "Invoice",
    "InvoiceLine",
    "Job",
    "Lead",
    "LeadStage",
    "Leave",
    "LostReason",
    "Milestone",
    "MirrorModel",
    "MirrorQuerySet",
    "Number",
    "OdooUser",
    "Partner",
    "PartnerTag",
    "PaymentTerm",
    "PlanningSlot",
    "Product",
    "ProductCategory",
    "ProductTag",
    "ProductTemplate",
    "Project",
    "ProjectStage",
    "ProjectTag",
    "ProjectUpdate",
    "PullRun",
    "PullStatus",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ReadOnlyMirrorError",
    "SaleOrder",
    "SaleOrderLine",
    "SalesTag",
    "SalesTeam",
    "Skill",
    "SkillLevel",
    "SkillType",
    "Task",
    "TaskStage",
    "Ticket",
    "TicketCategory",
    "TicketStage",
    "TicketTeam",
    "Timesheet",
    "UnitOfMeasure",
    "UsedId",
    "WorkCalendar",
]
