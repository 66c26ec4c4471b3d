"""What the mirror knows of a draft credit note: what it knows of an invoice, and which invoice it takes back."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from delivery.credit_notes.kinds import KEY
from delivery.invoice_release.facts import of_invoice
from delivery.record_facts import Found, as_fact, director_of, number
from delivery.standing import facts_for
from integrations.mirror.models import Invoice, Partner

TENTH = Decimal("0.1")


def of_credit_note(move: Invoice) -> Found:
    """Raises FactsMissingError while its company or unit has not been pulled."""
    found = of_invoice(move)
    client = Partner.objects.filter(pk=move.commercial_partner_id or move.partner_id or 0).first()
    reversed_one = Invoice.objects.filter(pk=move.reversed_entry_id or 0).first()
    more: dict[str, Any] = {
        "reverses": reversed_one.name if reversed_one else None,
        "share": _share(move, reversed_one),
        "reason": move.ref or None,
        "account_director": as_fact(director_of(client)),
    }
    return replace(found, facts=facts_for(KEY, {**found.facts, **more}))


def _share(move: Invoice, reversed_one: Invoice | None) -> str | None:
    """How much of the invoice is given back, where both are in one currency."""
    if reversed_one is None or not reversed_one.amount_total or reversed_one.currency_id != move.currency_id:
        return None
    return number((move.amount_total * 100 / reversed_one.amount_total).quantize(TENTH))
