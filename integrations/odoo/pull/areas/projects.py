"""Projects, their parts, and the hours spent on them."""

from integrations.mirror import models as mirror

from ..maps import Map
from .reasons import HIDDEN, ODOO_18, ODOO_19

PROJECT_STAGE = Map("project.project.stage", mirror.ProjectStage, capability="tasks")
PROJECT_TAG = Map("project.tags", mirror.ProjectTag, capability="tasks")
PROJECT = Map(
    "project.project",
    mirror.Project,
    optional={
        "stage_id": HIDDEN,
        "sale_line_id": "sale_project",
        "reinvoiced_sale_order_id": "sale_project",
        "billing_type": "sale_timesheet",
        "allow_timesheets": "hr_timesheet",
        "allow_milestones": HIDDEN,
    },
)
TASK_STAGE = Map(
    "project.task.type",
    mirror.TaskStage,
    domain=[["user_id", "=", False]],  # the columns of a person's own list
    capability="tasks",
)
TASK = Map(
    "project.task",
    mirror.Task,
    domain=[["project_id", "!=", False]],
    fields={"odoo_state": "state"},
    optional={
        "is_template": ODOO_19,
        "depend_on_ids": HIDDEN,
        "milestone_id": HIDDEN,
        "effective_hours": "hr_timesheet",
        "subtask_effective_hours": "hr_timesheet",
        "total_hours_spent": "hr_timesheet",
        "remaining_hours": "hr_timesheet",
        "overtime": "hr_timesheet",
        "progress": "hr_timesheet",
        "sale_line_id": "sale_project",
        "sale_order_id": "sale_project",
    },
    capability="tasks",
)
MILESTONE = Map(
    "project.milestone",
    mirror.Milestone,
    optional={"sequence": ODOO_18, "sale_line_id": "sale_project", "quantity_percentage": "sale_project"},
    capability="tasks",
)
PROJECT_UPDATE = Map(
    "project.update",
    mirror.ProjectUpdate,
    optional={"task_count": ODOO_18, "closed_task_count": ODOO_18},
    capability="tasks",
)
EMPLOYEE_RATE = Map("project.sale.line.employee.map", mirror.EmployeeRate, capability="employee_rates")
TIMESHEET = Map(
    "account.analytic.line",
    mirror.Timesheet,
    domain=[["project_id", "!=", False]],
    optional={
        "parent_task_id": ODOO_18,
        "is_so_line_edited": "sale_timesheet",
        "validated": "timesheet_grid",
    },
)
