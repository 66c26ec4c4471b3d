"""What differs between two decision tables, row by row. Pure; words are found by who shows it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal

from approvals.policy import Rule, Version

What = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True)
class Difference:
    """`moved`: the same row at another place. Of a changed one `before` and `after` are both there."""

    what: What
    before: Rule | None
    after: Rule | None


def differences(before: Version | None, after: Version) -> list[Difference]:
    """In the order of the newer table; what was removed comes last."""
    old = list(before.rules) if before else []
    pairs = _pairs(old, list(after.rules))
    kept = _in_order([pairs[rule.number].number for rule in after.rules if rule.number in pairs])
    found: list[Difference] = []
    for rule in after.rules:
        was = pairs.get(rule.number)
        if was is None:
            found.append(Difference("added", None, rule))
        elif not same(was, rule):
            found.append(Difference("changed", was, rule))
        elif was.number not in kept:
            found.append(Difference("moved", was, rule))
    gone = {rule.number for rule in old} - {was.number for was in pairs.values()}
    return [*found, *(Difference("removed", rule, None) for rule in old if rule.number in gone)]


def same(one: Rule, other: Rule) -> bool:
    """Alike but for the place."""
    return _content(one) == _content(other) and one.name == other.name


def _pairs(old: list[Rule], new: list[Rule]) -> dict[int, Rule]:
    """Which old row each new one was: by name and unit, by what it says, by name, at last by the place."""
    found: dict[int, Rule] = {}
    left = list(old)
    for alike in (_named, _alike, lambda a, b: a.name == b.name, _beside):
        for rule in new:
            was = next((one for one in left if alike(one, rule)), None) if rule.number not in found else None
            if was is not None:
                found[rule.number] = was
                left.remove(was)
    return found


def _named(one: Rule, other: Rule) -> bool:
    return (one.name, one.unit_id, one.add_on) == (other.name, other.unit_id, other.add_on)


def _alike(one: Rule, other: Rule) -> bool:
    return _content(one) == _content(other)


def _beside(one: Rule, other: Rule) -> bool:
    """Renamed and changed at once: the same place, unit and sort, and a condition or a role in common."""
    at = (one.number, one.unit_id, one.add_on) == (other.number, other.unit_id, other.add_on)
    facts = {each.fact for each in one.when} & {each.fact for each in other.when}
    return at and bool(facts or {step.role for step in one.steps} & {step.role for step in other.steps})


def _content(rule: Rule) -> tuple[object, ...]:
    return (rule.when, rule.steps, rule.unit_id, rule.add_on)


def _in_order(numbers: list[int]) -> set[int]:
    """The longest run of rows that kept their order; the others were moved."""
    ends: list[int] = []
    runs: list[tuple[int, ...]] = []
    for number in numbers:
        place = bisect_left(ends, number)
        run = (*(runs[place - 1] if place else ()), number)
        ends[place:], runs[place:] = [number, *ends[place + 1 :]], [run, *runs[place + 1 :]]
    return set(runs[-1]) if runs else set()
