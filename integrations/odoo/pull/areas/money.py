"""What is invoiced, by the firm and to it; expenses and purchases; the accounts that collect costs."""

from integrations.mirror import models as mirror

from ..maps import Map, Mark
from .reasons import EXPENSE_CHANGED, INVOICE_CHANGED, ODOO_18, ODOO_19, RELEASES

CUSTOMER_INVOICES = ["out_invoice", "out_refund"]
INVOICES = [*CUSTOMER_INVOICES, "in_invoice", "in_refund"]
INVOICE_LINES = ["product", "line_section", "line_subsection", "line_note"]  # no taxes, no payment terms

ANALYTIC_ACCOUNT = Map("account.analytic.account", mirror.AnalyticAccount, capability="analytic")
INVOICE = Map(
    "account.move",
    mirror.Invoice,
    domain=[["move_type", "in", INVOICES]],
    fields={"odoo_state": "state"},
    optional=RELEASES,
    mark=Mark(INVOICE_CHANGED, "account.move", "odoo_id"),
)
INVOICE_LINE = Map(
    "account.move.line",
    mirror.InvoiceLine,
    domain=[["move_id.move_type", "in", INVOICES], ["display_type", "in", INVOICE_LINES]],
    optional={
        "sale_line_ids": "sale",
        "purchase_line_id": "purchase",
        "expense_id": "hr_expense",
        "analytic_distribution": "analytic",
    },
    mark=Mark(INVOICE_CHANGED, "account.move", "move_id"),
    owner="move_id",
)

EXPENSE = Map(
    "hr.expense",
    mirror.Expense,
    fields={"odoo_state": "state"},
    optional={
        "approval_state": ODOO_19,
        "manager_id": ODOO_19,
        "department_id": ODOO_19,
        "account_move_id": ODOO_19,
        "tax_amount_currency": ODOO_18,
        "tax_amount": ODOO_18,
        "sale_order_id": "sale_expense",
        "sale_order_line_id": "sale_expense",
        **RELEASES,
    },
    mark=Mark(EXPENSE_CHANGED, "hr.expense", "odoo_id"),
    capability="expenses",
)
PURCHASE_ORDER = Map(
    "purchase.order",
    mirror.PurchaseOrder,
    fields={"odoo_state": "state"},
    optional={"amount_total_cc": ODOO_18, "project_id": "project_purchase"},
    capability="purchases",
)
PURCHASE_ORDER_LINE = Map(
    "purchase.order.line",
    mirror.PurchaseOrderLine,
    optional={"discount": ODOO_18, "sale_line_id": "sale_purchase"},
    otherwise={"product_uom_id": "product_uom"},  # before Odoo 19
    owner="order_id",
    capability="purchases",
)
