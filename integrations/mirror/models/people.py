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
    job_title = text()
    resource_calendar_id = link()
    tz = text()
    company_id = link()


class Leave(MirrorModel):
    """An absence, asked for or approved. Its type and description stay in Odoo."""

    employee_id = link()
    odoo_state = text()  # confirm, validate1, validate, refuse, cancel
    date_from = models.DateTimeField(null=True)
    date_to = models.DateTimeField(null=True)
    number_of_days = number()
