"""What each guarded model is held by, in Odoo's own terms."""

from delivery.guarded import Guarded

PRODUCT_ROWS = """
    rows = [
        [
            line.product_id.id or 0,
            line.name or "",
            number(line.%(quantity)s, 6),
            number(line.price_unit, 6),
            number(line.discount, 6),
        ]
        for line in lines.sorted(lambda line: (line.sequence, line.id))
    ]
"""
# Odoo lets the journal items of a posted invoice be rewritten over its API. The rule on `amount_total` keeps the total;
# one on the items themselves would keep their texts, too, but every journal entry of the firm would take a third longer
# to create. The cockpit sees such a change when it reads the lines: the release does not fit them any more.
INVOICES = Guarded(
    model="account.move",
    short="invoice",
    act="posting",
    many="invoices",
    watched=("state", "amount_total"),
    domain="[('state', '=', 'posted')]",
    text="""
    lines = held.invoice_line_ids.filtered(lambda line: line.display_type == "product")
    head = [held.company_id.id or 0, held.partner_id.id or 0, held.currency_id.name, number(held.amount_total, 2)]
"""
    + PRODUCT_ROWS % {"quantity": "quantity"},
    words="an invoice or credit note of this amount is posted only after finance of its unit has approved it.",
    form="account.view_move_form",
    place="//group[@id='header_right_group']",
    shown="move_type in ('out_invoice', 'out_refund')",
)
# What a confirmed order sells must stay as approved, too: a discount may be raised on its lines. Down payments and
# rebilled expenses are lines that Odoo adds by itself; they are no part of what was offered.
ORDERS = Guarded(
    model="sale.order",
    short="order",
    act="confirming",
    many="orders",
    watched=("state", "payment_term_id"),
    domain="[('state', '=', 'sale')]",
    text="""
    lines = held.order_line.filtered(
        lambda line: not line.display_type and not line.is_downpayment and not line.is_expense
    )
    head = [
        held.company_id.id or 0, held.partner_id.id or 0, held.currency_id.name, held.payment_term_id.id or 0
    ]
"""
    + PRODUCT_ROWS % {"quantity": "product_uom_qty"},
    words="this quotation gives away more than may be confirmed without approval.",
    form="sale.view_order_form",
    place="//field[@name='payment_term_id']/..",
    lines="sale.order.line",
    line_watched=("discount", "price_unit", "product_id", "product_uom_qty"),
    line_domain="[('order_id.state', '=', 'sale'), ('display_type', '=', False), ('is_downpayment', '=', False), "
    "('is_expense', '=', False)]",
    holder="order_id",
)
# Odoo approves an expense by itself when it is submitted by somebody without a manager: held, it cannot be submitted.
EXPENSES = Guarded(
    model="hr.expense",
    short="expense",
    act="approving",
    many="expenses",
    watched=("approval_state", "total_amount_currency", "employee_id"),
    domain="[('approval_state', '=', 'approved')]",
    text="""
    head = [
        held.company_id.id or 0,
        held.employee_id.id or 0,
        held.currency_id.name,
        number(held.total_amount_currency, 2),
        held.product_id.id or 0,
    ]
    rows = [[held.name or ""]]
""",
    words="an expense like this is approved only after those who answer for it have agreed.",
    form="hr_expense.hr_expense_view_form",
    place="//label[@for='product_id']/..",
)
MODELS = (INVOICES, ORDERS, EXPENSES)
BY_NAME = {each.model: each for each in MODELS}
