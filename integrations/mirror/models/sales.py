"""From the first lead to the order that was signed, line by line."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from .base import GuardedModel, MirrorModel, ids, json, link, maybe_number, number, text


class LeadStage(MirrorModel):
    name = text()
    sequence = models.IntegerField()
    is_won = models.BooleanField()
    fold = models.BooleanField()


class LostReason(MirrorModel):
    name = text()
    active = models.BooleanField()


class SalesTag(MirrorModel):
    """Of leads and of orders."""

    name = text()


class SalesTeam(MirrorModel):
    name = text()
    active = models.BooleanField()
    company_id = link()
    user_id = link()


class Lead(MirrorModel):
    """A lead or an opportunity; a lost one is archived. Amounts are in the currency of its company."""

    name = text()
    type = text()  # lead, opportunity
    active = models.BooleanField()
    stage_id = link()
    won_status = text()  # won, lost, pending; NULL in older Odoo
    lost_reason_id = link()
    probability = number()  # per cent
    expected_revenue = number()
    prorated_revenue = number()
    recurring_revenue = maybe_number()
    partner_id = link()
    user_id = link()
    team_id = link()
    company_id = link()
    tag_ids: ArrayField = ids()
    priority = text()  # 0 to 3
    date_open = models.DateTimeField(null=True)
    date_closed = models.DateTimeField(null=True)
    date_deadline = models.DateField(null=True)  # expected closing
    date_last_stage_update = models.DateTimeField(null=True)
    create_date = models.DateTimeField(null=True)

    class Meta(MirrorModel.Meta):
        indexes = [models.Index(fields=["partner_id"], name="mirror_lead_partner")]


class SaleOrder(GuardedModel):
    """A quotation or an order. Amounts are in `currency_id`; divided by `currency_rate` in the company's."""

    name = text()
    odoo_state = text()  # draft, sent, sale, cancel
    locked = models.BooleanField(null=True)
    invoice_status = text()  # upselling, invoiced, to invoice, no
    company_id = link()
    partner_id = link()
    partner_invoice_id = link()
    currency_id = link()
    currency_rate = number()  # units of currency_id per unit of the company's
    amount_untaxed = number()
    amount_tax = number()
    amount_total = number()
    margin = maybe_number()
    margin_percent = maybe_number()  # 0.25 is a quarter
    date_order = models.DateTimeField(null=True)  # confirming overwrites it
    validity_date = models.DateField(null=True)
    commitment_date = models.DateTimeField(null=True)
    signed_on = models.DateTimeField(null=True)
    client_order_ref = text()
    origin = text()
    opportunity_id = link()  # a lead
    project_id = link()
    payment_term_id = link()
    user_id = link()
    team_id = link()
    tag_ids: ArrayField = ids()
    create_uid = link()
    create_date = models.DateTimeField(null=True)

    class Meta(GuardedModel.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["partner_id"], name="mirror_order_partner"),
            models.Index(fields=["opportunity_id"], name="mirror_order_lead"),
            models.Index(fields=["odoo_state", "odoo_id"], name="mirror_order_state"),
        ]


class SaleOrderLine(MirrorModel):
    order_id = link()
    odoo_state = text()  # the order's
    company_id = link()
    display_type = text()  # NULL: a product; line_section, line_subsection, line_note
    sequence = models.IntegerField()
    name = text()
    product_id = link()
    product_uom_id = link()
    product_uom_qty = number()
    price_unit = number()  # in currency_id, as the amounts
    discount = number()  # per cent
    price_subtotal = number()
    price_total = number()
    currency_id = link()
    purchase_price = maybe_number()  # cost of a unit
    margin = maybe_number()
    qty_delivered = number()
    qty_delivered_method = text()  # manual, analytic, milestones, timesheet
    qty_invoiced = number()
    qty_to_invoice = number()
    invoice_status = text()
    untaxed_amount_invoiced = number()
    untaxed_amount_to_invoice = number()
    remaining_hours = maybe_number()
    project_id = link()  # made by the line, as the task
    task_id = link()
    is_downpayment = models.BooleanField()
    is_expense = models.BooleanField()
    analytic_distribution = json()  # {"id of an account, or several with commas": per cent}
    salesman_id = link()

    class Meta(MirrorModel.Meta):
        indexes = [
            models.Index(fields=["order_id", "sequence", "odoo_id"], name="mirror_orderline_of_order"),
            models.Index(fields=["project_id"], name="mirror_orderline_project"),
        ]
