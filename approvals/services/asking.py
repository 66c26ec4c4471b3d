"""A record needs a yes: ask, keep the facts in step, or close when nothing is left to decide."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals import facts as factbook
from approvals import kinds, policy
from approvals.models import Decision, Participant, Policy, PolicyVersion, Request, Round, Snapshot, Step
from approvals.services import whole
from approvals.services.refusing import NotEntitledError
from approvals.services.routing import (
    check_somebody_may_decide,
    close_round,
    keep_due,
    lock,
    open_next_steps,
    open_round,
    put_back_later,
    reopen_step,
)
from approvals.services.turning import overtake
from approvals.services.weighing import COLUMNS, weigh
from cockpit.accounts.models import Person, Unit
from cockpit.audit import record
from cockpit.transitions import advance

SYSTEM = "system:policy"


@transaction.atomic
def ask(
    kind_key: str,
    *,
    subject: str,
    unit: Unit,
    facts: Mapping[str, Any],
    at: datetime,
    actor: Person | str = SYSTEM,
    requester: Person | None = None,
    barred: Iterable[int] = (),
    client_odoo_id: int | None = None,
    client_name: str = "",
    project_odoo_id: int | None = None,
) -> Request | None:
    """Put `subject` before those whom the policy in force names, or bring the open request about it up to date.

    Asking twice is asking once. A request that was decided is asked anew, in a further round, only if a material fact
    has moved since. None: the policy asks nobody, is off, or there is none.
    """
    kind = kinds.get(kind_key)
    factbook.check(kind, facts)
    _serialise(kind_key, subject)
    latest = _latest(kind_key, subject)
    if latest and latest.is_open:
        request = lock(latest.pk)
        refresh_facts(request, facts, at=at, actor=actor, barred=barred)
        return request if request.is_open else None
    version = _version_in_force(kind_key, at)
    found = policy.route(version.table(), facts, tuple(unit.ancestor_ids)) if version else None
    if found is None or not found.steps or (latest and _withdrawn_as_it_is(latest, kind, facts)):
        return None
    columns = {
        **_of_record(kind, facts),
        "version": version,
        "unit": unit,
        "client_odoo_id": client_odoo_id,
        "client_name": client_name[:200],
        "project_odoo_id": project_odoo_id,
        "requester": requester,
        "barred_persons": sorted(set(barred)),
    }
    if latest and latest.state in {Request.State.APPROVED, Request.State.REJECTED}:
        return _ask_again(lock(latest.pk), kind, facts, found, columns, at=at, actor=actor)
    return _ask_first(kind, subject, facts, found, columns, at=at, actor=actor)


def asks_nobody(kind_key: str, *, unit: Unit, facts: Mapping[str, Any], at: datetime) -> bool:
    """Whether the policy in force lets a record with these facts pass. What was withdrawn does not pass by that."""
    version = _version_in_force(kind_key, at)
    if version is None or version.policy.mode != Policy.Mode.ENFORCE:
        return True
    return not policy.route(version.table(), facts, tuple(unit.ancestor_ids)).steps


@transaction.atomic
def refresh_facts(
    request: Request,
    facts: Mapping[str, Any],
    *,
    at: datetime,
    actor: Person | str = SYSTEM,
    barred: Iterable[int] = (),
) -> None:
    """Take in what the record says now. What a material move touches is void and asked again; the rest stands.

    Void is also what somebody decided who is barred since: whoever became its author or gains from it.
    """
    request = _relock(request)
    kind = request.kind
    factbook.check(kind, facts)
    barred = set(barred) - set(request.barred_persons)
    if not request.is_open or request.snapshot is None or (dict(facts) == request.snapshot.facts and not barred):
        return
    round_ = request.rounds.get(closed_at__isnull=True)
    found = policy.route(request.version.table(), facts, tuple(request.unit.ancestor_ids))
    _take_in(request, facts, barred, at=at)
    if not found.steps:
        _close(request, Request.Closed.NOT_REQUIRED, at=at, actor=actor)
        return
    same_route = found.steps == tuple(policy.spec_from_data(step) for step in round_.route["steps"])
    touched = _void_touched(request, round_, facts, all_of_them=not same_route, barred=barred, at=at)
    data = {
        "snapshot": request.snapshot.hash,
        "void": [decision.pk for decision in touched],
        "same_route": same_route,
        **({"newly_barred": len(barred)} if barred else {}),  # whom, the snapshot says
    }
    record(request.audit_subject, "approvals.request.refresh", actor=actor, at=at, data=data)
    if touched and request.state == Request.State.SETTLING:
        advance(request, "recall", actor=actor, at=at, settles_at=None, outcome="")
        whole.go_on(request, at=at)
    if not same_route:
        overtake(round_, at=at)
        close_round(round_, at=at)
        open_round(request, request.snapshot, found, at=at, reason="the facts changed the route")
        return
    _go_on(request, round_, touched, barred, at=at)


def _take_in(request: Request, facts: Mapping[str, Any], barred: set[int], *, at: datetime) -> None:
    """What the record says now, on the request; in a snapshot of its own if it says something else."""
    if request.snapshot is None or dict(facts) != request.snapshot.facts:
        _take_snapshot(request, facts, at=at)
    for name, value in _of_record(request.kind, facts).items():
        setattr(request, name, value)
    request.barred_persons = sorted({*request.barred_persons, *barred})
    request.save()


def _go_on(request: Request, round_: Round, touched: list[Decision], barred: set[int], *, at: datetime) -> None:
    """The same route: ask again what was touched, and see that somebody may still answer."""
    if touched:
        _ask_touched_again(round_, touched, at=at)
    if barred:
        for step in round_.steps.filter(state=Step.State.OPEN):
            check_somebody_may_decide(step, request, at=at)


@transaction.atomic
def close(request: Request, reason: str, *, at: datetime, actor: Person | str = SYSTEM) -> None:
    """End an open request without a decision; `reason` is of Request.Closed. One that is not open stays as it is."""
    request = _relock(request)
    if request.is_open:
        _close(request, reason, at=at, actor=actor)


def name_record(kind_key: str, subject: str, name: str) -> None:
    """The record has got a number of its own: people look for its request by it."""
    Request.objects.filter(kind_key=kind_key, subject=subject).exclude(record_name=name).update(record_name=name[:120])


@transaction.atomic
def withdraw(request_id: int, *, actor: Person, at: datetime, note: str = "") -> Request:
    """Whoever asked does not want it any more. Raises NotEntitledError; a decision in effect cannot be withdrawn."""
    request = lock(request_id)
    if request.requester_id != actor.pk:
        raise NotEntitledError(_("Only who asked for it can withdraw it."))
    if not request.is_open:
        raise NotEntitledError(_("%(number)s no longer waits for a decision.") % {"number": request.number})
    if note.strip():
        verb, words = "approvals.request.withdraw", {"note": note.strip()}
        record(request.audit_subject, verb, actor=actor, at=at, words=words)
    _close(request, Request.Closed.WITHDRAWN, at=at, actor=actor)
    return request


def _close(request: Request, reason: str, *, at: datetime, actor: Person | str) -> None:
    for round_ in request.rounds.filter(closed_at__isnull=True):
        overtake(round_, at=at)
        close_round(round_, at=at)
    keep_due(request)
    whole.end(request, at=at)
    advance(
        request,
        "close",
        actor=actor,
        at=at,
        note=reason,
        closed_reason=reason,
        closed_at=at,
        due_at=None,
        settles_at=None,
        outcome="",
    )


def _begin(
    request: Request,
    facts: Mapping[str, Any],
    found: policy.Route,
    *,
    at: datetime,
    actor: Person | str,
    verb: str,
    reason: str = "",
) -> None:
    snapshot = _take_snapshot(request, facts, at=at)
    record(
        request.audit_subject,
        f"approvals.request.{verb}",
        actor=actor,
        at=at,
        data={
            "policy": str(request.version),
            "policy_hash": request.version.digest,
            "snapshot": snapshot.hash,
            "asks": [step.role for step in found.steps],
            "observed": request.state == Request.State.OBSERVED,
        },
    )
    if request.requester:
        Participant.objects.get_or_create(request=request, person=request.requester, part=Participant.Part.REQUESTER)
    if request.is_open:
        open_round(request, snapshot, found, at=at, reason=reason)


def _ask_first(
    kind: kinds.Kind,
    subject: str,
    facts: Mapping[str, Any],
    found: policy.Route,
    columns: dict[str, Any],
    *,
    at: datetime,
    actor: Person | str,
) -> Request | None:
    """A new request; where the policy only observes, one for each state of the record that would have been asked."""
    observes = columns["version"].policy.mode == Policy.Mode.OBSERVE
    if observes and _observed_already(kind, subject, facts):
        return None
    state = Request.State.OBSERVED if observes else Request.State.PENDING
    request = Request.objects.create(kind_key=kind.key, subject=subject, state=state, asked_at=at, **columns)
    _begin(request, facts, found, at=at, actor=actor, verb="ask")
    return request


def _ask_again(
    request: Request,
    kind: kinds.Kind,
    facts: Mapping[str, Any],
    found: policy.Route,
    columns: dict[str, Any],
    *,
    at: datetime,
    actor: Person | str,
) -> Request:
    assert request.snapshot is not None
    if not factbook.moved(kind, _decided_facts(request), facts):
        return request
    for round_ in request.rounds.filter(closed_at__isnull=True):
        close_round(round_, at=at)
    advance(request, "reopen", actor=actor, at=at, outcome="", closed_at=None, settles_at=None, asked_at=at, **columns)
    _begin(request, facts, found, at=at, actor=actor, verb="ask", reason="the record changed after the decision")
    return request


def _withdrawn_as_it_is(latest: Request, kind: kinds.Kind, facts: Mapping[str, Any]) -> bool:
    """Whoever asked took it back, and nothing material is another since: it is not asked behind their back."""
    return (
        latest.closed_reason == Request.Closed.WITHDRAWN
        and latest.snapshot is not None
        and not factbook.moved(kind, latest.snapshot.facts, facts)
    )


def _decided_facts(request: Request) -> Mapping[str, Any]:
    """Drift is measured against what was decided, never against the reading before."""
    decision = (
        Decision.objects.filter(round__request=request, void_at__isnull=True)
        .select_related("snapshot")
        .order_by("-at", "-pk")
        .first()
    )
    snapshot = decision.snapshot if decision else request.snapshot
    return snapshot.facts if snapshot else {}


def _void_touched(
    request: Request, round_: Round, facts: Mapping[str, Any], *, all_of_them: bool, barred: set[int], at: datetime
) -> list[Decision]:
    touched = []
    for decision in round_.decisions.filter(void_at__isnull=True).select_related("snapshot", "step"):
        moved = {move.fact.key for move in factbook.moved(request.kind, decision.snapshot.facts, facts)}
        if barred & {decision.person_id, decision.effective_person_id}:
            reason = "may not decide this any more: wrote it or gains from it"
        elif all_of_them or moved & set(decision.step.about or moved):
            reason = f"changed since: {', '.join(sorted(moved))}" if moved else "the route changed"
        else:
            reason = ""
        if reason:
            decision.void_at, decision.void_reason = at, reason
            decision.save(update_fields=["void_at", "void_reason"])
            touched.append(decision)
    return touched


def _ask_touched_again(round_: Round, touched: list[Decision], *, at: datetime) -> None:
    for step in Step.objects.filter(pk__in={decision.step_id for decision in touched}).exclude(state=Step.State.OPEN):
        reopen_step(step, at=at, cause=gettext_noop("facts moved"))
    first = min(decision.step.order for decision in touched)
    put_back_later(round_, first, cause=gettext_noop("the step before is asked again"), at=at)
    open_next_steps(round_, at=at)
    keep_due(round_.request)


def _take_snapshot(request: Request, facts: Mapping[str, Any], *, at: datetime) -> Snapshot:
    digest, salts = factbook.sealed(facts)
    snapshot = Snapshot.objects.create(
        request=request,
        number=request.snapshots.count() + 1,
        facts=dict(facts),
        hash=digest,
        salts=salts,
        taken_at=at,
    )
    request.snapshot = snapshot
    weigh(request, facts, at=at)
    request.save(update_fields=["snapshot", *COLUMNS])
    return snapshot


def _version_in_force(kind_key: str, at: datetime) -> PolicyVersion | None:
    rules = Policy.objects.filter(kind=kind_key).exclude(mode=Policy.Mode.OFF).first()
    return rules.version_at(at) if rules else None


def _observed_already(kind: kinds.Kind, subject: str, facts: Mapping[str, Any]) -> bool:
    seen = (
        Request.objects.filter(kind_key=kind.key, subject=subject, state=Request.State.OBSERVED).order_by("-pk").first()
    )
    return bool(seen and seen.snapshot and not factbook.moved(kind, seen.snapshot.facts, facts))


def _latest(kind_key: str, subject: str) -> Request | None:
    asked = Request.objects.filter(kind_key=kind_key, subject=subject).exclude(state=Request.State.OBSERVED)
    return asked.order_by("-pk").first()


def _of_record(kind: kinds.Kind, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"title": str(kind.title(facts))[:300], **_money(kind, facts)}


def _money(kind: kinds.Kind, facts: Mapping[str, Any]) -> dict[str, Any]:
    money = facts.get(kind.money) if kind.money else None
    return (
        {"amount": Decimal(money["amount"]), "currency": money["currency"]}
        if money
        else {"amount": None, "currency": ""}
    )


def _relock(request: Request) -> Request:
    """Lock the row and bring this very object up to date, so that the caller sees what happened to it."""
    lock(request.pk)
    request.refresh_from_db()
    return request


def _serialise(kind_key: str, subject: str) -> None:
    """Two askers about one record wait for one another, also before there is a row to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [f"approvals.ask|{kind_key}|{subject}"])
