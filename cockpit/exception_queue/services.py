"""Opening cases when something is wrong, clearing them when it is right again. Both may be said twice."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from cockpit import audit
from cockpit.accounts.models import Person, Unit
from cockpit.exception_queue.kinds import kind_of
from cockpit.exception_queue.models import Case, Occurrence
from cockpit.exception_queue.ownership import due_at as due_by_rule
from cockpit.exception_queue.ownership import role_for
from cockpit.transitions import TransitionError, advance, subject_of

State = Case.State
AWAKE: dict[str, Any] = {"wakes_at": None, "wakes_if_worse": False, "worse_than_money": None, "worse_than_count": None}


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
    cause: str = "",
    next_step: str = "",
    runbook: str = "",
    parent: Case | None = None,
    anew: bool = True,
) -> Case:
    """The one living case of `fingerprint`: opened, reopened if it was resolved, or counted once more.

    Seen again, it takes the new title, severity, money and detail; owner and deadline stay with whoever works on it.
    What is snoozed, ignored or a duplicate stays so, unless it was to wake when worse. `anew` False says that it is
    still so (a rule looked again): that counts once a day. `money` needs its `currency`. Without `owner` and `due_at`
    the rule of the kind gives both.
    """
    _check(fingerprint, severity, money, currency)
    _lock(fingerprint)
    now: dict[str, Any] = {"kind": kind, "cause": cause or kind, "title": title[:300], "severity": severity}
    now |= {"money": money, "currency": currency, "subject": subject, "detail": detail or {}, "last_seen_at": at}
    now |= {"next_step": next_step, "runbook": runbook, "parent": parent}
    scope = {"unit": unit, "client_odoo_id": client_odoo_id, "project_odoo_id": project_odoo_id}
    now |= {name: value for name, value in scope.items() if value is not None}
    case = Case.objects.filter(fingerprint=fingerprint).order_by("-id").select_for_update(of=("self",)).first()
    if case is None:
        return _open(Case(fingerprint=fingerprint, first_seen_at=at, owner=owner, due_at=due_at, **now), actor, at)
    counts = case.state == State.RESOLVED or _count(case, anew=anew, at=at)
    if counts:
        now["occurrences"] = F("occurrences") + 1
    Case.objects.filter(pk=case.pk).update(**now, calm_since=None)
    if case.state == State.RESOLVED:
        _reopen(case, due_at, actor, at)
    case.refresh_from_db()
    if _is_worse(case, counted=counts and anew):
        advance(case, "wake", actor=actor, at=at, note="worse", **AWAKE)
    return case


@transaction.atomic
def clear_case(fingerprint: str, *, at: datetime, reason: str, actor: Any = "system") -> Case | None:
    """Resolve the living case of `fingerprint`; None when there is nothing to clear.

    One that is ignored until a date stays ignored, should it come back before; it is resolved when that date comes.
    """
    _lock(fingerprint)
    living = Case.objects.exclude(state=State.RESOLVED).filter(fingerprint=fingerprint)
    case = living.select_for_update(of=("self",)).first()
    if case is None:
        return None
    if case.state == State.IGNORED and case.wakes_at and case.wakes_at > at:
        Case.objects.filter(pk=case.pk, calm_since__isnull=True).update(calm_since=at, closed_because=reason)
        return None
    try:
        resolve(case, actor=actor, at=at, reason=reason)
    except TransitionError:  # a person closed it at this moment
        return None
    return case


def resolve(case: Case, *, actor: Any, at: datetime, reason: str, note: str = "") -> None:
    """End a living case. What it muted and what was its duplicate goes on by itself."""
    cleared: dict[str, Any] = {"closed_at": at, "closed_because": reason, "duplicate_of": None, "calm_since": None}
    advance(case, "resolve", actor=actor, at=at, words={"note": note} if note else None, **cleared, **AWAKE)


def _open(case: Case, actor: Any, at: datetime) -> Case:
    kind = kind_of(case.kind)
    case.due_at = case.due_at or due_by_rule(kind, case.unit, at=at)
    case.owner_role = "" if case.owner else role_for(kind, case.unit)
    case.save(force_insert=True)
    Occurrence.objects.create(case=case, day=at.astimezone(UTC).date())
    data = {"fingerprint": case.fingerprint, "kind": case.kind, "severity": case.severity}
    words = {"title": case.title}
    audit.record(subject_of(case), "exception_queue.case.open", actor=actor, at=at, data=data, words=words)
    return case


def _reopen(case: Case, due_at: datetime | None, actor: Any, at: datetime) -> None:
    _count(case, anew=True, at=at)
    kind = kind_of(case.kind)
    again: dict[str, Any] = {
        "closed_at": None,
        "closed_because": "",
        "due_at": due_at or due_by_rule(kind, case.unit, at=at),
    }
    advance(case, "reopen", actor=actor, at=at, **again)


def _count(case: Case, *, anew: bool, at: datetime) -> bool:
    """Note one more occurrence on its day; whether it counts."""
    day, made = Occurrence.objects.get_or_create(case=case, day=at.astimezone(UTC).date())
    if not made and anew:
        Occurrence.objects.filter(pk=day.pk).update(count=F("count") + 1)
    return made or anew


def _is_worse(case: Case, *, counted: bool) -> bool:
    if case.state not in (State.SNOOZED, State.IGNORED) or not case.wakes_if_worse:
        return False
    dearer = case.money is not None and case.money > (case.worse_than_money or 0)
    return dearer or (counted and case.occurrences > (case.worse_than_count or 0))


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
