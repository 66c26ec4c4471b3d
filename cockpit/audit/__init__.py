"""Append-only entries, chained per subject, sealed and verifiable. `from cockpit import audit; audit.record(…)`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cockpit.audit.persons import erase_person, reference
    from cockpit.audit.sealing import daily_root, seal
    from cockpit.audit.services import Act, AuditError, record, record_all
    from cockpit.audit.verification import Finding, verify
    from cockpit.audit.words import erase_words, spoken

_HOME = {
    "Act": "services",
    "AuditError": "canonical",
    "Finding": "verification",
    "daily_root": "sealing",
    "erase_person": "persons",
    "erase_words": "words",
    "record": "services",
    "record_all": "services",
    "reference": "persons",
    "seal": "sealing",
    "spoken": "words",
    "verify": "verification",
}
__all__ = [
    "Act",
    "AuditError",
    "Finding",
    "daily_root",
    "erase_person",
    "erase_words",
    "record",
    "record_all",
    "reference",
    "seal",
    "spoken",
    "verify",
]


def __getattr__(name: str) -> Any:  # models may be imported only once the apps are loaded
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
