"""What Odoo can see of the policies on quotations."""

from collections.abc import Mapping
from typing import Any

from approvals.policy import Condition
from delivery.compiling import Domain
from delivery.discounts.kinds import KEY as DISCOUNT
from delivery.terms.kinds import KEY as TERMS

KINDS = (DISCOUNT, TERMS)
ABOVE = (">", ">=")
BASE: Domain = []  # whatever the policy says, all quotations are concerned


def sees(condition: Condition, currency: str) -> Domain | None:
    """The highest discount, and the amount in the company's currency: an order in another one counts as above."""
    if condition.op not in ABOVE:
        return None
    if condition.fact == "discount" and float(condition.value) >= 0:
        return [["order_line.discount", condition.op, float(condition.value)]]
    if condition.fact == "amount" and condition.currency == currency:
        return ["|", ["currency_id.name", "!=", currency], ["amount_total", condition.op, float(condition.value)]]
    return None


def as_seen(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as Odoo's guard takes them: an amount in another currency is not known to be below anything."""
    amount = facts["amount"]
    return {**facts, "amount": amount if amount["currency"] == amount["company_currency"] else None}
