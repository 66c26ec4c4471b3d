"""What a decision does in Odoo: release, then post, in one stream; the note goes its own way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from approvals.models import Request
from cockpit.events.models import Event
from delivery import pushing
from delivery.guards import release_text
from delivery.invoice_release.kinds import KEY
from delivery.pushing import Target
from delivery.record_facts import Found
from integrations.mirror.models import Currency, Invoice

MODEL = "account.move"


def on_decided(event: Event, *, at: datetime) -> None:
    """Handler of `approvals.decided`: approved → release and post; either way one note on the invoice."""
    request = Request.objects.get(pk=event.payload["request"])
    if request.kind_key == KEY:
        carry_out(request, event, at=at)


def carry_out(request: Request, event: Event, *, at: datetime) -> None:
    """For invoices and credit notes alike."""
    round_ = request.rounds.get(pk=event.payload["round"])
    decisions = pushing.decisions_of(round_)
    facts = pushing.decided_facts(request, decisions)
    key = f"{request.number}/{round_.number}"
    target = target_of(int(request.subject.rpartition(":")[2]), facts, key=key, origin=request.audit_subject)
    if event.payload["outcome"] == "approved":
        expect = expected(target.odoo_id, facts)
        pushing.put_release(target, release_text(facts), expect, at=at)
        shown = ("name", "date", "invoice_date_due")
        pushing.put_call(target, "post", "action_post", {"state": "posted"}, expect, shown, at=at)
    pushing.put_note(target, pushing.note_words(request, round_, decisions, key), at=at)


def release_unasked(invoice: Invoice, found: Found, *, at: datetime) -> None:
    """Write the release for a draft that nobody must agree to but that Odoo would hold. Once per content."""
    text = release_text(found.facts)
    if invoice.x_cockpit_release != text:
        key = f"pass/{MODEL}:{invoice.pk}/{invoice.row_version}"
        target = target_of(invoice.pk, found.facts, key=key, origin=f"odoo.{MODEL}:{invoice.pk}")
        pushing.put_release(target, text, expected(invoice.pk, found.facts), at=at)


def target_of(odoo_id: int, facts: Mapping[str, Any], *, key: str, origin: str) -> Target:
    return Target(MODEL, odoo_id, (facts.get("company") or {}).get("id"), key, origin)


def expected(odoo_id: int, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The material facts as Odoo must still hold them; drift is measured against what was decided."""
    header = {
        "state": "draft",
        "company_id": facts["company"]["id"],
        "partner_id": facts["client"]["id"],
        "currency_id": Currency.objects.values_list("pk", flat=True).get(name=facts["amount"]["currency"]),
        "amount_total": facts["amount"]["amount"],
    }
    rows = [
        {
            "product_id": line["product"],
            "name": line["text"],
            "quantity": line["quantity"],
            "price_unit": line["unit_price"],
            "discount": line["discount"],
        }
        for line in facts["lines"]
    ]
    lines = {
        "model": f"{MODEL}.line",
        "domain": [["move_id", "=", odoo_id], ["display_type", "=", "product"]],
        "order": "sequence,id",
        "rows": rows,
    }
    return [{"model": MODEL, "id": odoo_id, "fields": header}, lines]
