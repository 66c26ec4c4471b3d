"""Does the trail still say what it said? Reads it once and names the first broken or missing link per subject."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from cockpit.audit.canonical import GENESIS, link_hash
from cockpit.audit.models import PersonRef, Seal
from cockpit.audit.persons import salted
from cockpit.audit.sealing import FOLDER, ends, merkle_root

# Times as text, as `canonical.instant` writes them: one that Python can't read must be named, not stop the reading.
CHAINS = """
    SELECT e.subject, e.seq, e.verb, e.actor, e.for_person,
           to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.data::text,
           e.prev_hash, e.hash, h.seq, h.hash
    FROM audit_entry e LEFT JOIN audit_head h ON h.subject = e.subject
    WHERE %(subject)s::text IS NULL OR e.subject = %(subject)s ORDER BY e.subject, e.seq
"""
EMPTIED = """
    SELECT h.subject, h.seq FROM audit_head h
    WHERE (%(subject)s::text IS NULL OR h.subject = %(subject)s)
      AND h.seq > 0 AND NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.subject = h.subject) ORDER BY h.subject
"""
TORN_LEAVES = """
    SELECT DISTINCT ON (l.subject) l.subject, l.seq, l.seal_id, e.id IS NULL
    FROM audit_leaf l LEFT JOIN audit_entry e ON e.id = l.entry_id
    WHERE (%(subject)s::text IS NULL OR l.subject = %(subject)s)
      AND (e.id IS NULL OR (e.subject, e.seq, e.hash) IS DISTINCT FROM (l.subject, l.seq, l.hash))
    ORDER BY l.subject, l.seq
