"""One subject's chain with what proves it outside the database: its seals, and the daily roots above them."""

import json
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cockpit.audit.canonical import instant
from cockpit.audit.models import Entry, Leaf, PersonRef, Seal, Words
from cockpit.audit.sealing import head_leaf, heads_at, merkle_path
from cockpit.audit.services import content_of
from cockpit.audit.words import digests_in


@dataclass(frozen=True)
class Root:
    """A day's root file as it lies on the disk; `seals` is the last seal it covers."""

    name: str
    text: str
    seals: int
    has_ends: bool


def chain(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """As the hashes cover them, with the hashes."""
    return [content_of(entry) | {"prev_hash": entry.prev_hash, "hash": entry.hash} for entry in entries]


def words(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """What was written, with the salts that prove it; of what was erased only when."""
    wanted = [digest for entry in entries for digest in digests_in(entry.data).values()]
    found = Words.objects.in_bulk(wanted)
    return [
        {
            "digest": one.digest,
            "salt": one.salt,
            "text": one.text,
            "erased_at": instant(one.erased_at) if one.erased_at else None,
        }
        for digest in wanted
        if (one := found.get(digest))
    ]


def persons(entries: Sequence[Entry], *more: str) -> dict[str, str]:
    """Whom the references stand for, by reference; somebody who was erased has no name any more."""
    text = json.dumps([*chain(entries), *more])
    named = {part[:32] for part in text.split("person:")[1:]}
    known = PersonRef.objects.filter(pk__in=named).order_by("pk")
    return {f"person:{one.ref}": one.display_name for one in known}


def roots_in(folder: Path) -> list[Root]:
    """Those that can be read, by their last seal. A broken one is `verify`'s business."""
    found = []
    for path in sorted(folder.glob("????-??-??.json")):
        try:
            text = path.read_text(encoding="utf-8")
            said = json.loads(text)
            found.append(Root(path.name, text, int(said["seals"]), "ends" in said))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return sorted(found, key=lambda one: (one.seals, one.name))


def seals(entries: Sequence[Entry], roots: Sequence[Root]) -> tuple[dict[str, Any], list[Root]]:
    """The way from each entry to its seal, from the seals to the roots, and from the chain's end to the last root."""
    leaves = {leaf.seq: leaf for leaf in Leaf.objects.filter(entry_id__in=[entry.pk for entry in entries])}
    last_seals = [root.seals for root in roots]
    wanted: set[int] = set()
    used: dict[str, Root] = {}
    for leaf in leaves.values():
        place = bisect_left(last_seals, leaf.seal_id)
        wanted.add(leaf.seal_id)
        if place < len(roots):
            used[roots[place].name] = roots[place]
            wanted |= set(range(leaf.seal_id, roots[place].seals + 1))
    end = _end(entries[0].subject, [root for root in roots if root.has_ends and root.seals]) if entries else None
    if end:
        root = next(one for one in roots if one.name == end["root"])
        used[root.name] = root
        wanted.add(root.seals)
    made = {
        "leaves": _paths(leaves),
        "seals": [_seal(one) for one in Seal.objects.filter(pk__in=wanted).order_by("seq")],
        "end": end,
    }
    return made, list(used.values())


def _paths(leaves: dict[int, Leaf]) -> list[dict[str, Any]]:
    trees: dict[int, list[str]] = {}
    for leaf in Leaf.objects.filter(seal_id__in={one.seal_id for one in leaves.values()}).order_by("seal", "position"):
        trees.setdefault(leaf.seal_id, []).append(leaf.hash)
    return [
        {"seq": seq, "seal": leaf.seal_id, "path": merkle_path(trees[leaf.seal_id], leaf.position)}
        for seq, leaf in sorted(leaves.items())
    ]


def _seal(made: Seal) -> dict[str, Any]:
    return {
        "seal": made.seq,
        "at": instant(made.at),
        "entries": made.entries,
        "root": made.root,
        "prev_hash": made.prev_hash,
        "hash": made.hash,
    }


def _end(subject: str, roots: Sequence[Root]) -> dict[str, Any] | None:
    """Where the newest root says that the chain ends: what is missing behind it was cut off."""
    if not roots:
        return None
    heads = heads_at(roots[-1].seals)
    place = next((number for number, head in enumerate(heads) if head[0] == subject), None)
    if place is None:
        return None
    path = merkle_path([head_leaf(*head) for head in heads], place)
    return {"root": roots[-1].name, "seq": heads[place][1], "hash": heads[place][2], "path": path}
