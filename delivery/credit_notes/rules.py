"""A draft credit note changed: look at what it says now, and ask, refresh, release or close."""

from datetime import UTC, datetime, time

from approvals import services as approvals
from approvals.models import Request
from cockpit.events.models import Event
from delivery import radar, standing
from delivery.credit_notes.facts import of_credit_note
from delivery.credit_notes.kinds import KEY
from delivery.credit_notes.limits import sees
from delivery.guards import release_text
from delivery.invoice_release.effects import MODEL, release_unasked
from delivery.standing import Standing
from integrations.mirror.models import Invoice

ACTOR = "system:credit_notes"
CREDITS = {"move_type": "out_refund"}


def subject_of(odoo_id: int) -> str:
    return f"odoo.{MODEL}:{odoo_id}"


def evaluate(event: Event, *, at: datetime) -> None:
    """Handler of `odoo.invoice.changed`."""
    look(int(event.subject.rpartition(":")[2]), at=at)


def evaluate_all(event: Event, *, at: datetime) -> None:
    """Handler of `mirror.loaded` and of a published policy: every draft, and every open request, once."""
    if event.payload.get("kind", KEY) != KEY:
        return
    drafts = Invoice.objects.live().filter(odoo_state="draft", **CREDITS).values_list("pk", flat=True)
    for odoo_id in sorted({*drafts, *standing.asked_about([KEY], MODEL)}):
        look(odoo_id, at=at)


def look(odoo_id: int, *, at: datetime) -> None:
    """Bring request, release and cases of one credit note in line with its mirrored state."""
    move = Invoice.objects.filter(pk=odoo_id, **CREDITS).first()
    asked = standing.open_requests([KEY], subject_of(odoo_id))
    if move is None or move.odoo_deleted_at is not None:
        standing.close_all(asked, Request.Closed.SUBJECT_GONE, at=at, actor=ACTOR)
        return
    if move.odoo_state != "draft":
        _moved_on(move, asked, at=at)
        return
    found = of_credit_note(move)
    if not found.facts["lines"] and not asked:
        return  # it is still being written
    stands = standing.ask([KEY], subject=subject_of(odoo_id), found=found, at=at, actor=ACTOR)
    if stands[KEY] is Standing.PASSES and standing.held_since(KEY, found, sees, at=at):
        release_unasked(move, found, at=at)


def _moved_on(move: Invoice, asked: list[Request], *, at: datetime) -> None:
    standing.close_all(asked, Request.Closed.MOVED_IN_ODOO, at=at, actor=ACTOR)
    if move.odoo_state != "posted":
        return
    if move.name:
        approvals.name_record(KEY, subject_of(move.pk), move.name)
    found = of_credit_note(move)
    radar.watch(
        radar.Moved(
            subject=subject_of(move.pk),
            name=move.name or f"#{move.pk}",
            kinds=[KEY],
            found=found,
            money=move.amount_total,
            currency=found.facts["amount"]["currency"],
            # Odoo keeps no time of posting; posting dates what was not dated, so the day begins no later than it
            moved_at=datetime.combine(move.invoice_date, time(), UTC) if move.invoice_date else None,
            since=standing.held_since(KEY, found, sees, at=at),
            released=bool(move.x_cockpit_release),
            fits=bool(move.x_cockpit_release) and move.x_cockpit_release == release_text(found.facts),
            emergency=move.x_cockpit_emergency or "",
            took_part=move.x_cockpit_emergency_by or "",
        ),
        asked,
        at=at,
    )
