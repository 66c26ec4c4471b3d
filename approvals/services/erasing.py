"""What is taken away, after its time or because somebody may be forgotten; the chain goes on proving the rest."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Func, Q, Value

from approvals import facts as factbook
from approvals.kinds import UnknownKindError
from approvals.models import Comment, Decision, Request, Snapshot, Step
from approvals.services.routing import lock
from cockpit import outbox
from cockpit.accounts.masking import GONE
from cockpit.audit import erase_words, record, spoken
from cockpit.audit.models import Entry
from cockpit.audit.words import digests_in
from cockpit.events.models import Event
from cockpit.time.models import Outage, Segment

WHOLE = "*"  # in a snapshot of before: hashed as a whole, so it goes as a whole


@transaction.atomic
def purge(request_id: int, *, actor: Any, at: datetime) -> bool:
    """Take away what was said: facts, words, names. Who decided what when, under which policy, stays and stays proven.

    False: it is open, an effect of it still waits, or it was done already.
    """
    request = lock(request_id)
    if request.is_open or request.purged_at is not None or outbox.unfinished(request.audit_subject):
        return False
    entries = list(Entry.objects.filter(subject=request.audit_subject))
    snapshots = [one for one in request.snapshots.all() if _empty(one)]
    words = erase_words((digest for entry in entries for digest in digests_in(entry.data).values()), at=at)
    said = {"comments": request.comments.count(), "questions": request.questions.count()}
    for rows in (request.comments, request.questions, request.snoozes):
        rows.all().delete()
    Decision.objects.filter(round__request=request).exclude(note="").update(note=GONE)
    for round_ in request.rounds.all():  # a route holds the facts that it was found by
        request.rounds.filter(pk=round_.pk).update(route={"steps": round_.route["steps"]})
    outbox.forget(request.audit_subject)
    Event.objects.filter(subject=request.audit_subject).update(payload={})
    _causes(request).update(cause=Func(F("cause"), Value(":"), Value(1), function="split_part"))
    Request.objects.filter(pk=request.pk).update(
        title=_called(request), client_name="", record_name="", client_odoo_id=None, project_odoo_id=None,
        amount=None, currency="", amount_reporting=0, cost_of_delay=0, purged_at=at,
    )  # fmt: skip
    data = {"facts": [f"{one.hash}:{WHOLE}" for one in snapshots], "words": words, **said}
    record(request.audit_subject, "approvals.request.purge", actor=actor, at=at, data=data)
    return True


@transaction.atomic
def mask_in(request_id: int, mask: Callable[[Any], Any], *, actor: Any, at: datetime) -> bool:
    """Replace what `mask` replaces, in all that was said about one request. False: there was nothing of it.

    `mask` takes a text or a JSON value and returns it, another one where something was replaced.
    """
    request = lock(request_id)
    facts = [f"{one.hash}:{key}" for one in request.snapshots.all() for key in _mask_snapshot(one, mask)]
    entries = list(Entry.objects.filter(subject=request.audit_subject))
    words = erase_words(_touched(entries, mask), at=at)
    rows = [_mask_row(row, fields, mask, at) for row, fields in _rows(request)]
    if not (facts or words or any(rows)):
        return False
    data = {"facts": facts, "words": words, "places": sum(rows)}
    record(request.audit_subject, "approvals.request.erase", actor=actor, at=at, data=data)
    return True


def _called(request: Request) -> str:
    try:
        return str(request.kind.label)[:300]
    except UnknownKindError:
        return request.kind_key


def _empty(one: Snapshot) -> bool:
    if not one.facts and not one.salts:
        return False
    _leave(one, one.facts, {})
    return True


def _mask_snapshot(one: Snapshot, mask: Callable[[Any], Any]) -> list[str]:
    """The facts of it that hold what is to go, now masked; of a snapshot from before "*"."""
    masked = {key: found for key, value in one.facts.items() if (found := mask(value)) != value}
    if not masked:
        return []
    return _leave(one, masked, {**one.facts, **masked})


def _leave(one: Snapshot, going: Iterable[str], facts: dict[str, Any]) -> list[str]:
    """Keep the hashes of what goes, drop its salts, and show `facts`."""
    if one.salts or one.kept:
        proofs = {key: factbook.commitment(one.salts[key], one.facts[key]) for key in going if key in one.salts}
    else:
        proofs = {WHOLE: one.hash}
    one.kept = {**one.kept, **proofs}
    one.salts = {key: salt for key, salt in one.salts.items() if key not in proofs}
    one.facts = facts
    one.save(update_fields=["kept", "salts", "facts"])
    return sorted(proofs)


def _touched(entries: list[Entry], mask: Callable[[Any], Any]) -> list[str]:
    said = spoken(entries)
    return [
        digest
        for entry in entries
        for key, digest in digests_in(entry.data).items()
        if mask(said[entry.pk].get(key, "")) != said[entry.pk].get(key, "")
    ]


def _rows(request: Request) -> Iterable[tuple[Any, tuple[str, ...]]]:
    """What is shown of a request, with the columns that hold words."""
    yield request, ("title", "client_name")
    for round_ in request.rounds.all():
        yield round_, ("route",)
    for comment in request.comments.all():
        yield comment, ("text",)
    for question in request.questions.all():
        yield question, ("text", "answer", "value")
    for decision in Decision.objects.filter(round__request=request):
        yield decision, ("note",)
    for segment in _causes(request):
        yield segment, ("cause",)
    for row in (*outbox.finished_of(request.audit_subject), *Event.objects.filter(subject=request.audit_subject)):
        yield row, ("payload", "result") if hasattr(row, "result") else ("payload",)


def _mask_row(row: Any, fields: tuple[str, ...], mask: Callable[[Any], Any], at: datetime) -> int:
    changed = {name: found for name in fields if (found := mask(getattr(row, name))) != getattr(row, name)}
    if not changed:
        return 0
    if isinstance(row, Comment):
        changed["erased_at"] = at
    type(row)._base_manager.filter(pk=row.pk).update(**changed)
    return 1


def _causes(request: Request) -> Any:
    """Stretches of its clocks whose cause names somebody: "waiting for %(about)s’s answer: Ben Brook"."""
    steps = [f"approvals.step:{pk}" for pk in Step.objects.filter(round__request=request).values_list("pk", flat=True)]
    return Segment.objects.filter(Q(clock__subject__in=[*steps, request.audit_subject]), cause__contains=":").exclude(
        cause__startswith=Outage.CAUSE
    )
