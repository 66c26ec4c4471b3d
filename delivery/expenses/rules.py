"""An expense changed: look at what it says now, and ask, refresh, release or close."""

from datetime import datetime

from approvals.models import Request
from cockpit.events.models import Event
from delivery import radar, standing
from delivery.expenses.effects import release_unasked
from delivery.expenses.facts import MODEL, of_expense, release_text
from delivery.expenses.kinds import KEY
from delivery.expenses.limits import sees
from delivery.standing import Standing
from integrations.mirror.models import Expense

ACTOR = "system:expenses"
GONE_ON = ("approved", "posted", "in_payment", "paid")


def subject_of(odoo_id: int) -> str:
    return f"odoo.{MODEL}:{odoo_id}"


def evaluate(event: Event, *, at: datetime) -> None:
    """Handler of `odoo.expense.changed`."""
    look(int(event.subject.rpartition(":")[2]), at=at)


def evaluate_all(event: Event, *, at: datetime) -> None:
    """Handler of `mirror.loaded` and of a published policy: what is submitted, and every open request, once."""
    if event.payload.get("kind", KEY) != KEY:
        return
    submitted = Expense.objects.live().filter(odoo_state="submitted").values_list("pk", flat=True)
    for odoo_id in sorted({*submitted, *standing.asked_about([KEY], MODEL)}):
        look(odoo_id, at=at)


def look(odoo_id: int, *, at: datetime) -> None:
    """Bring request, release and cases of one expense in line with its mirrored state."""
    expense = Expense.objects.filter(pk=odoo_id).first()
    asked = standing.open_requests([KEY], subject_of(odoo_id))
    if expense is None or expense.odoo_deleted_at is not None:
        standing.close_all(asked, Request.Closed.SUBJECT_GONE, at=at, actor=ACTOR)
        return
    if expense.odoo_state != "submitted":
        standing.close_all(asked, Request.Closed.MOVED_IN_ODOO, at=at, actor=ACTOR)
        if expense.odoo_state in GONE_ON:
            _watch(expense, asked, at=at)
        return
    found = of_expense(expense)
    stands = standing.ask([KEY], subject=subject_of(odoo_id), found=found, at=at, actor=ACTOR)
    if stands[KEY] is Standing.PASSES and standing.held_since(KEY, found, sees, at=at):
        release_unasked(expense, found, at=at)


def _watch(expense: Expense, asked: list[Request], *, at: datetime) -> None:
    found = of_expense(expense)
    radar.watch(
        radar.Moved(
            subject=subject_of(expense.pk),
            name=expense.name or f"#{expense.pk}",
            kinds=[KEY],
            found=found,
            money=expense.total_amount_currency,
            currency=found.facts["amount"]["currency"],
            moved_at=expense.create_date,  # no later than its approval, whose time is not mirrored
            since=standing.held_since(KEY, found, sees, at=at),
            released=bool(expense.x_cockpit_release),
            fits=bool(expense.x_cockpit_release) and expense.x_cockpit_release == release_text(found.facts),
            emergency=expense.x_cockpit_emergency or "",
            took_part=expense.x_cockpit_emergency_by or "",
        ),
        asked,
        at=at,
    )
