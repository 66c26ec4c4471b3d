"""Why somebody is asked: the row that matched, its condition beside the actual value, what would change it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from approvals import policy
from approvals.kinds import Fact, Facts, FactType, Kind
from approvals.nearest import nearest_change
from approvals.reading import showing
from cockpit.accounts.roles import ROLES
from cockpit.pages import words


@dataclass(frozen=True)
class Why:
    """`row` names the policy's row; `conditions` are what it asks for and how it is; `nearest` what would change it."""

    row: str
    conditions: tuple[str, ...]
    nearest: str = ""


def reasons(
    kind: Kind, version: policy.Version, policy_name: str, facts: Facts, unit_ids: tuple[int, ...], role: str
) -> Why:
    """The matched row that asks `role`, in words."""
    found = policy.route(version, facts, unit_ids)
    asking = [row for row in found.matched if any(step.role == role for step in row.rule.steps)] or list(found.matched)
    if not asking:
        return Why(_("%(policy)s asks nobody about it as it stands now.") % {"policy": policy_name}, ())
    row = asking[0]
    name = _("%(policy)s, row %(number)d “%(name)s”") % {
        "policy": policy_name,
        "number": row.rule.number,
        "name": row.rule.name,
    }
    conditions = tuple(_condition(kind.fact(check.condition.fact), check) for check in row.checks)
    return Why(
        name, conditions or (_("It asks for every record of this kind."),), _nearest(kind, version, facts, unit_ids)
    )


def limit_words(condition: policy.Condition, fact: Fact) -> str:
    """A condition as a phrase: "Amount above €25,000.00"."""
    phrases = {
        ">": pgettext("condition", "%(fact)s above %(limit)s"),
        ">=": pgettext("condition", "%(fact)s of %(limit)s or more"),
        "<": pgettext("condition", "%(fact)s below %(limit)s"),
        "<=": pgettext("condition", "%(fact)s of %(limit)s or less"),
        "=": pgettext("condition", "%(fact)s is %(limit)s"),
        "!=": pgettext("condition", "%(fact)s is not %(limit)s"),
        "in": pgettext("condition", "%(fact)s is one of %(limit)s"),
        "not in": pgettext("condition", "%(fact)s is none of %(limit)s"),
    }
    return phrases[condition.op] % {"fact": fact.label, "limit": _limit(condition, fact)}


def _condition(fact: Fact, check: policy.Checked) -> str:
    phrase = limit_words(check.condition, fact)
    if check.actual is None:
        return _("%(condition)s. It is not known here, and the unknown counts as a reason to ask.") % {
            "condition": phrase
        }
    if check.held is None:
        return _("%(condition)s. No rate is known to compare it with, and that counts as a reason to ask.") % {
            "condition": phrase
        }
    return _("%(condition)s. Here it is %(actual)s.") % {"condition": phrase, "actual": _actual(fact, check)}


def _actual(fact: Fact, check: policy.Checked) -> str:
    value = check.actual
    shown = (
        showing.text(fact, value)
        if isinstance(value, Mapping) or fact.type not in {FactType.PERSON, FactType.RECORD}
        else str(value)
    )
    limit_currency = check.condition.currency
    if (
        fact.type == FactType.MONEY
        and limit_currency not in {"", value["currency"]}
        and limit_currency == value.get("company_currency")
    ):
        return _("%(amount)s, which is %(company)s") % {
            "amount": shown,
            "company": words.money(value["company_amount"], limit_currency),
        }
    return shown


def _nearest(kind: Kind, version: policy.Version, facts: Facts, unit_ids: tuple[int, ...]) -> str:
    """ "It would differ at “Margin of 20.5 or more”: Finance would not be asked." """
    change = nearest_change(version, facts, unit_ids)
    if change is None:
        return ""
    fact = kind.fact(change.condition.fact)
    before, after = policy.route(version, facts, unit_ids).steps, change.route.steps
    said = {"condition": limit_words(change.condition, fact), "roles": _roles(after)}
    if not after:
        return _("It would differ at “%(condition)s”: nobody would be asked.") % said
    gone, come = [one for one in before if one not in after], [one for one in after if one not in before]
    if not before or (gone and come):
        return _("It would differ at “%(condition)s”: it would be asked of %(roles)s.") % said
    if gone:
        return _("It would differ at “%(condition)s”: %(roles)s would not be asked.") % {**said, "roles": _roles(gone)}
    return _("It would differ at “%(condition)s”: %(roles)s would be asked as well.") % {**said, "roles": _roles(come)}


def _roles(steps: Iterable[policy.StepSpec]) -> str:
    return ", ".join(dict.fromkeys(str(ROLES[step.role].label) for step in steps if step.role in ROLES))


def _limit(condition: policy.Condition, fact: Fact) -> str:
    value: Any = condition.value
    if isinstance(value, list | tuple):
        return ", ".join(_limit(replace(condition, value=one), fact) for one in value)
    if fact.type == FactType.MONEY:
        return words.money(Decimal(str(value)), condition.currency)
    if fact.type == FactType.NUMBER:
        return words.number(str(value))
    return showing.text(fact, value) if fact.type == FactType.DATE else str(value)
