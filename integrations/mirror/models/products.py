"""What is sold and bought, and the units it is counted in. Names stand on the template."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from .base import MirrorModel, ids, link, number, text


class ProductCategory(MirrorModel):
    name = text()
    complete_name = text()  # All / Services / Consulting
    parent_id = link()


class ProductTag(MirrorModel):
    name = text()


class ProductTemplate(MirrorModel):
    name = text()
    active = models.BooleanField()
    default_code = text()
    type = text()  # consu, service, combo
    categ_id = link()
    product_tag_ids: ArrayField = ids()
    company_id = link()
    uom_id = link()
    list_price = number()
    sale_ok = models.BooleanField()
    purchase_ok = models.BooleanField()
    can_be_expensed = models.BooleanField(null=True)
    invoice_policy = text()  # order, delivery
    service_type = text()  # manual, milestones, timesheet
    service_tracking = text()  # no, task_global_project, task_in_project, project_only
    project_id = link()
    project_template_id = link()


class Product(MirrorModel):
    """A variant: what lines point to."""

    product_tmpl_id = link()
    active = models.BooleanField()
    default_code = text()

    class Meta(MirrorModel.Meta):
        indexes = [models.Index(fields=["product_tmpl_id"], name="mirror_product_of_template")]


class UnitOfMeasure(MirrorModel):
    name = text()  # Hours, Days, Units
    active = models.BooleanField()
