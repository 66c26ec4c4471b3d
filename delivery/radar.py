"""The bypass radar: a record that went on in Odoo without a decision, against one, or by emergency release.

Each becomes a case that a second person reviews, and an entry in the audit of its request.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from approvals.models import Request
from cockpit import audit
from cockpit.accounts.models import Person
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.services import clear_case, open_case
from delivery.record_facts import Found

REVIEW_WITHIN = timedelta(days=2)
ACTOR = "system:radar"


@dataclass(frozen=True)
class Moved:
    """A record that went on. `since`: from when the guard held such records, None: it did not.

    `released`: it carries a release; `fits`: and is as that was given for. `took_part`: ids of Odoo's users.
    """

    subject: str
    name: str
    kinds: Sequence[str]
    found: Found
    money: Decimal | None
    currency: str
    moved_at: datetime | None
    since: datetime | None
    released: bool
    fits: bool
    emergency: str = ""
    took_part: str = ""


def watch(moved: Moved, asked: Iterable[Request], *, at: datetime) -> None:
    """Open what is to be reviewed, clear what is right again. `asked`: the requests that were open until now."""
    if moved.emergency:
        _open(moved, "emergency_release", list(asked), at=at)
        return
    if moved.fits:
        clear_case(f"guard.altered:{moved.subject}", at=at, reason="it is as it was approved")
        return
    if open_now := list(asked):
        _open(moved, "moved_undecided", open_now, at=at)
    elif moved.released:
        _open(moved, "altered_after_release", [], at=at)
    elif refused := _refused(moved):
        _open(moved, "moved_against", [refused], at=at)
    elif moved.since and moved.moved_at and moved.moved_at >= moved.since:
        _open(moved, "moved_unasked", [], at=at)


def _refused(moved: Moved) -> Request | None:
    latest = Request.objects.filter(kind_key__in=moved.kinds, subject=moved.subject).order_by("-pk").first()
    return latest if latest and latest.state == Request.State.REJECTED else None


def _open(moved: Moved, how: str, requests: list[Request], *, at: datetime) -> None:
    fingerprint = f"guard.{'altered' if how == 'altered_after_release' else 'bypass'}:{moved.subject}"
    is_new = not Case.objects.filter(fingerprint=fingerprint).exists()
    numbers = ", ".join(request.number for request in requests)
    case = open_case(
        fingerprint,
        kind=f"guard.{how}",
        title=f"{moved.name}: {how.replace('_', ' ')}",
        at=at,
        severity="high",
        unit=moved.found.unit,
        money=moved.money,
        currency=moved.currency if moved.money is not None else "",
        subject=moved.subject,
        client_odoo_id=moved.found.client_odoo_id,
        project_odoo_id=moved.found.project_odoo_id,
        detail={
            "odoo": moved.found.facts["odoo"],
            "record": moved.name,
            "request": numbers,
            "reason": moved.emergency,
            "barred_persons": sorted(moved.found.barred | _persons(moved.took_part)),
        },
        due_at=at + REVIEW_WITHIN,
        anew=is_new,
    )
    if is_new:
        for request in requests:
            data = {"how": how, "record": moved.subject, "case": case.pk}
            audit.record(request.audit_subject, "delivery.bypass", actor=ACTOR, at=at, data=data)


def _persons(users: str) -> set[int]:
    """Odoo notes the users who gave the reason or moved it on."""
    ids = [int(one) for one in users.split(",") if one.strip().isdigit()]
    return set(Person.objects.filter(odoo_user_id__in=ids).values_list("pk", flat=True))
