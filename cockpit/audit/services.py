"""Recording: the only way an entry comes to be."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from cockpit.audit.canonical import AuditError, instant, link_hash, plain
from cockpit.audit.models import Entry, Head
from cockpit.audit.persons import name_of, reference
from cockpit.audit.words import Said, keep, say

__all__ = ["Act", "AuditError", "record", "record_all"]

LINKED = ("subject", "seq", "verb", "actor", "for_person", "at", "prev_hash", "hash")
STORE = """
    WITH moved AS (
        UPDATE audit_head h SET seq = n.seq, hash = n.hash
        FROM unnest(%s::text[], %s::bigint[], %s::text[]) AS n(subject, seq, hash) WHERE h.subject = n.subject)
    INSERT INTO audit_entry (subject, seq, verb, actor, for_person, at, prev_hash, hash, data)
    SELECT subject, seq, verb, actor, for_person, at, prev_hash, hash, data
    FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[],
                %s::text[], %s::jsonb[]) WITH ORDINALITY
        AS n(subject, seq, verb, actor, for_person, at, prev_hash, hash, data, place)
    ORDER BY place RETURNING id
"""
LOCK = "SELECT subject, seq, hash FROM audit_head WHERE subject = ANY(%s) ORDER BY subject FOR UPDATE"


@dataclass(frozen=True)
class Act:
    """What happened to one subject, for `record_all`. `words`: what somebody wrote; the entry keeps their hash."""

    subject: str
    verb: str
    data: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


def record(
    subject: str,
    verb: str,
    *,
    actor: Any,
    at: datetime,
    for_person: Any = None,
    data: Mapping[str, Any] | None = None,
    words: Mapping[str, str] | None = None,
) -> Entry:
    """Append one entry to the subject's chain, in the caller's transaction.

    `subject` like "approvals.request:12", `verb` like "approvals.request.approve"; `actor` is an accounts.Person or a
    system name like "system:settle". Names of persons do not belong into `data`: use `audit.reference(person)`; nor
    does what a person wrote: `words` keeps it beside the entry, where it can be erased. Raises AuditError outside a
    transaction, and for data without an exact text.
    """
    return record_all([Act(subject, verb, data or {}, words or {})], actor=actor, at=at, for_person=for_person)[0]


def record_all(acts: Iterable[Act], *, actor: Any, at: datetime, for_person: Any = None) -> list[Entry]:
    """Append many entries with a fixed number of queries. One actor and time; subjects are locked in order."""
    acts = list(acts)
    if not connection.in_atomic_block:
        raise AuditError("An act and its audit entry belong into one transaction; there is none here.")
    by, on_behalf = name_of(actor), reference(for_person) if for_person is not None else ""
    heads = _locked_heads({act.subject for act in acts})
    said = [{key: say(text) for key, text in act.words.items() if text} for act in acts]
    entries = [_link(heads[act.subject], act, mine, by, on_behalf, at) for act, mine in zip(acts, said, strict=True)]
    _store(heads, entries)
    keep([(entry, key, one) for entry, mine in zip(entries, said, strict=True) for key, one in mine.items()])
    return entries


def content_of(entry: Entry) -> dict[str, Any]:
    """What the entry's hash covers."""
    return {
        "subject": entry.subject,
        "seq": entry.seq,
        "verb": entry.verb,
        "actor": entry.actor,
        "for": entry.for_person,
        "at": instant(entry.at),
        "data": entry.data,
    }


def _link(head: Head, act: Act, said: Mapping[str, Said], by: str, on_behalf: str, at: datetime) -> Entry:
    entry = Entry(
        subject=act.subject,
        seq=head.seq + 1,
        verb=act.verb,
        actor=by,
        for_person=on_behalf,
        at=at,
        data=plain({**act.data, **{key: one.mark for key, one in said.items()}}),
        prev_hash=head.hash,
    )
    entry.hash = link_hash(head.hash, content_of(entry))
    head.seq, head.hash = entry.seq, entry.hash
    return entry


def _locked_heads(subjects: set[str]) -> dict[str, Head]:
    """The subjects' heads, locked in the order of their names, made where missing."""
    heads = _lock(subjects)
    if missing := subjects - heads.keys():
        Head.objects.bulk_create([Head(subject=subject) for subject in sorted(missing)], ignore_conflicts=True)
        heads |= _lock(missing)
    return heads


def _lock(subjects: set[str]) -> dict[str, Head]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted(subjects)])
        return {subject: Head(subject=subject, seq=seq, hash=hash_) for subject, seq, hash_ in cursor.fetchall()}


def _store(heads: dict[str, Head], entries: list[Entry]) -> None:
    """The new links and the heads that hold on to them, in one statement."""
    if not entries:
        return
    columns: list[list[Any]] = [[getattr(entry, name) for entry in entries] for name in LINKED]
    columns.append([json.dumps(entry.data, ensure_ascii=False) for entry in entries])
    moved: list[list[Any]] = [[head.subject for head in heads.values()], [head.seq for head in heads.values()]]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [*moved, [head.hash for head in heads.values()], *columns])
        for entry, (pk,) in zip(entries, cursor.fetchall(), strict=True):
            entry.pk = pk
            entry._state.adding = False
