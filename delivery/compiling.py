"""A decision table as Odoo's guard can know it: a superset of what the table asks about. Pure but for the units' tree.

Conditions on what Odoo cannot see count as true, and rows of departments count for their company. So what Odoo lets
pass nobody would have been asked about; what it holds beyond that, the cockpit releases at once.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approvals import policy
from approvals.policy import Condition
from cockpit.accounts.models import Unit
from delivery.guarded import NOTHING

Domain = list[Any]
# A condition and the company's currency → how Odoo says it; None: it cannot.
Sees = Callable[[Condition, str], Domain | None]
NOTHING_HELD: Domain = json.loads(NOTHING)


@dataclass(frozen=True)
class Clause:
    """Records of a company that meet all of these are held."""

    company: Unit
    when: tuple[Condition, ...]


def clauses(version: policy.Version, companies: Sequence[Unit], sees: Sees) -> list[Clause]:
    """One for every row that may ask somebody about a record of one of the companies."""
    found: dict[Clause, None] = {}
    for company in companies:
        below = set(Unit.objects.filter(path__startswith=company.path).values_list("pk", flat=True))
        for rule in _asking(version, company, below):
            seen = tuple(each for each in rule.when if sees(each, company.currency) is not None)
            found[Clause(company, seen)] = None
    return list(found)


def domain(held: Sequence[Clause], sees: Sees, base: Domain) -> Domain:
    """The clauses as one domain; `base`: what all such records have in common, whatever the policy says."""
    if not held:
        return NOTHING_HELD
    return both(base, either([_said(each, sees) for each in held]))


def holds(held: Sequence[Clause], facts: Mapping[str, Any], company_pk: int) -> bool:
    """Would these clauses hold a record of the company with these facts? What is not known counts as held."""
    rules = [
        policy.Rule(number, "", (policy.StepSpec("guard"),), each.when, add_on=True)
        for number, each in enumerate(held, start=1)
        if each.company.pk == company_pk
    ]
    return bool(policy.route(policy.Version(0, 0, "", tuple(rules)), facts, ()).steps)


def both(one: Domain, other: Domain) -> Domain:
    return ["&", *one, *other] if one and other else one or other


def either(domains: Sequence[Domain]) -> Domain:
    return ["|"] * (len(domains) - 1) + [term for each in domains for term in each]


def _asking(version: policy.Version, company: Unit, below: set[int]) -> list[policy.Rule]:
    """The company's own rows up to its first unconditional base row, all add-on rows, and every row of a unit below."""
    own: list[policy.Rule] = []
    ended = False
    for rule in policy.effective_rules(version, (company.pk,)):
        if rule.add_on or not ended:
            own.append(rule)
        ended = ended or not (rule.when or rule.add_on)
    inner = [rule for rule in version.rules if rule.unit_id in below - {company.pk}]
    return [rule for rule in (*own, *inner) if rule.steps]


def _said(clause: Clause, sees: Sees) -> Domain:
    found: Domain = [["company_id", "=", clause.company.odoo_id]]
    for condition in clause.when:
        found = both(found, sees(condition, clause.company.currency) or [])
    return found
