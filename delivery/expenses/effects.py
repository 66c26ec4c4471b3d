"""What a decision about an expense does in Odoo: release, then approve, in one stream; the note goes its own way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from approvals.models import Request
from cockpit.events.models import Event
from delivery import pushing
from delivery.expenses.facts import MODEL, release_text
from delivery.expenses.kinds import KEY
from delivery.pushing import Target
from delivery.record_facts import Found
from integrations.mirror.models import Currency, Expense


def on_decided(event: Event, *, at: datetime) -> None:
    """Handler of `approvals.decided`."""
    request = Request.objects.select_related("snapshot", "version__policy").get(pk=event.payload["request"])
    if request.kind_key != KEY or not request.subject.startswith(f"odoo.{MODEL}:"):
        return
    round_ = request.rounds.get(pk=event.payload["round"])
    decisions = pushing.decisions_of(round_)
    facts = pushing.decided_facts(request, decisions)
    key = f"{request.number}/{round_.number}"
    target = Target(MODEL, int(request.subject.rpartition(":")[2]), facts["company"]["id"], key, request.audit_subject)
    if event.payload["outcome"] == "approved":
        expect = expected(target.odoo_id, facts)
        pushing.put_release(target, release_text(facts), expect, at=at)
        goal = {"approval_state": "approved"}
        pushing.put_call(target, "approve", "action_approve", goal, expect, ("state",), at=at)
    pushing.put_note(target, pushing.note_words(request, round_, decisions, key), at=at)


def release_unasked(expense: Expense, found: Found, *, at: datetime) -> None:
    """Write the release for what nobody must agree to but Odoo would hold. Once per content."""
    text = release_text(found.facts)
    if expense.x_cockpit_release != text:
        key = f"pass/{MODEL}:{expense.pk}/{expense.row_version}"
        target = Target(MODEL, expense.pk, expense.company_id, key, f"odoo.{MODEL}:{expense.pk}")
        pushing.put_release(target, text, expected(expense.pk, found.facts), at=at)


def expected(odoo_id: int, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The material facts as Odoo must still hold them."""
    fields = {
        "name": facts["what"],
        "company_id": facts["company"]["id"],
        "employee_id": (facts["employee"] or {}).get("id"),
        "product_id": (facts["product"] or {}).get("id"),
        "currency_id": Currency.objects.values_list("pk", flat=True).get(name=facts["amount"]["currency"]),
        "total_amount_currency": facts["amount"]["amount"],
    }
    return [{"model": MODEL, "id": odoo_id, "fields": fields}]
