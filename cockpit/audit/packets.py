"""A packet: files that prove themselves. What is in it is said by who knows the subject (`AUDIT_PACKETS`)."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from cockpit.audit import proofs
from cockpit.audit.canonical import AuditError, canonical_json, instant
from cockpit.audit.models import Entry
from cockpit.audit.sealing import FOLDER
from cockpit.audit.services import record

VERIFIER = Path(__file__).with_name("offline.py")
README = """This is the packet {key}: one chain of the audit trail with all that was decided on.

    python3 verify.py                         is everything as it was written?
    python3 verify.py . 2026-11-23.json       and does it rest on this day's root, which you kept yourself?
    python3 verify.py . Acceptance.pdf        and is this one of the documents that were looked at?

verify.py needs Python 3.9 or later and nothing else. Whoever could change this packet could change the copy of
verify.py in it: take yours from the program's source (cockpit/audit/offline.py), and roots from where they were sent.
persons.json says whom the references in the chain stand for. The reference is proven, the name beside it is not.
"""


class NoSuchPacketError(AuditError):
    """Nothing is known under this key; the message says which keys there are."""


@dataclass(frozen=True)
class Content:
    """What a packet is about: the chain's subject, and files by name; JSON values are written out."""

    subject: str
    files: Mapping[str, Any]


@dataclass(frozen=True)
class Packet:
    key: str
    files: Mapping[str, bytes]

    @property
    def hash(self) -> str:
        """Names the packet: the hash over the hashes of all its files."""
        return str(json.loads(self.files["manifest.json"])["hash"])

    def zipped(self) -> bytes:
        """One folder in a zip file, the same bytes for the same packet."""
        out = BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files.items():
                archive.writestr(zipfile.ZipInfo(f"{self.key}/{name}"), content, zipfile.ZIP_DEFLATED)
        return out.getvalue()

    def write(self, to: Path) -> Path:
        """As a zip file where `to` ends so, else as a folder that is empty or not there yet."""
        if to.suffix == ".zip":
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(self.zipped())
            return to
        if to.exists() and (not to.is_dir() or any(to.iterdir())):
            raise AuditError(f"{to} is there already and not empty; name another folder, or a file that ends in .zip.")
        for name, content in self.files.items():
            path = to / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return to


@transaction.atomic
def export(key: str, *, actor: Any, at: datetime, roots: Path | None = None) -> Packet:
    """The packet of `key` ("R-1042"), audited. Raises NoSuchPacketError."""
    made = packet(key, at=at, roots=roots)
    record(f"audit.packet:{made.key}", "audit.packet.export", actor=actor, at=at, data={"packet": made.hash})
    return made


def packet(key: str, *, at: datetime, roots: Path | None = None) -> Packet:
    """The chain, what it speaks of, its proofs, and the program that checks them. Raises NoSuchPacketError."""
    content = _maker(key)(key)
    entries = list(Entry.objects.filter(subject=content.subject).order_by("seq"))
    if not entries:
        raise NoSuchPacketError(f"{key}: the trail holds nothing about it.")
    made, used = proofs.seals(entries, proofs.roots_in(roots or settings.COCKPIT_HOME / FOLDER))
    files: dict[str, Any] = {
        "README.txt": README.format(key=key),
        "verify.py": VERIFIER.read_text(encoding="utf-8"),
        "chain.json": {"subject": content.subject, "entries": proofs.chain(entries)},
        "words.json": proofs.words(entries),
        "seals.json": made,
        **content.files,
        **{f"roots/{root.name}": root.text for root in used},
    }
    files["persons.json"] = proofs.persons(entries, *map(str, content.files.values()))
    return Packet(key, with_manifest(key, {name: _bytes(one) for name, one in sorted(files.items())}, at=at))


def with_manifest(key: str, files: Mapping[str, bytes], *, at: datetime) -> dict[str, bytes]:
    """The files with a manifest that names each one's hash, and its own."""
    said = {
        "packet": key,
        "made_at": instant(at),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    manifest = said | {"hash": hashlib.sha256(canonical_json(said).encode()).hexdigest()}
    return {**files, "manifest.json": _bytes(manifest)}


def _maker(key: str) -> Callable[[str], Content]:
    prefix = key.partition("-")[0]
    if prefix not in settings.AUDIT_PACKETS:
        known = ", ".join(f"{one}-…" for one in settings.AUDIT_PACKETS)
        raise NoSuchPacketError(f"{key!r} names nothing that can be exported; write {known}.")
    maker: Callable[[str], Content] = import_string(settings.AUDIT_PACKETS[prefix])
    return maker


def _bytes(content: Any) -> bytes:
    if isinstance(content, str):
        return content.encode()
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
