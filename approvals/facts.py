"""Facts as data: what moved between two sets of them, and the hash that proves which were shown. Pure."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from approvals.kinds import Fact, FactType, Kind


class FactError(ValueError):
    """A fact is missing from its kind or written in another shape than its type."""


@dataclass(frozen=True)
class Moved:
    fact: Fact
    before: Any
    after: Any


def moved(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Moved]:
    """The material facts that differ by more than their tolerance."""
    pairs = ((fact, before.get(fact.key), after.get(fact.key)) for fact in kind.facts if fact.material)
    return [Moved(fact, old, new) for fact, old, new in pairs if not _same(fact, old, new)]


def digest(facts: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON: keys sorted, no white space, UTF-8."""
    return hashlib.sha256(
        json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


def sealed(facts: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The hash of a snapshot with these facts, and the salt of each.

    It covers a salted hash of every fact: a fact that is taken away leaves its own behind, and the rest still proves.
    """
    salts = {key: secrets.token_hex(16) for key in facts}
    return digest({key: commitment(salts[key], value) for key, value in facts.items()}), salts


def commitment(salt: str, value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def check(kind: Kind, facts: Mapping[str, Any]) -> None:
    """Raise FactError, naming the fact, unless every fact is declared and has its type's shape."""
    declared = {fact.key: fact for fact in kind.facts}
    if unknown := sorted(set(facts) - set(declared)):
        raise FactError(f"{kind.label}: {', '.join(unknown)} is not declared as a fact of this kind.")
    for key, value in facts.items():
        if value is not None and not _shaped(declared[key].type, value):
            raise FactError(f"{kind.label}: the fact {key} is not written as {declared[key].type.value}: {value!r}.")


def _shaped(fact_type: FactType, value: Any) -> bool:
    match fact_type:
        case FactType.MONEY:
            return (
                isinstance(value, Mapping)
                and {"amount", "currency"} <= set(value)
                and _decimal(value["amount"]) is not None
            )
        case FactType.NUMBER:
            return isinstance(value, str) and _decimal(value) is not None
        case FactType.PERSON | FactType.RECORD:
            return isinstance(value, Mapping) and "name" in value
        case FactType.LINK:
            return isinstance(value, Mapping) and {"text", "url"} <= set(value)
        case FactType.LINES:
            return isinstance(value, list)
        case FactType.DOCUMENTS:
            return isinstance(value, list) and all({"id", "name", "mimetype", "size"} <= set(one) for one in value)
        case _:
            return isinstance(value, str)


def _same(fact: Fact, old: Any, new: Any) -> bool:
    if old is None or new is None:
        return old is new
    if fact.type == FactType.MONEY:
        return (
            old["currency"] == new["currency"]
            and abs(Decimal(old["amount"]) - Decimal(new["amount"])) <= fact.tolerance
        )
    if fact.type == FactType.NUMBER:
        return abs(Decimal(old) - Decimal(new)) <= fact.tolerance
    if fact.type in {FactType.PERSON, FactType.RECORD}:
        return (old.get("id") or old["name"]) == (
            new.get("id") or new["name"]
        )  # a new name for the same record is no move
    if fact.type == FactType.LINES:
        return len(old) == len(new) and all(_same_line(*pair) for pair in zip(old, new, strict=True))
    return old == new


def _same_line(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """By what both say: a line that a later release of this program describes more fully has not moved."""
    return all(old[key] == new[key] for key in old.keys() & new.keys())


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
