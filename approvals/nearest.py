"""The smallest change of one fact that would ask somebody else. Pure.

Every condition of every row that was looked at is turned over, and the record is sent through the table again with
the one fact moved to where the condition turns. Of what changes the route the nearest counts: an amount by how far it
has to move for its size; a choice after all of these; what is not known last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from approvals.policy import Checked, Condition, Route, Version, compared, number_of, route

NEGATED = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "=": "!=", "!=": "=", "in": "not in"}
CHOICE, UNKNOWN = Decimal(1000), Decimal(2000)  # further than an amount can be, as people see it
STEP = Decimal("0.01")
OTHER = "\x00 something else"  # a text that no table compares with


@dataclass(frozen=True)
class Change:
    """If `condition` held (its op may be "not in"), the route would be another. `distance` only orders changes."""

    condition: Condition
    route: Route
    distance: Decimal


def nearest_change(version: Version, facts: Mapping[str, Any], unit_ids: tuple[int, ...]) -> Change | None:
    """None: no single fact would change the route."""
    found = route(version, facts, unit_ids)
    best: Change | None = None
    for wanted, value, distance in sorted(_candidates(found, facts), key=lambda one: one[2]):
        other = route(version, {**facts, wanted.fact: value}, unit_ids)
        if other.steps != found.steps:
            best = Change(wanted, other, distance)
            break
    return best


def _candidates(found: Route, facts: Mapping[str, Any]) -> Iterator[tuple[Condition, Any, Decimal]]:
    """Conditions that do not hold now, each with a value of its fact with which it would, and how far that is."""
    seen: list[Condition] = []
    for check in _checks(found, facts):
        turned = replace(check.condition, op=NEGATED[check.condition.op])
        for wanted in {True: [turned], False: [check.condition], None: [turned, check.condition]}[check.held]:
            if wanted in seen:
                continue
            seen.append(wanted)
            moved = _moved(wanted, facts.get(wanted.fact))
            if moved is not None:
                value, distance = moved
                yield wanted, value, UNKNOWN if check.held is None else distance


def _checks(found: Route, facts: Mapping[str, Any]) -> Iterator[Checked]:
    for row in found.trace:
        yield from row.checks
        for step in row.rule.steps:
            yield from (Checked(each, facts.get(each.fact), _held(each, facts)) for each in step.when)


def _held(condition: Condition, facts: Mapping[str, Any]) -> bool | None:
    actual = facts.get(condition.fact)
    return None if actual is None else condition.held(actual)


def _moved(wanted: Condition, actual: Any) -> tuple[Any, Decimal] | None:
    """A value with which `wanted` holds, as close to `actual` as can be."""
    limit = None if wanted.op in {"in", "not in"} else number_of(wanted.value)
    if isinstance(actual, Mapping) and "amount" in actual:
        return _moved_money(wanted, actual, limit) if limit is not None else None
    if isinstance(actual, Mapping):
        return {**actual, "id": _chosen(wanted)}, CHOICE
    now = number_of(actual)
    if limit is None or (actual is not None and now is None) or (actual is None and _is_choice(wanted)):
        return _chosen(wanted), CHOICE
    if actual is None and wanted.currency:
        return _plain(wanted, limit), CHOICE
    value = _beyond(wanted.op, limit)
    return str(value), _distance(value, now or Decimal(0))


def _moved_money(
    wanted: Condition, money: Mapping[str, Any], limit: Decimal
) -> tuple[Mapping[str, Any], Decimal] | None:
    """The record's own money, all of it made larger or smaller alike, so that other currencies still compare."""
    now, at = compared(money, wanted, limit)
    if at is None:
        return _plain(wanted, limit), UNKNOWN
    value = _beyond(wanted.op, at)
    if not now:
        return _plain(replace(wanted, currency=wanted.currency or money["currency"]), limit), CHOICE
    own = wanted.currency in {"", money["currency"]}
    scaled = dict(money)
    for key in ("amount", "company_amount"):
        if key in money:
            exact = (key == "amount") == own
            scaled[key] = str(value if exact else Decimal(money[key]) * value / now)
    return scaled, _distance(value, now)


def _plain(wanted: Condition, limit: Decimal) -> dict[str, Any]:
    amount, currency = str(_beyond(wanted.op, limit)), wanted.currency
    return {"amount": amount, "currency": currency, "company_amount": amount, "company_currency": currency}


def _beyond(op: str, limit: Decimal) -> Decimal:
    """The first number, to the cent, with which `op limit` holds."""
    rounding = ROUND_FLOOR if op in {"<", "<="} else ROUND_CEILING
    at = limit if op == "=" else limit.quantize(STEP, rounding)
    if op in {">", "!="} and at <= limit:
        return at + STEP
    return at - STEP if op == "<" and at >= limit else at


def _distance(value: Decimal, now: Decimal) -> Decimal:
    return abs(value - now) / max(abs(value), abs(now), STEP)


def _is_choice(wanted: Condition) -> bool:
    return wanted.op in {"in", "not in", "=", "!="} and number_of(wanted.value) is None


def _chosen(wanted: Condition) -> Any:
    if wanted.op == "in":
        return next(iter(wanted.value), OTHER)
    return wanted.value if wanted.op == "=" else OTHER
