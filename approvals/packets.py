"""What the packet of one request holds beside its chain: what was shown, decided, asked by, and looked at."""

import json
from typing import Any

from approvals.kinds import FactType, UnknownKindError
from approvals.models import Decision, Request, Snapshot
from approvals.policy_texts import text_of
from cockpit.audit.canonical import instant
from cockpit.audit.models import Entry, PersonRef
from cockpit.audit.packets import Content, NoSuchPacketError


def of_request(key: str) -> Content:
    """Of "R-1042". Raises NoSuchPacketError."""
    number = key.removeprefix("R-")
    request = Request.objects.select_related("version__policy", "unit").filter(
        pk=int(number) if number.isdigit() else 0
    )
    if not (found := request.first()):
        raise NoSuchPacketError(f"There is no request {key}.")
    snapshots = list(found.snapshots.order_by("number"))
    return Content(
        found.audit_subject,
        {
            "request.json": _request(found),
            "snapshots.json": [_snapshot(one) for one in snapshots],
            "decisions.json": _decisions(found),
            "evidence.json": _evidence(found, snapshots),
            "policy.yaml": text_of(found.version),
        },
    )


def _request(request: Request) -> dict[str, Any]:
    return {
        "number": request.number,
        "kind": request.kind_key,
        "subject": request.subject,
        "title": request.title,
        "unit": str(request.unit),
        "client": request.client_name,
        "state": request.state,
        "closed_reason": request.closed_reason,
        "policy": str(request.version),
        "asked_at": instant(request.asked_at),
        "closed_at": instant(request.closed_at) if request.closed_at else None,
    }


def _snapshot(one: Snapshot) -> dict[str, Any]:
    return {
        "number": one.number,
        "hash": one.hash,
        "taken_at": instant(one.taken_at),
        "facts": one.facts,
        "salts": one.salts,
        "kept": one.kept,
    }


def _decisions(request: Request) -> list[dict[str, Any]]:
    """As the entries name them; the words of a note are in words.json."""
    entries = list(Entry.objects.filter(subject=request.audit_subject, verb="approvals.request.decide"))
    decided = Decision.objects.filter(round__request=request).select_related("step", "snapshot").order_by("at", "pk")
    known = dict(PersonRef.objects.values_list("pk", "person_id").filter(pk__in=_referred(entries)))
    return [_decision(one, _entry_of(one, entries), known) for one in decided]


def _referred(entries: list[Entry]) -> set[str]:
    names = {name for entry in entries for name in (entry.actor, str(entry.data.get("for") or ""))}
    return {name.removeprefix("person:") for name in names}


def _entry_of(one: Decision, entries: list[Entry]) -> Entry | None:
    """By the decision's number; older entries don't name it."""
    exact = [entry for entry in entries if entry.data.get("decision") == one.pk]
    alike = [entry for entry in entries if (entry.at, entry.data.get("step")) == (one.at, one.step_id)]
    return next(iter(exact or alike), None)


def _named(name: str | None, person_id: int, known: dict[str, int | None]) -> str:
    """The entry's reference while it stands for this person, or for somebody who was erased; else one that differs."""
    stands_for = known.get((name or "").removeprefix("person:"), 0)
    return name if name and stands_for in (person_id, None) else f"somebody else ({person_id})"


def _decision(one: Decision, entry: Entry | None, known: dict[str, int | None]) -> dict[str, Any]:
    deputised = one.effective_person_id != one.person_id
    actor, voter = (entry.actor, entry.data.get("for")) if entry else ("", "")
    return {
        "decision": one.pk,
        "step": one.step_id,
        "role": one.step.role,
        "verdict": one.verdict,
        "snapshot": one.snapshot.hash,
        "person": _named(actor, one.person_id, known),
        "for": _named(voter, one.effective_person_id, known) if deputised else None,
        "note": entry.data.get("note") if entry else None,
        "at": instant(one.at),
        "void_at": instant(one.void_at) if one.void_at else None,
        "void_reason": one.void_reason,
    }


def _evidence(request: Request, snapshots: list[Snapshot]) -> list[dict[str, Any]]:
    """Each document once, with the checksum that Odoo had."""
    try:
        keys = [fact.key for fact in request.kind.facts if fact.type == FactType.DOCUMENTS]
    except UnknownKindError:  # the firm does not use this kind any more
        keys = []
    found = [row for one in snapshots for key in keys for row in one.facts.get(key) or []]
    return list({json.dumps(row, sort_keys=True): row for row in found}.values())
