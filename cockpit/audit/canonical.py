"""What is hashed: one text per content, the same today and in ten years. Pure."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

GENESIS = "0" * 64
ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class AuditError(ValueError):
    """The act cannot be recorded as asked; the message says why."""


def canonical_json(content: dict[str, Any]) -> str:
    """Sorted keys, no spaces, UTF-8; expects what `plain` returns."""
    return ENCODER.encode(content)


def link_hash(prev_hash: str, content: dict[str, Any]) -> str:
    """SHA-256 over the previous link and this content, as 64 hex digits."""
    return hashlib.sha256(f"{prev_hash}\n{canonical_json(content)}".encode()).hexdigest()


def instant(at: datetime) -> str:
    """UTC with microseconds: the database keeps exactly as much."""
    if at.tzinfo is None:
        raise AuditError(f"The time {at.isoformat()} has no zone; pass an aware datetime.")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain(value: Any, where: str = "data") -> Any:
    """`value` as JSON that survives the database unchanged: numbers with a fraction and times become text.

    Raises AuditError for what has no single text (floats, sets, objects), naming where it sits.
    """
    if isinstance(value, Enum):
        return plain(value.value, where)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, dict):
        return {_key(key, where): plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, f"{where}[{number}]") for number, item in enumerate(value)]
    return _scalar(value, where)


def _scalar(value: Any, where: str) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, timedelta):
        return f"{Decimal(value // timedelta(microseconds=1)) / 1_000_000:f} s"
    raise AuditError(
        f"{where} is {value!r} ({type(value).__name__}), which has no exact text; use Decimal, int, text or a time."
    )


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise AuditError(f"{where} has the key {key!r}; keys are text.")
    return _text(key, where)


def _text(value: str, where: str) -> str:
    text = str(value)
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise AuditError(f"{where} holds a character that cannot be stored: {text[:40]!r}.")
    return text
