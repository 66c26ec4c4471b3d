"""A row of a table as a form holds it: nothing but text, so that what was typed comes back whatever is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from approvals.policy_files import RuleText, span

MOST = 40  # blocks of one kind in one row
RUNGS = (50, 80, 100, 150)
CONDITION = ("fact", "op", "value", "currency")
STEP = ("role", "order", "who", "person", "quorum", "count", "within", "reject", "timeout")
CHAIN = {"chain_role": "", "chain_fact": "", "chain_limits": "", "chain_currency": "", "chain_within": "1 d"}


@dataclass
class RawStep:
    values: dict[str, str]
    about: list[str] = field(default_factory=list)
    conditions: list[dict[str, str]] = field(default_factory=list)
    also: list[str] = field(default_factory=list)  # roles that are asked side by side with it, a step for each


@dataclass
class RawRow:
    values: dict[str, str]
    conditions: list[dict[str, str]] = field(default_factory=list)
    steps: list[RawStep] = field(default_factory=list)


def from_post(post: Any) -> RawRow:
    """What a browser sent: `c0-fact`, `s1-role`, `s1c0-fact`, `s1r80-to`. What is missing is empty."""
    row = RawRow({key: post.get(key, "") for key in ("name", "unit", "add_on", *CHAIN)})
    row.conditions = _conditions(post, "c")
    for place in _places(post, "s", "role"):
        prefix = f"s{place}-"
        values = {key: post.get(prefix + key, "") for key in STEP}
        for at in RUNGS:
            values |= {f"r{at}-{key}": post.get(f"{prefix}r{at}-{key}", "") for key in ("to", "hand_over")}
        about, also = (post.getlist(prefix + key) for key in ("about", "also"))
        row.steps.append(RawStep(values, about, _conditions(post, f"s{place}c"), also))
    return row


def from_rule(rule: RuleText, units: Mapping[str, int], people: Mapping[str, int]) -> RawRow:
    """A stored row; `units` and `people` are ids by what a file calls them."""
    values = {"name": rule.name, "unit": str(units.get(rule.unit, "")), "add_on": "on" if rule.add_on else "", **CHAIN}
    steps = [_raw_step(step, people) for step in rule.steps]
    return RawRow(values, [raw_condition(each) for each in rule.when], steps)


def raw_condition(condition: Mapping[str, Any]) -> dict[str, str]:
    value = condition["value"]
    shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return {"fact": condition["fact"], "op": condition["op"], "value": shown, "currency": condition["currency"]}


def new_step(order: int) -> RawStep:
    values = dict.fromkeys(STEP, "") | {"order": str(order), "quorum": "any", "count": "2", "within": "4 h"}
    return RawStep(values)


def whole_numbers(texts: Iterable[str]) -> list[int]:
    return [int(text) for text in texts if text.isdigit()]


def _raw_step(step: Mapping[str, Any], people: Mapping[str, int]) -> RawStep:
    quorum = step["quorum"]
    who, person = _raw_who(step["who"], people)
    values = {
        "role": step["role"],
        "order": str(step["order"]),
        "who": who,
        "person": person,
        "quorum": {0: "all", 1: "any"}.get(quorum, "some"),
        "count": str(quorum if quorum > 1 else 2),
        "within": span(step["goal_s"]),
        "reject": step["reject"],
        "timeout": step["timeout"],
    }
    rungs = {rung["at"]: rung for rung in step["ladder"]}
    for at in RUNGS:
        rung = rungs.get(at, {"to": "", "hand_over": False})
        to, one = _raw_who(rung["to"], people)
        values |= {f"r{at}-to": f"person:{one}" if one else to, f"r{at}-hand_over": "on" if rung["hand_over"] else ""}
    return RawStep(values, list(step["about"]), [raw_condition(each) for each in step["when"]])


def _raw_who(who: str, people: Mapping[str, int]) -> tuple[str, str]:
    """("person", "7") for a colleague, else as it is written."""
    if "@" in who:
        return "person", str(people.get(who, ""))
    if who.startswith("person:"):
        return "person", who.partition(":")[2]
    return who, ""


def _conditions(post: Any, prefix: str) -> list[dict[str, str]]:
    places = _places(post, prefix, "fact")
    return [{key: post.get(f"{prefix}{place}-{key}", "") for key in CONDITION} for place in places]


def _places(post: Any, prefix: str, key: str) -> list[int]:
    return [place for place in range(MOST) if f"{prefix}{place}-{key}" in post]
