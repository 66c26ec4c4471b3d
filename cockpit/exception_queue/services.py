"""Opening cases when something is wrong, clearing them when it is right again. Both may be said twice."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from cockpit import audit
from cockpit.accounts.models import Person, Unit
from cockpit.exception_queue.models import Case
from cockpit.transitions import TransitionError, advance, subject_of

State = Case.State


class CaseError(ValueError):
    """The case cannot be opened as asked; the message says why."""


@transaction.atomic
def open_case(
    fingerprint: str,
    *,
    kind: str,
    title: str,
    at: datetime,
    severity: str = "medium",
    unit: Unit | None = None,
    money: Decimal | None = None,
    currency: str = "",
    subject: str = "",
    detail: dict[str, Any] | None = None,
    due_at: datetime | None = None,
    owner: Person | None = None,
    actor: Any = "system",
    client_odoo_id: int | None = None,
    project_odoo_id: int | None = None,
) -> Case:
    """The one living case of `fingerprint`: opened, reopened if it was resolved, or counted once more.

    Seen again, it takes the new title, severity, money and detail; owner and deadline stay with whoever works on it.
    An ignored case stays ignored. `money` needs its `currency`.
    """
    _check(fingerprint, severity, money, currency)
    _lock(fingerprint)
    now: dict[str, Any] = {
        "kind": kind,
        "title": title[:300],
        "severity": severity,
        "money": money,
        "currency": currency,
    }
    now |= {"subject": subject, "detail": detail or {}, "last_seen_at": at}
    scope = {"unit": unit, "client_odoo_id": client_odoo_id, "project_odoo_id": project_odoo_id}
    now |= {name: value for name, value in scope.items() if value is not None}
    case = Case.objects.filter(fingerprint=fingerprint).order_by("-id").select_for_update().first()
    if case is None:
        return _open(Case(fingerprint=fingerprint, first_seen_at=at, owner=owner, due_at=due_at, **now), actor, at)
    Case.objects.filter(pk=case.pk).update(**now, occurrences=F("occurrences") + 1)
    if case.state == State.RESOLVED:
        advance(case, "reopen", actor=actor, at=at, closed_at=None, closed_because="", due_at=due_at)
    case.refresh_from_db()
    return case


@transaction.atomic
def clear_case(fingerprint: str, *, at: datetime, reason: str, actor: Any = "system") -> Case | None:
    """Resolve the case of `fingerprint`, if one is open or acknowledged; None when there is nothing to clear."""
    _lock(fingerprint)
    case = Case.objects.filter(fingerprint=fingerprint, state__in=[State.OPEN, State.ACKNOWLEDGED]).first()
    if case is None:
        return None
    try:
        advance(case, "resolve", actor=actor, at=at, closed_at=at, closed_because=reason)
    except TransitionError:  # a person closed or ignored it at this moment
        return None
    return case


def _open(case: Case, actor: Any, at: datetime) -> Case:
    case.save(force_insert=True)
    data = {"fingerprint": case.fingerprint, "kind": case.kind, "title": case.title, "severity": case.severity}
    audit.record(subject_of(case), "exception_queue.case.open", actor=actor, at=at, data=data)
    return case


def _check(fingerprint: str, severity: str, money: Decimal | None, currency: str) -> None:
    if not fingerprint:
        raise CaseError("A case needs a fingerprint: it tells the same trouble from another.")
    if severity not in Case.Severity.values:
        raise CaseError(f"Severity {severity!r} is none of {', '.join(Case.Severity.values)}.")
    if money is not None and not currency:
        raise CaseError(f"{money} has no currency.")


def _lock(fingerprint: str) -> None:
    """What is said about one fingerprint is said in turn, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"case:{fingerprint}"])
