"""Projects with their tasks, milestones and reports, and the hours spent on them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from .base import MirrorModel, ids, link, maybe_number, number, text


class ProjectStage(MirrorModel):
    name = text()
    active = models.BooleanField()
    sequence = models.IntegerField()
    fold = models.BooleanField()
    company_id = link()


class ProjectTag(MirrorModel):
    """Of projects and of tasks."""

    name = text()


class Project(MirrorModel):
    name = text()
    active = models.BooleanField()
    is_template = models.BooleanField()
    company_id = link()
    partner_id = link()
    user_id = link()  # the project manager, a user
    account_id = link()
    date_start = models.DateField(null=True)
    date = models.DateField(null=True)  # the end
    allocated_hours = number()
    allow_billable = models.BooleanField()
    last_update_status = text()
    last_update_id = link()
    stage_id = link()  # NULL where Odoo shows no stages of projects
    tag_ids: ArrayField = ids()
    sale_line_id = link()
    reinvoiced_sale_order_id = link()
    billing_type = text()  # not_billable, manually
    allow_timesheets = models.BooleanField(null=True)
    allow_milestones = models.BooleanField(null=True)
    privacy_visibility = text()
    create_date = models.DateTimeField(null=True)

    class Meta(MirrorModel.Meta):
        indexes = [
            models.Index(fields=["partner_id"], name="mirror_project_partner"),
            models.Index(fields=["sale_line_id"], name="mirror_project_order_line"),
        ]


class TaskStage(MirrorModel):
    name = text()
    active = models.BooleanField()
    sequence = models.IntegerField()
    fold = models.BooleanField()


class Task(MirrorModel):
    """A task of a project; what somebody notes for themselves is not read."""

    name = text()
    active = models.BooleanField()
    is_template = models.BooleanField(null=True)
    odoo_state = text()  # 01_in_progress, 02_changes_requested, 03_approved, 1_done, 1_canceled, 04_waiting_normal
    stage_id = link()
    project_id = link()
    parent_id = link()
    depend_on_ids: ArrayField = ids()
    milestone_id = link()
    company_id = link()
    partner_id = link()
    user_ids: ArrayField = ids()
    tag_ids: ArrayField = ids()
    priority = text()  # 0 to 3
    allocated_hours = number()
    effective_hours = maybe_number()
    subtask_effective_hours = maybe_number()
    total_hours_spent = maybe_number()
    remaining_hours = maybe_number()
    overtime = maybe_number()
    progress = maybe_number()
    date_deadline = models.DateTimeField(null=True)
    date_assign = models.DateTimeField(null=True)
    date_end = models.DateTimeField(null=True)
    date_last_stage_update = models.DateTimeField(null=True)
    sale_line_id = link()
    sale_order_id = link()
    create_uid = link()
    create_date = models.DateTimeField(null=True)

    class Meta(MirrorModel.Meta):
        indexes = [
            models.Index(fields=["project_id"], name="mirror_task_project"),
            models.Index(fields=["sale_line_id"], name="mirror_task_order_line"),
        ]


class Milestone(MirrorModel):
    name = text()
    project_id = link()
    sequence = models.IntegerField(null=True)
    deadline = models.DateField(null=True)
    is_reached = models.BooleanField()
    reached_date = models.DateField(null=True)
    sale_line_id = link()
    quantity_percentage = maybe_number()  # 0 to 1: the part of the order line that it delivers

    class Meta(MirrorModel.Meta):
        indexes = [
            models.Index(fields=["project_id"], name="mirror_milestone_project"),
            models.Index(fields=["sale_line_id"], name="mirror_milestone_order_line"),
        ]


class ProjectUpdate(MirrorModel):
    """A report of a project's state."""

    name = text()
    project_id = link()
    status = text()  # on_track, at_risk, off_track, on_hold, done
    progress = models.IntegerField()  # per cent
    date = models.DateField(null=True)
    user_id = link()
    task_count = models.IntegerField(null=True)
    closed_task_count = models.IntegerField(null=True)

    class Meta(MirrorModel.Meta):
        indexes = [models.Index(fields=["project_id", "date"], name="mirror_update_of_project")]


class EmployeeRate(MirrorModel):
    """The order line, and so the price, that one employee's hours in a project count to."""

    project_id = link()
    employee_id = link()
    sale_line_id = link()
    price_unit = number()
    currency_id = link()

    class Meta(MirrorModel.Meta):
        indexes = [models.Index(fields=["project_id", "employee_id"], name="mirror_rate_in_project")]


class Timesheet(MirrorModel):
    date = models.DateField(null=True)
    name = text()
    employee_id = link()
    user_id = link()
    department_id = link()
    company_id = link()
    project_id = link()
    task_id = link()
    parent_task_id = link()
    account_id = link()
    so_line = link()
    order_id = link()
    is_so_line_edited = models.BooleanField(null=True)
    unit_amount = number()  # hours
    amount = number()  # cost, negative, in currency_id
    currency_id = link()
    timesheet_invoice_type = text()
    timesheet_invoice_id = link()
    validated = models.BooleanField(null=True)  # NULL: this Odoo validates no timesheets

    class Meta(MirrorModel.Meta):
        indexes = [
            models.Index(fields=["date"], name="mirror_timesheet_date"),
            models.Index(fields=["employee_id", "date"], name="mirror_timesheet_person"),
            models.Index(fields=["project_id", "date"], name="mirror_timesheet_project"),
            models.Index(fields=["so_line"], name="mirror_timesheet_order_line"),
        ]
