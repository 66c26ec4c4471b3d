"""Who works for the firm, when, and what they can do. No pay, no private data, no reason of an absence."""

from integrations.mirror import models as mirror

from ..maps import Map, Via
from .reasons import DIRECTORY_CHANGED, HIDDEN, ODOO_19, UNTIL_18

COMPANY = Map("res.company", mirror.Company, optional={"country_code": "base"}, mark=DIRECTORY_CHANGED)
CURRENCY = Map("res.currency", mirror.Currency, mark=DIRECTORY_CHANGED)
CURRENCY_RATE = Map("res.currency.rate", mirror.CurrencyRate)
USER = Map("res.users", mirror.OdooUser, mark=DIRECTORY_CHANGED)
DEPARTMENT = Map("hr.department", mirror.Department, mark=DIRECTORY_CHANGED)
EMPLOYEE = Map(
    "hr.employee",
    mirror.Employee,
    optional={"expense_manager_id": "hr_expense", "leave_manager_id": "hr_holidays"},
    mark=DIRECTORY_CHANGED,
)
EMPLOYEE_VERSION = Map(
    "hr.version",
    mirror.EmployeeVersion,
    domain=[["employee_id", "!=", False]],
    optional={"contract_date_start": HIDDEN, "contract_date_end": HIDDEN},
    capability="versions",
)
WORK_CALENDAR = Map("resource.calendar", mirror.WorkCalendar, mark=DIRECTORY_CHANGED)
CALENDAR_ATTENDANCE = Map(
    "resource.calendar.attendance",
    mirror.CalendarAttendance,
    fields={"dayofweek": Via("dayofweek", int, frozenset({"selection"}))},
    optional={"date_from": UNTIL_18, "date_to": UNTIL_18},
    mark=DIRECTORY_CHANGED,
)
CALENDAR_LEAVE = Map(
    "resource.calendar.leaves",
    mirror.CalendarLeave,
    domain=[["resource_id", "=", False]],  # one person's rows say why somebody is away
    mark=DIRECTORY_CHANGED,
)
LEAVE = Map("hr.leave", mirror.Leave, fields={"odoo_state": "state"}, mark=DIRECTORY_CHANGED)

JOB = Map("hr.job", mirror.Job, capability="jobs")
SKILL_TYPE = Map("hr.skill.type", mirror.SkillType, capability="skills")
SKILL_LEVEL = Map("hr.skill.level", mirror.SkillLevel, capability="skills")
SKILL = Map("hr.skill", mirror.Skill, capability="skills")
EMPLOYEE_SKILL = Map(
    "hr.employee.skill",
    mirror.EmployeeSkill,
    optional={"valid_from": ODOO_19, "valid_to": ODOO_19},
    capability="skills",
)
PLANNING_SLOT = Map(
    "planning.slot",
    mirror.PlanningSlot,
    fields={"odoo_state": "state"},
    optional={
        "project_id": "project_forecast",
        "sale_line_id": "sale_planning",
        "role_id": HIDDEN,
        "allocated_hours": HIDDEN,
        "allocated_percentage": HIDDEN,
    },
    capability="planning",
)
