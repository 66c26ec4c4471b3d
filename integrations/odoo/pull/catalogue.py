"""All maps, in the order in which a round reads them: what others point to comes first."""

from .areas import money, people, projects, sales, support
from .areas.money import CUSTOMER_INVOICES, INVOICE, INVOICE_LINE
from .areas.people import CALENDAR_ATTENDANCE, EMPLOYEE_VERSION, LEAVE
from .areas.projects import TIMESHEET
from .areas.reasons import DIRECTORY, EXPENSE_CHANGED, INVOICE_CHANGED, LOADED, ORDER_CHANGED
from .areas.sales import PARTNER, PARTNER_TAG
from .maps import Map

MAPS = (
    people.COMPANY,
    people.CURRENCY,
    people.CURRENCY_RATE,
    people.USER,
    people.WORK_CALENDAR,
    people.CALENDAR_ATTENDANCE,
    people.CALENDAR_LEAVE,
    people.DEPARTMENT,
    people.JOB,
    people.EMPLOYEE,
    people.EMPLOYEE_VERSION,
    people.LEAVE,
    people.SKILL_TYPE,
    people.SKILL_LEVEL,
    people.SKILL,
    people.EMPLOYEE_SKILL,
    sales.PARTNER_TAG,
    sales.PAYMENT_TERM,
    sales.PARTNER,
    sales.PRODUCT_CATEGORY,
    sales.PRODUCT_TAG,
    sales.UNIT_OF_MEASURE,
    sales.PRODUCT_TEMPLATE,
    sales.PRODUCT,
    sales.LEAD_STAGE,
    sales.LOST_REASON,
    sales.SALES_TAG,
    sales.SALES_TEAM,
    sales.LEAD,
    money.ANALYTIC_ACCOUNT,
    sales.SALE_ORDER,
    sales.SALE_ORDER_LINE,
    projects.PROJECT_STAGE,
    projects.PROJECT_TAG,
    projects.PROJECT,
    projects.TASK_STAGE,
    projects.MILESTONE,
    projects.TASK,
    projects.PROJECT_UPDATE,
    projects.EMPLOYEE_RATE,
    projects.TIMESHEET,
    money.EXPENSE,
    money.PURCHASE_ORDER,
    money.PURCHASE_ORDER_LINE,
    money.INVOICE,
    money.INVOICE_LINE,
    people.PLANNING_SLOT,
    support.TICKET_STAGE,
    support.TICKET_TEAM,
    support.TICKET_CATEGORY,
    support.HELPDESK_STAGE,
    support.HELPDESK_TEAM,
    support.TICKET,
    support.ATTACHMENT,
    support.ACTIVITY_TYPE,
    support.ACTIVITY,
)
# Records that mean something only together: read in one round, told once all of them are here.
AGGREGATES = (
    frozenset({"account.move", "account.move.line"}),
    frozenset({"sale.order", "sale.order.line"}),
    frozenset({"purchase.order", "purchase.order.line"}),
)
# What is told of: the event, the record's map, and the map of its lines.
TOLD: tuple[tuple[str, Map, Map | None], ...] = (
    (INVOICE_CHANGED, INVOICE, INVOICE_LINE),
    (ORDER_CHANGED, sales.SALE_ORDER, sales.SALE_ORDER_LINE),
    (EXPENSE_CHANGED, money.EXPENSE, None),
)

__all__ = [
    "AGGREGATES",
    "CALENDAR_ATTENDANCE",
    "CUSTOMER_INVOICES",
    "DIRECTORY",
    "EMPLOYEE_VERSION",
    "EXPENSE_CHANGED",
    "INVOICE",
    "INVOICE_CHANGED",
    "INVOICE_LINE",
    "LEAVE",
    "LOADED",
    "MAPS",
    "ORDER_CHANGED",
    "PARTNER",
    "PARTNER_TAG",
    "TIMESHEET",
    "TOLD",
]
