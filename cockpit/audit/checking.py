"""Checks of the whole trail, each an entry of its own: when it was, and what it found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from cockpit.audit.models import Entry
from cockpit.audit.services import record
from cockpit.audit.verification import Finding, verify
from cockpit.audit.words import spoken

SUBJECT = "audit.trail"
SYSTEM = "system:audit"
NAMED = 20  # findings that the entry holds


@dataclass(frozen=True)
class Checked:
    at: datetime
    entries: int
    findings: int
    said: str  # the first of them, a line each

    @property
    def intact(self) -> bool:
        return not self.findings


def check_all(*, actor: Any = SYSTEM, at: datetime) -> list[Finding]:
    """Verify everything, and write down that it was and what was found."""
    findings = verify()
    words = {"said": "\n".join(map(str, findings[:NAMED]))}
    data = {"entries": Entry.objects.count(), "findings": len(findings)}
    with transaction.atomic():
        record(SUBJECT, "audit.trail.verify", actor=actor, at=at, data=data, words=words)
    return findings


def last_check() -> Checked | None:
    entry = Entry.objects.filter(subject=SUBJECT, verb="audit.trail.verify").order_by("-seq").first()
    if entry is None:
        return None
    said = spoken([entry])[entry.pk].get("said", "")
    return Checked(entry.at, entry.data["entries"], entry.data["findings"], said)
