"""A policy version as one text, the same today and in ten years: its hash stands in the trail of what it asked."""

import hashlib
import json
from typing import Any

from approvals.models import PolicyVersion


def text_of(version: PolicyVersion) -> str:
    """Its rows as they route. JSON is YAML, too, and looks the same whoever writes it."""
    return json.dumps(_content(version), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def digest_of(version: PolicyVersion) -> str:
    return hashlib.sha256(text_of(version).encode()).hexdigest()


def _content(version: PolicyVersion) -> dict[str, Any]:
    """Units by their number, for names change; persons in steps by theirs, too."""
    limit = {} if version.bulk_below is None else {"bulk_below": f"{version.bulk_below:.2f}"}  # later than most texts
    return limit | {
        "kind": version.policy.kind,
        "version": version.number,
        "mode": version.mode,
        "rules": [
            {
                "number": rule.number,
                "name": rule.name,
                "unit": rule.unit_id,
                "add_on": rule.add_on,
                "when": rule.when,
                "ask": rule.steps,
            }
            for rule in version.rules.all()
        ],
    }
