"""The policy as Odoo's guard can know it: per company the amount above which somebody may have to agree."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from approvals import policy
from approvals.models import Policy
from cockpit.accounts.models import Unit
from delivery.guards import GuardLimit
from delivery.invoice_release.kinds import KEY


def limits(version: policy.Version, companies: list[Unit]) -> list[GuardLimit]:
    """One limit per company: the lowest amount from which a row of its table may ask; None asks always.

    A superset on purpose: conditions that Odoo cannot see count as true, and rows of departments count for their
    company. A company in which no row ever asks has no limit and is left out.
    """
    found = []
    for company in companies:
        below = set(Unit.objects.filter(path__startswith=company.path).values_list("pk", flat=True))
        asking = [rule for rule in _reachable(version, company, below) if rule.steps]
        if asking:
            amounts = [_least(rule) for rule in asking]
            found.append(_limit(company, amounts))
    return found


def guard_holds(facts: Mapping[str, Any], unit: Unit, *, at: datetime) -> bool:
    """Would Odoo's guard hold a record with these facts, by the version in force?"""
    rules = Policy.objects.filter(kind=KEY, mode=Policy.Mode.ENFORCE).first()
    version = rules.version_at(at) if rules else None
    company = Unit.objects.get(pk=unit.company_id)
    if version is None:
        return False
    for limit in limits(version.table(), [company]):
        if limit.amount is None or limit.currency != limit.company_currency:
            return True
        return Decimal(facts["amount"]["company_amount"]) > limit.amount
    return False


def _reachable(version: policy.Version, company: Unit, below: set[int]) -> list[policy.Rule]:
    """The company's own rows up to its first unconditional base row, all add-on rows, and every row of a unit below."""
    own: list[policy.Rule] = []
    ended = False
    for rule in policy.effective_rules(version, (company.pk,)):
        if rule.add_on or not ended:
            own.append(rule)
        ended = ended or not (rule.when or rule.add_on)
    return own + [rule for rule in version.rules if rule.unit_id in below - {company.pk}]


def _least(rule: policy.Rule) -> tuple[Decimal, str] | None:
    """The amount that a row's conditions put a floor under, with its currency; None if there is no such floor."""
    floors = [c for c in rule.when if c.fact == "amount" and c.op in {">", ">="}]
    if not floors:
        return None
    floor = floors[0]
    step = Decimal("0.01") if floor.op == ">=" else Decimal(0)  # the guard compares by "above"
    return Decimal(str(floor.value)) - step, floor.currency


def _limit(company: Unit, amounts: list[tuple[Decimal, str] | None]) -> GuardLimit:
    assert company.odoo_id is not None
    known = [amount for amount in amounts if amount is not None]
    currencies = {currency for _amount, currency in known}
    if len(known) < len(amounts) or len(currencies) != 1 or currencies == {""}:
        return GuardLimit(company.odoo_id, None, company.currency, company.currency)
    return GuardLimit(company.odoo_id, min(amount for amount, _currency in known), currencies.pop(), company.currency)
