"""What a project costs beside hours: expenses, and what is bought of subcontractors; the accounts that collect it."""

from django.db import models

from .base import GuardedModel, MirrorModel, json, link, maybe_number, number, text


class AnalyticAccount(MirrorModel):
    name = text()
    code = text()
    active = models.BooleanField()
    company_id = link()
    partner_id = link()
    plan_id = link()


class Expense(GuardedModel):
    name = text()
    odoo_state = text()  # draft, submitted, approved, posted, in_payment, paid, refused
    approval_state = text()  # submitted, approved, refused; NULL in older Odoo
    employee_id = link()
    manager_id = link()  # a user
    department_id = link()
    company_id = link()
    date = models.DateField(null=True)
    product_id = link()
    quantity = number()
    total_amount_currency = number()  # in currency_id
    tax_amount_currency = maybe_number()
    currency_id = link()
    total_amount = number()  # in the company's currency
    tax_amount = maybe_number()
    payment_mode = text()  # own_account, company_account
    account_move_id = link()
    analytic_distribution = json()
    sale_order_id = link()  # to be invoiced on by this order
    sale_order_line_id = link()
    create_uid = link()
    create_date = models.DateTimeField(null=True)

    class Meta(GuardedModel.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["employee_id", "date"], name="mirror_expense_person"),
            models.Index(fields=["sale_order_id"], name="mirror_expense_order"),
        ]


class PurchaseOrder(MirrorModel):
    """Amounts are in `currency_id`; divided by `currency_rate` in the company's."""

    name = text()
    odoo_state = text()  # draft, sent, to approve, purchase, cancel
    company_id = link()
    partner_id = link()  # the vendor
    partner_ref = text()
    origin = text()
    currency_id = link()
    currency_rate = number()  # units of currency_id per unit of the company's
    amount_untaxed = number()
    amount_tax = number()
    amount_total = number()
    amount_total_cc = maybe_number()  # in the company's currency
    date_order = models.DateTimeField(null=True)
    date_approve = models.DateTimeField(null=True)
    date_planned = models.DateTimeField(null=True)
    user_id = link()
    project_id = link()
    invoice_status = text()
    create_uid = link()

    class Meta(MirrorModel.Meta):
        indexes = [
            models.Index(fields=["partner_id"], name="mirror_purchase_vendor"),
            models.Index(fields=["project_id"], name="mirror_purchase_project"),
        ]


class PurchaseOrderLine(MirrorModel):
    order_id = link()
    company_id = link()
    partner_id = link()
    display_type = text()
    sequence = models.IntegerField()
    name = text()
    product_id = link()
    product_qty = number()
    product_uom_id = link()
    qty_received = number()
    qty_invoiced = number()
    qty_to_invoice = number()
    price_unit = number()  # in the order's currency, as the amounts
    discount = maybe_number()  # per cent
    price_subtotal = number()
    price_total = number()
    date_planned = models.DateTimeField(null=True)
    analytic_distribution = json()
    sale_line_id = link()

    class Meta(MirrorModel.Meta):
        indexes = [
            models.Index(fields=["order_id", "sequence", "odoo_id"], name="mirror_purchaseline_of_order"),
            models.Index(fields=["sale_line_id"], name="mirror_purchaseline_sale_line"),
        ]
