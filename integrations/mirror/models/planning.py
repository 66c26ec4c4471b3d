"""Who is to work on what, and when: Enterprise's planning."""

from django.db import models

from .base import MirrorModel, link, maybe_number, text


class PlanningSlot(MirrorModel):
    start_datetime = models.DateTimeField(null=True)
    end_datetime = models.DateTimeField(null=True)
    employee_id = link()  # NULL: an open shift
    resource_id = link()
    role_id = link()
    company_id = link()
    project_id = link()
    sale_line_id = link()
    allocated_hours = maybe_number()
    allocated_percentage = maybe_number()
    odoo_state = text()  # draft, published

    class Meta(MirrorModel.Meta):
        indexes = [models.Index(fields=["employee_id", "start_datetime"], name="mirror_slot_of_employee")]
