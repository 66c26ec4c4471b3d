"""Seals: Merkle roots over new entries, chained, and once a day a root that leaves the database."""

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Sum

from cockpit.audit.canonical import GENESIS, canonical_json, instant, link_hash
from cockpit.audit.models import Leaf, Seal

FOLDER = "audit-roots"  # in COCKPIT_HOME
LOOK_BACK = 100_000  # ids; an entry that commits later than that is found by the daily root
MOST_ENTRIES = 100_000  # in one seal

UNSEALED = """
    SELECT e.id, e.hash FROM audit_entry e
    WHERE e.id > %s AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id)
    ORDER BY e.id LIMIT %s
"""
COVER = """
    INSERT INTO audit_leaf (entry_id, seal_id, position, subject, seq, hash)
    SELECT e.id, %s, place.position - 1, e.subject, e.seq, e.hash
    FROM unnest(%s::bigint[]) WITH ORDINALITY AS place(id, position) JOIN audit_entry e ON e.id = place.id
"""
# Where each subject's chain stood when a seal was made; leaves never change, so this is the same in ten years.
HEADS = """
    SELECT DISTINCT ON (subject COLLATE "C") subject, seq, hash FROM audit_leaf WHERE seal_id <= %s
    ORDER BY subject COLLATE "C", seq DESC
"""


@transaction.atomic
def seal(at: datetime, *, everything: bool = False) -> Seal | None:
    """Seal the entries that no seal covers yet, at most 100,000; None when there are none.

    Ids are not the order of commits: what is unsealed is found by looking for leaves, not after the last id. The
    minute's seal looks back over 100,000 ids; with `everything` over all.
    """
    _lock()
    last = Seal.objects.order_by("-seq").first()
    rows = _unsealed(0 if everything else _newest_sealed() - LOOK_BACK)
    if not rows:
        return None
    made = Seal(
        seq=last.seq + 1 if last else 1,
        at=at,
        entries=len(rows),
        root=merkle_root([digest for _pk, digest in rows]),
        prev_hash=last.hash if last else GENESIS,
    )
    made.hash = link_hash(made.prev_hash, content_of(made))
    made.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute(COVER, [made.seq, [row[0] for row in rows]])
    return made


def daily_root(at: datetime, folder: Path) -> Path:
    """Seal everything, and write the last seal's hash to `folder`/YYYY-MM-DD.json (UTC) where no database reaches it.

    The first root of a day stands: called again it changes nothing. Copy the folder to another machine.
    """
    while seal(at, everything=True):
        pass
    path = folder / f"{at.astimezone(UTC):%Y-%m-%d}.json"
    with transaction.atomic():
        _lock()
        if not path.exists():
            write_once(path, json.dumps(_root(at), indent=2) + "\n")
    return path


def merkle_root(hashes: list[str]) -> str:
    """RFC 6962's shape: leaves and inner nodes are hashed apart, a node without a partner moves up as it is."""
    level = [hashlib.sha256(b"\x00" + bytes.fromhex(digest)).digest() for digest in hashes]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in pairs] + level[len(level) & ~1 :]
    return level[0].hex()


def merkle_path(hashes: list[str], place: int) -> list[str]:
    """From a leaf up to the root: "L…" or "R…", the neighbour's digest and its side; none where it moves up alone."""
    level = [hashlib.sha256(b"\x00" + bytes.fromhex(digest)).digest() for digest in hashes]
    path = []
    while len(level) > 1:
        beside = place ^ 1
        if beside < len(level):
            path.append(("R" if beside > place else "L") + level[beside].hex())
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in pairs] + level[len(level) & ~1 :]
        place //= 2
    return path


def heads_at(seal_seq: int) -> list[tuple[str, int, str]]:
    """(subject, last number, last hash) of every chain as the seal knew it, by subject."""
    with connection.cursor() as cursor:
        cursor.execute(HEADS, [seal_seq])
        return cursor.fetchall()


def head_leaf(subject: str, seq: int, digest: str) -> str:
    """What a chain's end is in the tree over all ends: nothing can be cut off behind it."""
    return hashlib.sha256(canonical_json({"subject": subject, "seq": seq, "hash": digest}).encode()).hexdigest()


def content_of(made: Seal) -> dict[str, object]:
    """What the seal's hash covers."""
    return {"seal": made.seq, "at": instant(made.at), "entries": made.entries, "root": made.root}


def _root(at: datetime) -> dict[str, object]:
    last = Seal.objects.order_by("-seq").first()
    return {
        "at": instant(at),
        "seals": last.seq if last else 0,
        "entries": Seal.objects.aggregate(total=Sum("entries"))["total"] or 0,
        "hash": last.hash if last else GENESIS,
        **ends(last.seq if last else 0),
    }


def ends(seal_seq: int) -> dict[str, object]:
    """How many chains there are, and the Merkle root over where each of them ends."""
    leaves = [head_leaf(*head) for head in heads_at(seal_seq)]
    return {"subjects": len(leaves), "ends": merkle_root(leaves) if leaves else GENESIS}


def write_once(path: Path, text: str) -> None:
    """All of it or nothing, on the disk before it has its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    with half.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.chmod(0o444)
    half.replace(path)


def _unsealed(after: int) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(UNSEALED, [after, MOST_ENTRIES])
        return cursor.fetchall()


def _newest_sealed() -> int:
    return Leaf.objects.order_by("-entry_id").values_list("entry_id", flat=True).first() or 0


def _lock() -> None:
    """One sealer at a time; a second one waits and then finds nothing to do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('audit.seal', 0))")
