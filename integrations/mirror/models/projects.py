"""Projects and the hours spent on them."""

from django.db import models

from .base import MirrorModel, link, number, text


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


class Timesheet(MirrorModel):
    date = models.DateField(null=True)
    name = text()
    employee_id = link()
    user_id = link()
    department_id = link()
    company_id = link()
    project_id = link()
    task_id = link()
    account_id = link()
    so_line = link()
    order_id = link()
    unit_amount = number()  # hours
    amount = number()  # cost, negative, in currency_id
    currency_id = link()
    timesheet_invoice_type = text()
    timesheet_invoice_id = link()

    class Meta(MirrorModel.Meta):
        indexes = [
            models.Index(fields=["date"], name="mirror_timesheet_date"),
            models.Index(fields=["employee_id", "date"], name="mirror_timesheet_person"),
        ]
