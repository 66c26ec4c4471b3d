"""A draft invoice changed: look at what it says now, and ask, refresh or close."""

from datetime import datetime, timedelta

import structlog
from django.utils.translation import gettext_noop

from approvals import services as approvals
from approvals.models import Request
from cockpit.accounts.models import Person
from cockpit.events.models import Event
from cockpit.exception_queue.services import clear_case, open_case
from delivery.guards import release_text
from delivery.invoice_release import effects
from delivery.invoice_release.facts import of_invoice
from delivery.invoice_release.kinds import KEY, money_words
from delivery.invoice_release.limits import guard_holds
from delivery.record_facts import FactsMissingError, Found
from integrations.mirror.models import Invoice

log = structlog.get_logger(__name__)
ACTOR = "system:invoice_release"
REVIEW_WITHIN = timedelta(days=2)


def subject_of(odoo_id: int) -> str:
    return f"odoo.account.move:{odoo_id}"


def evaluate(event: Event, *, at: datetime) -> None:
    """Handler of `odoo.invoice.changed`. Level-triggered: it reads the mirror, never the event's payload."""
    look(int(event.subject.rpartition(":")[2]), at=at)


def evaluate_all(event: Event, *, at: datetime) -> None:
    """Handler of `mirror.loaded`: after a first load every open draft is looked at once, and every open request."""
    drafts = Invoice.objects.filter(
        odoo_state="draft", move_type="out_invoice", odoo_deleted_at__isnull=True
    ).values_list("pk", flat=True)
    asked = Request.objects.open().filter(kind_key=KEY).values_list("subject", flat=True)
    for odoo_id in sorted({*drafts, *(int(subject.rpartition(":")[2]) for subject in asked)}):
        look(odoo_id, at=at)


def look(odoo_id: int, *, at: datetime) -> None:
    """Bring requests and cases about one invoice in line with its mirrored state. Doing it twice changes nothing."""
    invoice = Invoice.objects.filter(pk=odoo_id, move_type="out_invoice").first()
    request = Request.objects.open().filter(kind_key=KEY, subject=subject_of(odoo_id)).first()
    if invoice is None or invoice.odoo_deleted_at is not None:
        if request:
            approvals.close(request, Request.Closed.SUBJECT_GONE, at=at, actor=ACTOR)
        return
    if invoice.odoo_state != "draft":
        _moved_on(invoice, request, at=at)
        return
    clear_case(
        f"invoice.altered:{odoo_id}", at=at, reason=gettext_noop("It is a draft again, and asked about as such.")
    )
    try:
        found = of_invoice(invoice)
    except FactsMissingError as problem:
        log.warning("invoice_facts_missing", invoice=odoo_id, problem=str(problem))
        raise
    if not found.facts["lines"] and request is None:
        return  # nothing is billed yet: it is still being written
    asked = approvals.ask(
        KEY,
        subject=subject_of(odoo_id),
        unit=found.unit,
        facts=found.facts,
        at=at,
        actor=ACTOR,
        requester=found.author,
        barred=found.barred,
        client_odoo_id=invoice.commercial_partner_id,
        client_name=(found.facts["client"] or {}).get("name", ""),
    )
    if asked is None:
        _let_pass(invoice, found, at=at)


def _let_pass(invoice: Invoice, found: Found, *, at: datetime) -> None:
    """Nobody is asked. Odoo's guard holds a superset of that: what it would hold is released at once.

    An invoice whose request was withdrawn is not asked about either, but it does not pass.
    """
    passes = approvals.asks_nobody(KEY, unit=found.unit, facts=found.facts, at=at)
    if passes and guard_holds(found.facts, found.unit, at=at):
        effects.release_unasked(invoice, found, at=at)


def _moved_on(invoice: Invoice, request: Request | None, *, at: datetime) -> None:
    if request:
        approvals.close(request, Request.Closed.MOVED_IN_ODOO, at=at, actor=ACTOR)
    if invoice.odoo_state != "posted":
        return
    if invoice.name:
        approvals.name_record(KEY, subject_of(invoice.pk), invoice.name)
    if invoice.x_cockpit_emergency:
        _open_review(invoice, at=at)
        return
    if request and not _fits(invoice):  # else an earlier round approved exactly this, and its posting came late
        _open_bypass(invoice, request, at=at)
    _watch_release(invoice, at=at)


def _open_review(invoice: Invoice, *, at: datetime) -> None:
    """Break-glass was used: a second person looks at it within two days."""
    found = of_invoice(invoice)
    open_case(
        f"invoice.emergency:{invoice.pk}",
        kind="invoice.emergency_release",
        title=f"{invoice.name} was posted by emergency release: {invoice.x_cockpit_emergency}",
        at=at,
        severity="high",
        unit=found.unit,
        money=invoice.amount_total,
        currency=found.facts["amount"]["currency"],
        subject=subject_of(invoice.pk),
        detail={
            "reason": invoice.x_cockpit_emergency,
            "odoo": found.facts["odoo"],
            "amount": money_words(found.facts["amount"]),
            "barred_persons": sorted(found.barred | _took_part(invoice)),
        },
        due_at=at + REVIEW_WITHIN,
    )


def _took_part(invoice: Invoice) -> set[int]:
    """The persons who gave the reason or posted: Odoo notes their users."""
    users = [int(one) for one in (invoice.x_cockpit_emergency_by or "").split(",") if one.strip().isdigit()]
    return set(Person.objects.filter(odoo_user_id__in=users).values_list("pk", flat=True))


def _fits(invoice: Invoice) -> bool:
    """Whether it carries a release, and is as that was given for."""
    return bool(invoice.x_cockpit_release) and invoice.x_cockpit_release == release_text(of_invoice(invoice).facts)


def _watch_release(invoice: Invoice, *, at: datetime) -> None:
    """Odoo lets the lines of a posted invoice be rewritten over its API; then its release does not fit any more."""
    if not invoice.x_cockpit_release:
        return  # posted without the guard: nothing was promised about it
    fingerprint = f"invoice.altered:{invoice.pk}"
    if _fits(invoice):
        clear_case(fingerprint, at=at, reason=gettext_noop("The invoice is as it was approved."))
        return
    found = of_invoice(invoice)
    open_case(
        fingerprint,
        kind="invoice.altered_after_release",
        title=f"{invoice.name} was posted as approved, and changed in Odoo afterwards",
        at=at,
        severity="high",
        unit=found.unit,
        money=invoice.amount_total,
        currency=found.facts["amount"]["currency"],
        subject=subject_of(invoice.pk),
        detail={"odoo": found.facts["odoo"], "released": invoice.x_cockpit_release},
        due_at=at + REVIEW_WITHIN,
    )


def _open_bypass(invoice: Invoice, request: Request, *, at: datetime) -> None:
    found = of_invoice(invoice)
    open_case(
        f"invoice.bypass:{invoice.pk}",
        kind="invoice.posted_undecided",
        title=f"{invoice.name} was posted in Odoo while {request.number} was still waiting for a decision",
        at=at,
        severity="high",
        unit=found.unit,
        money=invoice.amount_total,
        currency=found.facts["amount"]["currency"],
        subject=subject_of(invoice.pk),
        detail={"odoo": found.facts["odoo"], "request": request.number},
        due_at=at + REVIEW_WITHIN,
    )
