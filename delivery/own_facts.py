"""The firm's own fields in Odoo as facts of requests: which kinds know those of which models, and their values.

A fact's key is the field's, with `own_` before it, so that none of them is mistaken for one that the kind declares.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from approvals.kinds import Fact, FactType
from integrations.mirror.models import MirrorModel
from integrations.odoo.own_fields import OwnField, OwnFieldsError, configured

log = structlog.get_logger()
# kind → models whose fields tell about what is asked; its workflow hands in their records
KNOWN = {"invoice_release": ("account.move", "res.partner", "sale.order", "project.project")}
TYPES = {
    "text": FactType.TEXT,
    "number": FactType.NUMBER,
    "date": FactType.DATE,
    "yes_no": FactType.CHOICE,
    "choice": FactType.CHOICE,
}


def facts_of(kind: str) -> tuple[Fact, ...]:
    """What the kind knows beside what it declares; nothing while the file is broken (pulling says so, and why)."""
    return tuple(Fact(f"own_{each.key}", each.label, TYPES[each.type]) for each in _fields(kind))


def values_of(kind: str, records: Mapping[str, MirrorModel | None]) -> dict[str, Any]:
    """Every own fact of the kind from the mirrored records, by model; None where it is not known."""
    return {f"own_{each.key}": _value(each, records.get(each.model)) for each in _fields(kind)}


def _fields(kind: str) -> list[OwnField]:
    try:
        return [each for each in configured() if each.model in KNOWN.get(kind, ())]
    except OwnFieldsError as problem:
        log.warning("own_fields", problem=str(problem))
        return []


def _value(field: OwnField, record: MirrorModel | None) -> str | None:
    value = (record.extra or {}).get(field.key) if record else None
    if value is None:
        return None
    if field.type == "yes_no":
        return "yes" if value else "no"
    return str(value)
