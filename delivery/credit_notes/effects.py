"""What a decision about a credit note does in Odoo: release, post, note, as for an invoice."""

from datetime import datetime

from approvals.models import Request
from cockpit.events.models import Event
from delivery.credit_notes.kinds import KEY
from delivery.invoice_release.effects import MODEL, carry_out


def on_decided(event: Event, *, at: datetime) -> None:
    """Handler of `approvals.decided`."""
    request = Request.objects.select_related("snapshot", "version__policy").get(pk=event.payload["request"])
    if request.kind_key == KEY and request.subject.startswith(f"odoo.{MODEL}:"):
        carry_out(request, event, at=at)
