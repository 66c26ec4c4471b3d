"""Clients, what they are offered, and what they order."""

from integrations.mirror import models as mirror

from ..maps import Map, Mark
from .reasons import HIDDEN, ODOO_18, ORDER_CHANGED, RELEASES

PARTNER_TAG = Map("res.partner.category", mirror.PartnerTag)
PAYMENT_TERM = Map("account.payment.term", mirror.PaymentTerm, capability="terms")
PARTNER = Map(
    "res.partner",
    mirror.Partner,
    optional={"supplier_rank": "account", "country_code": "base", "property_payment_term_id": "account"},
)

LEAD_STAGE = Map("crm.stage", mirror.LeadStage, capability="leads")
LOST_REASON = Map("crm.lost.reason", mirror.LostReason, capability="leads")
SALES_TAG = Map("crm.tag", mirror.SalesTag, capability="orders")
SALES_TEAM = Map("crm.team", mirror.SalesTeam, capability="orders")
LEAD = Map(
    "crm.lead",
    mirror.Lead,
    optional={"won_status": ODOO_18, "recurring_revenue": HIDDEN},
    capability="leads",
)

PRODUCT_CATEGORY = Map("product.category", mirror.ProductCategory, capability="products")
PRODUCT_TAG = Map("product.tag", mirror.ProductTag, capability="products")
UNIT_OF_MEASURE = Map("uom.uom", mirror.UnitOfMeasure, capability="products")
PRODUCT_TEMPLATE = Map(
    "product.template",
    mirror.ProductTemplate,
    optional={
        "can_be_expensed": "hr_expense",
        "invoice_policy": "sale",
        "service_type": "sale",
        "service_tracking": "sale",
        "project_id": "sale_project",
        "project_template_id": "sale_project",
    },
    capability="products",
)
PRODUCT = Map("product.product", mirror.Product, capability="products")

SALE_ORDER = Map(
    "sale.order",
    mirror.SaleOrder,
    fields={"odoo_state": "state"},
    optional={
        "locked": ODOO_18,
        "margin": "sale_margin",
        "margin_percent": "sale_margin",
        "opportunity_id": "sale_crm",
        "project_id": "sale_project",
        **RELEASES,
    },
    mark=Mark(ORDER_CHANGED, "sale.order", "odoo_id"),
    capability="orders",
)
SALE_ORDER_LINE = Map(
    "sale.order.line",
    mirror.SaleOrderLine,
    fields={"odoo_state": "state"},
    optional={
        "purchase_price": "sale_margin",
        "margin": "sale_margin",
        "remaining_hours": "sale_timesheet",
        "project_id": "sale_project",
        "task_id": "sale_project",
        "analytic_distribution": HIDDEN,
    },
    otherwise={"product_uom_id": "product_uom"},  # before Odoo 19
    mark=Mark(ORDER_CHANGED, "sale.order", "order_id"),
    owner="order_id",
    capability="orders",
)
