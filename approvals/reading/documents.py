"""Evidence: which documents a record has, which slots of its kind they fill, and what is missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from approvals.kinds import Facts, FactType, Kind, Slot
from approvals.models import Request


@dataclass(frozen=True)
class Document:
    """`slot` is what it is in words, empty for any other; `checksum` as the record's system gave it."""

    pk: int
    name: str
    mimetype: str
    size: str
    checksum: str
    slot: str = ""


@dataclass(frozen=True)
class Evidence:
    """`known` False: the snapshot was taken before documents were."""

    known: bool
    documents: tuple[Document, ...] = ()
    missing: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()  # the same in two words each
    slots: int = 0

    @property
    def short(self) -> str:
        """ "Evidence 1 of 2: acceptance missing"; empty while nothing is missing."""
        if not self.missing:
            return ""
        return _("Evidence %(found)d of %(slots)d: %(missing)s") % {
            "found": self.slots - len(self.missing),
            "slots": self.slots,
            "missing": _(", ").join(self.lacks),
        }


NOTHING = Evidence(known=False)


def evidence(request: Request) -> Evidence:
    """What the shown snapshot names: the documents that a decision on it is bound to."""
    return of_facts(request.kind, request.snapshot.facts if request.snapshot else {})


def of_facts(kind: Kind, facts: Facts) -> Evidence:
    fact = next((one for one in kind.facts if one.type == FactType.DOCUMENTS), None)
    if fact is None or facts.get(fact.key) is None:
        return NOTHING
    rows: list[Mapping[str, Any]] = facts[fact.key]
    slots = _filled(kind.evidence, rows)
    found = tuple(_document(row, str(slots[row["id"]].label) if row["id"] in slots else "") for row in rows)
    filled = {slot.key for slot in slots.values()}
    empty = [slot for slot in kind.evidence if slot.key not in filled]
    return Evidence(
        True,
        tuple(sorted(found, key=lambda one: not one.slot)),
        tuple(str(slot.label) for slot in empty),
        tuple(str(slot.lacks or slot.label) for slot in empty),
        len(kind.evidence),
    )


def find(request: Request, pk: int) -> Document | None:
    return next((one for one in evidence(request).documents if one.pk == pk), None)


def _filled(slots: tuple[Slot, ...], rows: list[Mapping[str, Any]]) -> dict[int, Slot]:
    """Which document fills which slot: each the newest that fits and fills no other."""
    filled: dict[int, Slot] = {}
    for slot in slots:
        fitting = [row["id"] for row in rows if row["id"] not in filled and slot.fits(row)]
        if fitting:
            filled[max(fitting)] = slot
    return filled


def _document(row: Mapping[str, Any], slot: str) -> Document:
    return Document(
        row["id"], row["name"], row["mimetype"], str(filesizeformat(row["size"] or 0)), row.get("checksum") or "", slot
    )
