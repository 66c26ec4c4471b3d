"""The maps: what is mirrored. Columns carry the names of Odoo's fields, so a map says only what is special."""

from integrations.mirror import models as mirror

from .maps import Map, Mark, Via

INVOICE_CHANGED = "odoo.invoice.changed"
LOADED = "mirror.loaded"
DIRECTORY = "directory"  # people, units and calendars have to be projected anew

CUSTOMER_INVOICES = ["out_invoice", "out_refund"]
INVOICE_LINES = ["product", "line_section", "line_subsection", "line_note"]  # no taxes, no payment terms
_directory = Mark(DIRECTORY, "")

COMPANY = Map("res.company", mirror.Company, optional=frozenset({"country_code"}), mark=_directory)
CURRENCY = Map("res.currency", mirror.Currency, mark=_directory)
CURRENCY_RATE = Map("res.currency.rate", mirror.CurrencyRate)
USER = Map("res.users", mirror.OdooUser, mark=_directory)
DEPARTMENT = Map("hr.department", mirror.Department, mark=_directory)
EMPLOYEE = Map("hr.employee", mirror.Employee, mark=_directory)
EMPLOYEE_VERSION = Map(
    "hr.version",
    mirror.EmployeeVersion,
    domain=[["employee_id", "!=", False]],
    optional=frozenset({"contract_date_start", "contract_date_end"}),  # for those who may see contracts
    may_lack=True,  # new in Odoo 19
)
WORK_CALENDAR = Map("resource.calendar", mirror.WorkCalendar, mark=_directory)
CALENDAR_ATTENDANCE = Map(
    "resource.calendar.attendance",
    mirror.CalendarAttendance,
    fields={"dayofweek": Via("dayofweek", int, frozenset({"selection"}))},
    optional=frozenset({"date_from", "date_to"}),  # gone in Odoo 19
    mark=_directory,
)
CALENDAR_LEAVE = Map(
    "resource.calendar.leaves",
    mirror.CalendarLeave,
    domain=[["resource_id", "=", False]],  # one person's rows say why somebody is away
    mark=_directory,
)
LEAVE = Map("hr.leave", mirror.Leave, fields={"odoo_state": "state"}, mark=_directory)
PARTNER = Map("res.partner", mirror.Partner)
PARTNER_TAG = Map("res.partner.category", mirror.PartnerTag)
PROJECT = Map("project.project", mirror.Project)
TIMESHEET = Map("account.analytic.line", mirror.Timesheet, domain=[["project_id", "!=", False]])
INVOICE = Map(
    "account.move",
    mirror.Invoice,
    domain=[["move_type", "in", CUSTOMER_INVOICES]],
    fields={"odoo_state": "state"},
    optional=frozenset({"x_cockpit_release", "x_cockpit_emergency", "x_cockpit_emergency_by"}),
    mark=Mark(INVOICE_CHANGED, "account.move", "odoo_id"),
)
INVOICE_LINE = Map(
    "account.move.line",
    mirror.InvoiceLine,
    domain=[["move_id.move_type", "in", CUSTOMER_INVOICES], ["display_type", "in", INVOICE_LINES]],
    mark=Mark(INVOICE_CHANGED, "account.move", "move_id"),
    owner="move_id",
)
ATTACHMENT = Map(
    "ir.attachment",
    mirror.Attachment,
    domain=[["res_model", "=", "account.move"]],
    mark=Mark(INVOICE_CHANGED, "account.move", "res_id"),
    owner="res_id",
)

# In this order a round reads them: what others point to comes first.
MAPS = (
    COMPANY,
    CURRENCY,
    CURRENCY_RATE,
    USER,
    WORK_CALENDAR,
    CALENDAR_ATTENDANCE,
    CALENDAR_LEAVE,
    DEPARTMENT,
    EMPLOYEE,
    EMPLOYEE_VERSION,
    LEAVE,
    PARTNER_TAG,
    PARTNER,
    PROJECT,
    TIMESHEET,
    INVOICE,
    INVOICE_LINE,
    ATTACHMENT,
)
# Records that mean something only together: read in one round, told once all of them are here.
AGGREGATES = (frozenset({"account.move", "account.move.line"}),)
