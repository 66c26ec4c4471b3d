"""Who works for the firm. No pay, no private data, no reason of an absence: those are not asked for."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from .base import MirrorModel, link, number, text


class OdooUser(MirrorModel):
    login = text()
    name = text()
    active = models.BooleanField()
    share = models.BooleanField()  # a portal user, no colleague
    partner_id = link()
    company_id = link()
    company_ids = ArrayField(models.BigIntegerField())


class Department(MirrorModel):
    name = text()
    active = models.BooleanField()
    parent_id = link()
    manager_id = link()  # an employee
    company_id = link()


class Employee(MirrorModel):
    name = text()
    active = models.BooleanField()
    user_id = link()
    work_email = text()
    department_id = link()
    parent_id = link()  # the manager, an employee
    coach_id = link()
    job_id = link()
    job_title = text()
    employee_type = text()  # employee, worker, student, trainee, contractor, freelance
    resource_id = link()
    expense_manager_id = link()  # a user, as the next
    leave_manager_id = link()
    resource_calendar_id = link()
    tz = text()
    company_id = link()


class EmployeeVersion(MirrorModel):
    """What holds of an employee from `date_version` on, until the next version. New in Odoo 19."""

    employee_id = link()  # NULL: a template of contracts
    date_version = models.DateField(null=True)
    active = models.BooleanField()
    company_id = link()
    department_id = link()
    job_title = text()
    resource_calendar_id = link()  # NULL: fully flexible
    employee_type = text()  # employee, worker, student, trainee, contractor, freelance
    departure_date = models.DateField(null=True)
    contract_date_start = models.DateField(null=True)  # NULL also where the integration user may not see contracts
    contract_date_end = models.DateField(null=True)

    class Meta(MirrorModel.Meta):
        indexes = [models.Index(fields=["employee_id", "date_version"], name="mirror_version_of_employee")]


class Leave(MirrorModel):
    """An absence, asked for or approved. Its type and description stay in Odoo."""

    employee_id = link()
    odoo_state = text()  # confirm, validate1, validate, refuse, cancel
    date_from = models.DateTimeField(null=True)
    date_to = models.DateTimeField(null=True)
    number_of_days = number()
