"""What Odoo can see of the policy on expenses: the amount in the company's currency, and who paid."""

from approvals.policy import Condition
from delivery.compiling import Domain

BASE: Domain = []


def sees(condition: Condition, currency: str) -> Domain | None:
    if condition.fact == "amount" and condition.op in (">", ">=") and condition.currency == currency:
        return [["total_amount", condition.op, float(condition.value)]]
    return None
