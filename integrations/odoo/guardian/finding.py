"""What the guardian found out: facts, of which `words.py` makes sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NOTE = ""  # worth knowing, nothing to do: no case


@dataclass(frozen=True)
class Finding:
    """`code` is a key of words.WORDS; its part before the point is the check that found it, and its kind of case.

    `about` tells two of one code apart. `severity` is a case's, or NOTE. `facts` are texts, numbers and lists of them.
    """

    code: str
    severity: str = NOTE
    about: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def check(self) -> str:
        return self.code.partition(".")[0]

    @property
    def fingerprint(self) -> str:
        return f"odoo.guardian:{self.code}" + (f":{self.about}" if self.about else "")

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "severity": self.severity, "about": self.about, "facts": dict(self.facts)}


def from_json(row: Mapping[str, Any]) -> Finding:
    return Finding(row["code"], row["severity"], row["about"], row["facts"])
