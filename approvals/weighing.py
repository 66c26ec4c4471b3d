"""What it costs to let a request wait. Pure.

Cost of delay = money blocked ÷ working days left until its cut-off, today counted; once the cut-off has passed, the
money itself. So of two equal amounts the one whose cut-off is nearer comes first, and nothing due now sinks.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")


def in_reporting(money: Mapping[str, Any] | None, currency: str) -> Decimal:
    """A money fact (kinds.FactType) in the reporting `currency`, at the rates that the record itself stored.

    Without a stored rate the company's amount counts as it is; an unknown amount is 0.
    """
    if not money:
        return Decimal(0)
    if money["currency"] == currency:
        return Decimal(money["amount"])
    own = Decimal(money.get("company_amount") or money["amount"])
    if money.get("company_currency") == currency:
        return own
    rate = Decimal((money.get("rates") or {}).get(currency) or 1)
    return (own * rate).quantize(CENT, ROUND_HALF_UP)


def rate_stored(money: Mapping[str, Any], currency: str) -> bool:
    """Did the record itself store what turns this money fact into `currency`? Else it counted one to one."""
    if money.get("currency") == currency or money.get("company_currency") == currency:
        return True
    return bool((money.get("rates") or {}).get(currency))


def cost(amount: Decimal, days: int | None) -> Decimal:
    """Money for each working day that is left; `days` None: the kind has no cut-off."""
    return (amount / max(days or 1, 1)).quantize(CENT, ROUND_HALF_UP)


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of its month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def cutoff(last_day: date, working: list[date], days_before: int) -> date:
    """The working day that lies `days_before` before the month's last one; of a month without any, its last day."""
    return working[max(0, len(working) - 1 - days_before)] if working else last_day