"""
SEALS = """
    SELECT coalesce(s.seq, l.seal_id), s.seq, to_char(s.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           s.entries, s.root, s.prev_hash, s.hash, l.hash
    FROM audit_seal s FULL JOIN audit_leaf l ON l.seal_id = s.seq ORDER BY 1, l.position
"""
UNKNOWN_PERSONS = """
    SELECT DISTINCT ON (who.name) e.subject, e.seq, who.name
    FROM audit_entry e CROSS JOIN LATERAL (VALUES (e.actor), (e.for_person)) AS who(name)
    WHERE who.name LIKE 'person:%%' AND NOT EXISTS (SELECT 1 FROM audit_personref p WHERE 'person:' || p.ref = who.name)
    ORDER BY who.name, e.subject, e.seq
"""

WRONG_WORDS = """
    SELECT w.subject, w.seq, w.key, 'is not what was written' FROM audit_words w
    WHERE w.erased_at IS NULL AND (%(subject)s::text IS NULL OR w.subject = %(subject)s)
      AND encode(sha256(convert_to(w.salt || chr(10) || w.text, 'UTF8')), 'hex') <> w.digest
    UNION ALL
    SELECT e.subject, e.seq, part.key, 'is missing' FROM audit_entry e CROSS JOIN LATERAL jsonb_each(e.data) AS part
    WHERE (%(subject)s::text IS NULL OR e.subject = %(subject)s)
      AND e.data::text LIKE '%%"sha256": "%%' AND jsonb_typeof(part.value) = 'object' AND part.value ? 'sha256'
      AND NOT EXISTS (SELECT 1 FROM audit_words w WHERE w.digest = part.value ->> 'sha256' AND w.subject = e.subject)
    ORDER BY 1, 2, 3
"""


@dataclass(frozen=True)
class Finding:
    """Something in the trail that isn't as it was written: where, at which link, and what."""

    where: str  # a subject, "seal 12", "person …" or a root file's name
    seq: int
    problem: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


def verify(folder: Path | None = None) -> list[Finding]:
    """What is wrong with entries, heads, seals, person references and the roots in `folder`; empty when all is well.

    `folder` defaults to COCKPIT_HOME/audit-roots. Reads one snapshot: people may go on working meanwhile.
    """
    roots = _read_roots(folder or settings.COCKPIT_HOME / FOLDER)  # before the snapshot: none is newer than it
    with _snapshot():
        subjects = _first_per_subject([*_broken_chains(), *_emptied_chains(), *_torn_leaves()])
        return [*subjects, *_wrong_words(), *_broken_seals(), *_broken_roots(roots), *_wrong_persons()]


def verify_subject(subject: str) -> list[Finding]:
    """What is wrong with one chain, its words and its places in the seals."""
    with _snapshot():
        chain = [*_broken_chains(subject), *_emptied_chains(subject), *_torn_leaves(subject)]
        return [*_first_per_subject(chain), *_wrong_words(subject)]


def _first_per_subject(findings: list[Finding]) -> list[Finding]:
    first: dict[str, Finding] = {}
    for finding in findings:
        if finding.where not in first or finding.seq < first[finding.where].seq:
            first[finding.where] = finding
    return [first[where] for where in sorted(first)]


def _broken_chains(one: str | None = None) -> Iterator[Finding]:
    for subject, rows in groupby(_stream(CHAINS, one), key=itemgetter(0)):
        if finding := _first_break(subject, rows):
            yield finding


def _first_break(subject: str, rows: Iterator[tuple[Any, ...]]) -> Finding | None:
    last_seq, last_hash = 0, GENESIS
    head: tuple[Any, Any] = (None, None)
    for _subject, seq, verb, actor, for_person, at, data, prev_hash, digest, head_seq, head_hash in rows:
        head = (head_seq, head_hash)
        content = {"subject": subject, "seq": seq, "verb": verb, "actor": actor, "for": for_person, "at": at}
        content["data"] = json.loads(data)
        if seq != last_seq + 1:
            return Finding(subject, last_seq + 1, f"entry {last_seq + 1} is missing; the next one is {seq}.")
        if link_hash(last_hash, content) != digest:
            return Finding(subject, seq, f"entry {seq} ({verb}) is not what was written.")
        if prev_hash != last_hash:
            return Finding(subject, seq, f"entry {seq} ({verb}) does not name the entry before it.")
        last_seq, last_hash = seq, digest
    return _wrong_head(subject, last_seq, last_hash, *head)


def _wrong_head(subject: str, last_seq: int, last_hash: str, seq: int | None, digest: str | None) -> Finding | None:
    if seq is None:
        return Finding(subject, last_seq, f"the head is missing; the last entry is {last_seq}.")
    if seq > last_seq:
        return Finding(subject, last_seq + 1, f"the tail is cut off: entries {last_seq + 1} to {seq} are missing.")
    if seq < last_seq:
        return Finding(subject, seq, f"the head says {seq}, but there are entries up to {last_seq}.")
    if digest != last_hash:
        return Finding(subject, seq, f"the head does not match entry {seq}.")
    return None


def _emptied_chains(one: str | None = None) -> Iterator[Finding]:
    for subject, seq in _stream(EMPTIED, one):
        yield Finding(subject, 1, f"all entries, 1 to {seq}, are missing.")


def _torn_leaves(one: str | None = None) -> Iterator[Finding]:
    for subject, seq, seal, gone in _stream(TORN_LEAVES, one):
        what = "is missing" if gone else "is not the one that was sealed"
        yield Finding(subject, seq, f"entry {seq} of seal {seal} {what}.")


def _wrong_words(one: str | None = None) -> Iterator[Finding]:
    for subject, seq, key, problem in _stream(WRONG_WORDS, one):
        yield Finding(subject, seq, f"what entry {seq} says as {key} {problem}.")


def _broken_seals() -> Iterator[Finding]:
    last_seq, last_hash = 0, GENESIS
    for number, rows in groupby(_stream(SEALS), key=itemgetter(0)):
        first, *others = rows
        covered = [row[-1] for row in (first, *others) if row[-1] is not None]
        if problem := _seal_problem(last_seq, last_hash, first[1:-1], covered):
            yield Finding(f"seal {number}", number, problem)
        last_seq, last_hash = number, first[6]


def _seal_problem(last_seq: int, last_hash: str, made: tuple[Any, ...], covered: list[str]) -> str:
    seq, at, entries, root, prev_hash, digest = made
    if seq is None:
        return f"it is missing; {len(covered)} entries say they are in it."
    if seq != last_seq + 1:
        return f"the seal before it is {last_seq}; what lies between is missing."
    content = {"seal": seq, "at": at, "entries": entries, "root": root}
    if prev_hash != last_hash or link_hash(last_hash, content) != digest:
        return "it is not what was written."
    if len(covered) != entries:
        return f"it covers {entries} entries; {len(covered)} are left."
    return "" if merkle_root(covered) == root else "its root does not fit the entries it covers."


def _read_roots(folder: Path) -> dict[str, dict[str, Any] | None]:
    return {path.name: _read_root(path) for path in sorted(folder.glob("????-??-??.json"))}


def _read_root(path: Path) -> dict[str, Any] | None:
    try:
        root = json.loads(path.read_text(encoding="utf-8"))
        known = {"seals": int(root["seals"]), "entries": int(root["entries"]), "hash": str(root["hash"])}
        return known | {"ends": root.get("ends")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _broken_roots(roots: dict[str, dict[str, Any] | None]) -> Iterator[Finding]:
    seals, total = {0: (GENESIS, 0)}, 0
    for seq, digest, entries in Seal.objects.order_by("seq").values_list("seq", "hash", "entries"):
        total += entries
        seals[seq] = (digest, total)
    for name, root in roots.items():
        if root is None:
            yield Finding(name, 0, "this root file cannot be read.")
        elif root["seals"] > max(seals):
            yield Finding(name, root["seals"], f"it knows {root['seals']} seals, the database only {max(seals)}.")
        elif seals.get(root["seals"]) != (root["hash"], root["entries"]):
            yield Finding(name, root["seals"], f"seal {root['seals']} was another one on that day.")
        elif name == max(roots) and root["ends"] not in (None, ends(root["seals"])["ends"]):
            yield Finding(name, root["seals"], "chains ended elsewhere on that day.")


def _wrong_persons() -> Iterator[Finding]:
    for known in PersonRef.objects.filter(person_id__isnull=False).order_by("ref").iterator():
        if known.person_id is not None and salted(known.salt, known.person_id) != known.ref:
            yield Finding(
                f"person {known.ref}", 0, f"the reference now points to somebody else ({known.display_name})."
            )
    for subject, seq, name in _stream(UNKNOWN_PERSONS):
        yield Finding(name, seq, f"nothing is kept about this person, who acts in {subject} entry {seq}.")


def _stream(sql: str, subject: str | None = None) -> Iterator[tuple[Any, ...]]:
    """The rows, of one subject or (None) of all."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, {"subject": subject})
        while rows := cursor.fetchmany(2000):
            yield from rows


@contextmanager
def _snapshot() -> Iterator[None]:
    """One state of the database for all queries, unless the caller's transaction has begun reading already."""
    nested = connection.in_atomic_block
    with transaction.atomic():
        if not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
