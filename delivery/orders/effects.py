"""What a decision about a quotation does in Odoo: a note at once; the release when all kinds in force let it go."""

from datetime import datetime

from approvals.models import Request
from cockpit.events.models import Event
from delivery import pushing
from delivery.orders import rules
from delivery.orders.facts import MODEL
from delivery.orders.limits import KINDS
from delivery.pushing import Target


def on_decided(event: Event, *, at: datetime) -> None:
    """Handler of `approvals.decided`."""
    request = Request.objects.select_related("snapshot", "version__policy").get(pk=event.payload["request"])
    if request.kind_key not in KINDS or not request.subject.startswith(f"odoo.{MODEL}:"):
        return
    round_ = request.rounds.get(pk=event.payload["round"])
    decisions = pushing.decisions_of(round_)
    facts = pushing.decided_facts(request, decisions)
    key = f"{request.number}/{round_.number}"
    odoo_id = int(request.subject.rpartition(":")[2])
    target = Target(MODEL, odoo_id, (facts.get("company") or {}).get("id"), key, request.audit_subject)
    if event.payload["outcome"] == "approved":
        rules.look(odoo_id, at=at, decided=target)
    pushing.put_note(target, pushing.note_words(request, round_, decisions, key), at=at)
