"""What Odoo can see of the policy on credit notes: what is given back, in the company's currency, negative there."""

from approvals.policy import Condition
from delivery.compiling import Domain

BASE: Domain = [["move_type", "=", "out_refund"]]
BELOW = {">": "<", ">=": "<="}


def sees(condition: Condition, currency: str) -> Domain | None:
    if condition.fact != "amount" or condition.op not in BELOW or condition.currency != currency:
        return None
    return [["amount_total_signed", BELOW[condition.op], -float(condition.value)]]
