"""What the policy of invoices that is in force asks, in words, and its limits as the form takes them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from approvals.models import Policy, PolicyRule
from cockpit.pages import words


@dataclass(frozen=True)
class InForce:
    """`asks`: a sentence for each rule that asks somebody; `amounts`: the plain limits by the company's unit id."""

    name: str
    enforced: bool
    mode: str
    asks: list[str]
    amounts: dict[int, Decimal]


def in_force(kind: str, *, at: datetime) -> InForce | None:
    """None where there is no policy. One on its way into force speaks while there is no other. At most four queries."""
    policy = Policy.objects.filter(kind=kind).first()
    version = (policy.version_at(at) or policy.versions.order_by("number").last()) if policy else None
    if policy is None or version is None:
        return None
    rules = [rule for rule in version.rules.select_related("unit") if rule.steps]
    amounts = {rule.unit.pk: Decimal(above["value"]) for rule in rules if rule.unit and (above := _above(rule))}
    return InForce(
        name=policy.name,
        enforced=policy.mode == Policy.Mode.ENFORCE,
        mode=policy.get_mode_display(),
        asks=[_asks(rule) for rule in rules],
        amounts=amounts,
    )


def _above(rule: PolicyRule) -> dict[str, Any] | None:
    """The one condition of a plain limit."""
    plain = len(rule.when) == 1 and rule.when[0].get("fact") == "amount" and rule.when[0].get("op") in (">", ">=")
    return rule.when[0] if plain else None


def _asks(rule: PolicyRule) -> str:
    above = _above(rule)
    if above is None:
        return rule.name
    amount = words.money(above["value"], above.get("currency", ""), whole=True)
    if rule.unit is None:
        return _("Every company above %(amount)s") % {"amount": amount}
    return _("%(company)s above %(amount)s") % {"company": rule.unit.name, "amount": amount}
