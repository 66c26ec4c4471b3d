"""What waits for somebody's yes beside invoices: quotations that give much away, credit notes, large expenses."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .firm import Firm

# project, seller, lines of (text, hours, price, discount)
QUOTATIONS = [
    (0, "Ben", [("Grid portal, second phase", 320, 165, 22), ("Workshops", 6, 1450, 0)]),
    (2, "Ben", [("Rollout to three sites", 540, 170, 30)]),
    (5, "Ben", [("Claims app, care", 120, 160, 12)]),
    (6, "Grace", [("Patient portal, mobile", 260, 195, 18)]),
    (7, "Grace", [("Fleet analytics, support", 90, 185, 5)]),
]
COST = 0.62  # of the price before discounts: what the people cost who do it
# project, author, why, amount
CREDITS = [
    (1, "Ben", "September was billed twice for four days", 5280.0),
    (6, "Grace", "Goodwill after the delayed go-live", 2400.0),
]
# who, project, what for, amount
EXPENSES = [
    ("Jonas", 0, "Flight and hotel, site visit in Oslo", 1184.6),
    ("Tariq", 2, "Test devices for the warehouse", 742.0),
    ("Nora", 6, "Conference in Chicago", 1290.0),
]


def wait(firm: Firm) -> None:
    """Needs what was engaged for."""
    for project, seller, lines in QUOTATIONS:
        _quote(firm, firm.project[project], seller, lines)
    for project, author, why, amount in CREDITS:
        _credit(firm, firm.project[project], author, why, amount)
    for first, project, text, amount in EXPENSES:
        _spend(firm, first, firm.project[project], text, amount)


def _quote(firm: Firm, project: int, seller: str, lines: list[tuple[str, int, int, int]]) -> None:
    data = firm.env.one("project.project", project)
    env = firm.env.sudo(firm.user[seller])
    env.create("sale.order", [{
        "partner_id": data["partner_id"], "company_id": data["company_id"], "user_id": firm.user[seller],
        "validity_date": str(firm.today + dt.timedelta(days=21)),
        "order_line": [[0, 0, {"product_id": firm.consulting, "product_uom_id": firm.hour, "name": name,
                               "product_uom_qty": quantity, "price_unit": price, "discount": discount,
                               "purchase_price": COST * price, "sequence": 10 * position}]
                       for position, (name, quantity, price, discount) in enumerate(lines, 1)],
    }])  # fmt: skip


def _credit(firm: Firm, project: int, author: str, why: str, amount: float) -> None:
    data = firm.env.one("project.project", project)
    sold = firm.engaged[project]
    line = {"product_id": firm.consulting, "name": why, "quantity": 1.0, "price_unit": amount,
            "sale_line_ids": [sold.line]}  # fmt: skip
    order = firm.env.one("sale.order", sold.order)["name"]
    firm.env.sudo(firm.user[author]).create("account.move", [{
        "move_type": "out_refund", "partner_id": data["partner_id"], "company_id": data["company_id"], "ref": why,
        "invoice_origin": order, "invoice_line_ids": [[0, 0, line]],
    }])  # fmt: skip


def _spend(firm: Firm, first: str, project: int, text: str, amount: float) -> None:
    company = firm.env.one("hr.employee", firm.employee[first])["company_id"]
    own = firm.env.one("res.company", company)["currency_id"]
    firm.env.sudo(firm.user[first]).create("hr.expense", [{
        "name": text, "employee_id": firm.employee[first], "product_id": firm.consulting, "state": "submitted",
        "date": str(firm.today - dt.timedelta(days=3)), "total_amount_currency": amount, "total_amount": amount,
        "currency_id": own, "payment_mode": "own_account", "sale_order_id": firm.engaged[project].order,
    }])  # fmt: skip
