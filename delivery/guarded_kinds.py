"""Which kinds of requests hold records in Odoo, and how their policies are said there."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from approvals import policy
from cockpit.accounts.models import Unit
from delivery import compiling, guards
from delivery.compiling import NOTHING_HELD, Domain
from delivery.credit_notes import limits as of_credit_notes
from delivery.credit_notes.kinds import KEY as CREDIT_NOTE
from delivery.discounts.kinds import KEY as DISCOUNT
from delivery.expenses import limits as of_expenses
from delivery.expenses.kinds import KEY as EXPENSE
from delivery.guarded import Guarded
from delivery.guarding import EXPENSES, INVOICES, ORDERS
from delivery.invoice_release.kinds import KEY as INVOICE_RELEASE
from delivery.invoice_release.limits import limits
from delivery.orders import limits as of_orders
from delivery.terms.kinds import KEY as TERMS

Compile = Callable[[policy.Version, Sequence[Unit]], Domain]


@dataclass(frozen=True)
class GuardedKind:
    """`compile`: a version of its policy → what Odoo must hold of the model, a superset of what it asks about."""

    guarded: Guarded
    compile: Compile


def _invoices(version: policy.Version, companies: Sequence[Unit]) -> Domain:
    found: Domain = json.loads(guards.guard_domain(limits(version, list(companies))))
    return found


def _by(sees: compiling.Sees, base: Domain) -> Compile:
    return lambda version, companies: compiling.domain(compiling.clauses(version, companies, sees), sees, base)


KINDS: dict[str, GuardedKind] = {
    INVOICE_RELEASE: GuardedKind(INVOICES, _invoices),
    CREDIT_NOTE: GuardedKind(INVOICES, _by(of_credit_notes.sees, of_credit_notes.BASE)),
    EXPENSE: GuardedKind(EXPENSES, _by(of_expenses.sees, of_expenses.BASE)),
    DISCOUNT: GuardedKind(ORDERS, _by(of_orders.sees, of_orders.BASE)),
    TERMS: GuardedKind(ORDERS, _by(of_orders.sees, of_orders.BASE)),
}


def row_of(model: str, domains: dict[str, list[Domain]]) -> str:
    """The guard row's domain of a model, from what each kind holds: one domain where a record is of one kind alone."""
    held = {key: compiling.either(each) for key, found in domains.items() if (each := _something(found))}
    if model != ORDERS.model:  # an invoice is no credit note
        return json.dumps(compiling.either(list(held.values())) if held else NOTHING_HELD)
    return json.dumps(held or NOTHING_HELD, sort_keys=True)


def _something(found: list[Domain]) -> list[Domain]:
    """Each once, and without those that hold nothing."""
    once: list[Domain] = []
    for each in found:
        if each != NOTHING_HELD and each not in once:
            once.append(each)
    return once
