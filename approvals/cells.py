"""Which records a row of a decision table is for, as boxes: for each fact a set of cells in which no limit lies. Pure.

A fact's cells are its limits, what lies between them, and "not known"; within one cell every condition answers alike.
So whether a row can ever be reached is counted, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from approvals.policy import Condition, Rule, check

MOST = 2000  # boxes that are told apart; a table beyond that counts as reachable
OTHER = "\N{REPLACEMENT CHARACTER}"  # a word that no condition names
UNKNOWN = None
Dimension = tuple[str, str]  # fact, currency
Box = dict[Dimension, int]  # for each dimension the cells, as bits; all of them where it is left out


@dataclass
class Space:
    """The cells of all conditions of a table. `known`: leave out "not known"."""

    conditions: Iterable[Condition]
    cells: dict[Dimension, list[Any]] = field(init=False)
    _masks: dict[tuple[Condition, bool, bool], int] = field(init=False, default_factory=dict)
    _boxes: dict[tuple[int, bool], Box | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        named: dict[Dimension, list[Any]] = {}
        for each in self.conditions:
            values = each.value if isinstance(each.value, list | tuple) else [each.value]
            named.setdefault((each.fact, each.currency), []).extend(values)
        self.cells = {dimension: _cells(values) for dimension, values in named.items()}

    def box(self, conditions: Sequence[Condition], *, asks: bool, known: bool) -> Box | None:
        """The records that meet all conditions; None: no record does. The unknown counts as a reason to ask."""
        found: Box = {}
        for each in conditions:
            dimension = (each.fact, each.currency)
            found[dimension] = found.get(dimension, -1) & self._mask(each, asks=asks, known=known)
            if not found[dimension]:
                return None
        return found

    def box_of(self, rule: Rule, *, known: bool = True) -> Box | None:
        key = (rule.number, known)
        if key not in self._boxes:
            self._boxes[key] = self.box(rule.when, asks=bool(rule.steps), known=known)
        return self._boxes[key]

    def less(self, boxes: list[Box], taken: Box, *, known: bool = True) -> list[Box]:
        """What is left of the boxes once those in `taken` are gone."""
        return [rest for box in boxes for rest in self._less(box, taken, known=known)]

    def all_of(self, dimension: Dimension, *, known: bool) -> int:
        """Every cell; "not known" is the last."""
        return (1 << (len(self.cells[dimension]) - known)) - 1

    def _mask(self, condition: Condition, *, asks: bool, known: bool) -> int:
        """The cells of its fact in which a condition holds."""
        key = (condition, asks, known)
        if key not in self._masks:
            self._masks[key] = sum(
                1 << place
                for place, value in enumerate(self.cells[condition.fact, condition.currency])
                if not (known and value is UNKNOWN) and _holds(condition, value, asks=asks)
            )
        return self._masks[key]

    def _less(self, box: Box, taken: Box, *, known: bool) -> list[Box]:
        if not meet(box, taken):
            return [box]
        rest: list[Box] = []
        inner = dict(box)
        for dimension, mask in taken.items():
            own = inner.get(dimension, self.all_of(dimension, known=known))
            if outside := own & ~mask:
                rest.append({**inner, dimension: outside})
            inner[dimension] = own & mask
        return rest


def meet(one: Box, other: Box) -> bool:
    """Whether some record lies in both."""
    return all(mask & other.get(dimension, -1) for dimension, mask in one.items())


def _cells(values: Iterable[Any]) -> list[Any]:
    numbers = sorted({number for value in values if (number := _number(value)) is not None})
    texts = sorted({str(value) for value in values if _number(value) is None})
    between = [(low + high) / 2 for low, high in pairwise(numbers)]
    ends = [numbers[0] - 1, numbers[-1] + 1] if numbers else []
    raw = [value for value in values if not isinstance(value, str)]
    found = [*sorted({*numbers, *between, *ends}), *texts, *([OTHER] if texts else []), *raw]
    return [*found, UNKNOWN]


def _holds(condition: Condition, value: Any, *, asks: bool) -> bool:
    if isinstance(value, Decimal):
        value = {"amount": value, "currency": condition.currency} if condition.currency else f"{value:f}"
    held = check(condition, {condition.fact: value}).held
    return asks if held is None else held


def _number(value: Any) -> Decimal | None:
    try:
        return None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None
