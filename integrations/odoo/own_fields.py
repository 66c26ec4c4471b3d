"""The firm's own `x_` fields that it gives a name as a fact, from the file at ODOO_FIELDS; `docs/odoo.md` shows one.

A changed file counts from the next round on, without a restart, and its models are read anew. Pure but for that file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

# type of the fact → the types of field that it may be read from
TYPES = {
    "text": frozenset({"char", "text"}),
    "number": frozenset({"integer", "float", "monetary"}),
    "date": frozenset({"date"}),
    "yes_no": frozenset({"boolean"}),
    "choice": frozenset({"selection"}),
}
KEYS = ("model", "field", "key", "label", "type")


class OwnFieldsError(ValueError):
    """The file, or a field that it names, does not fit; the message says which and what to do."""


@dataclass(frozen=True)
class OwnField:
    """`field` of Odoo's `model` is the fact `key`."""

    model: str
    field: str
    key: str
    label: str
    type: str  # a key of TYPES

    def check(self, described: Mapping[str, Mapping[str, Any]]) -> None:
        """Raise OwnFieldsError unless the server has the field, keeps it, and it fits the type."""
        about = described.get(self.field)
        if about is None:
            raise OwnFieldsError(
                f"{self.model} has no field {self.field!r} (or does not show it to the integration user), from which "
                f"the fact {self.key!r} is read. Correct the file at ODOO_FIELDS, or make the field in Odoo."
            )
        if about.get("store") is False:
            raise OwnFieldsError(
                f"{self.field!r} of {self.model} is computed anew each time, so that its changes are not seen. "
                "Let Odoo store it, or take it out of the file at ODOO_FIELDS."
            )
        if (found := str(about.get("type"))) not in TYPES[self.type]:
            fitting = next((name for name, fields in TYPES.items() if found in fields), "")
            advice = f"write type = {fitting!r}" if fitting else "fields of that type can be no fact"
            raise OwnFieldsError(f"{self.field!r} of {self.model} is {found}, not {self.type}: {advice}.")


def parse(text: str) -> tuple[OwnField, ...]:
    """The file's text as fields. Raises OwnFieldsError with the number of the entry."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise OwnFieldsError(f"The file at ODOO_FIELDS is no TOML: {problem}.") from None
    entries = data.pop("field", [])
    if data or not isinstance(entries, list):
        raise OwnFieldsError("The file at ODOO_FIELDS holds entries [[field]] and nothing else.")
    fields = tuple(_field(number, entry) for number, entry in enumerate(entries, 1))
    for one in ("key", "field"):
        seen: set[tuple[str, str]] = set()
        for each in fields:
            name = ("" if one == "key" else each.model, getattr(each, one))
            if name in seen:
                raise OwnFieldsError(f"The file at ODOO_FIELDS names {one} {name[1]!r} twice.")
            seen.add(name)
    return fields


def _field(number: int, entry: Any) -> OwnField:
    if not isinstance(entry, dict) or set(entry) != set(KEYS) or not all(type(each) is str for each in entry.values()):
        raise OwnFieldsError(f"Entry {number} at ODOO_FIELDS needs the texts {', '.join(KEYS)}, and no more.")
    if not re.fullmatch(r"x_\w+", entry["field"]):
        raise OwnFieldsError(f"Entry {number} at ODOO_FIELDS: {entry['field']!r} is no field of your own, like x_risk.")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", entry["key"]):
        raise OwnFieldsError(f"Entry {number} at ODOO_FIELDS: the key {entry['key']!r} is no name like risk_score.")
    if entry["type"] not in TYPES:
        raise OwnFieldsError(
            f"Entry {number} at ODOO_FIELDS: the type {entry['type']!r} is unknown; there are {', '.join(TYPES)}."
        )
    return OwnField(**entry)


def configured() -> tuple[OwnField, ...]:
    """All that the firm named; none without a file. Raises OwnFieldsError."""
    path = settings.ODOO.get("FIELDS") or ""
    if not path:
        return ()
    try:
        changed = Path(path).stat().st_mtime_ns
    except OSError as problem:
        raise OwnFieldsError(f"The file at ODOO_FIELDS, {path}, can't be read: {problem.strerror}.") from None
    return _read(path, changed)


@lru_cache(maxsize=4)
def _read(path: str, changed: int) -> tuple[OwnField, ...]:
    return parse(Path(path).read_text())


def of_model(model: str) -> tuple[OwnField, ...]:
    """Of one model of Odoo, in the file's order. Raises OwnFieldsError."""
    return tuple(each for each in configured() if each.model == model)
