"""Persons enter the trail as salted references, so that a name can be erased and the chain still verifies."""

import hashlib
import re
import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from cockpit.audit.canonical import AuditError
from cockpit.audit.models import PersonRef

SYSTEM = re.compile(r"system(:[a-z0-9_.\-]+)?")


def name_of(actor: Any) -> str:
    """The text an entry keeps for `actor`: a system name as it is, a person as `person:<ref>`."""
    if isinstance(actor, str):
        if not SYSTEM.fullmatch(actor):
            raise AuditError(f"{actor!r} is no system name; write 'system:settle', or pass the person.")
        return actor
    return reference(actor)


def reference(person: Any) -> str:
    """`person:<ref>`, the same for the same person until erased. Needs `.pk`; shows `str(person)`."""
    meta = getattr(person, "_meta", None)
    if meta is not None and meta.label_lower == settings.AUTH_USER_MODEL.lower():
        raise AuditError("A sign-in is not a person: pass user.person.")
    if getattr(person, "pk", None) is None:
        raise AuditError(f"{person!r} is neither a stored person nor a system name.")
    known = PersonRef.objects.filter(person_id=person.pk).first() or _first_reference(person.pk, str(person))
    if known.display_name != str(person)[:200]:
        PersonRef.objects.filter(pk=known.pk).update(display_name=str(person)[:200])
    return f"person:{known.ref}"


def salted(salt: str, person_id: int) -> str:
    return hashlib.sha256(f"{salt}:{person_id}".encode()).hexdigest()[:32]


def erase_person(person_id: int, *, actor: Any, at: datetime) -> None:
    """Forget who the person's reference stands for; later acts of the same id get a new one. Twice is once."""
    from cockpit.audit.services import record

    with transaction.atomic():
        known = PersonRef.objects.select_for_update().filter(person_id=person_id).first()
        if known is None:
            return
        by = name_of(actor)  # before the name goes: somebody may erase themselves
        PersonRef.objects.filter(pk=known.pk).update(person_id=None, salt="", display_name="", erased_at=at)
        record(f"audit.personref:{known.ref}", "audit.person.erase", actor="system:erasure", at=at, data={"by": by})


def _first_reference(person_id: int, display_name: str) -> PersonRef:
    salt = secrets.token_hex(16)
    fresh = PersonRef(ref=salted(salt, person_id), person_id=person_id, salt=salt, display_name=display_name[:200])
    PersonRef.objects.bulk_create([fresh], ignore_conflicts=True)  # someone may have been faster
    return PersonRef.objects.get(person_id=person_id)
