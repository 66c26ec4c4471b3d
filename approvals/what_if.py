"""What another table would have meant for what was asked: who would be asked, what would pass, and how long. Pure."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from approvals.policy import StepSpec, Version, route

DRAWS = 200  # for each shape of route: enough for a percentile that people read in hours
Spent = Mapping[str, Sequence[float]]  # role → business seconds that its past steps took


@dataclass(frozen=True)
class Record:
    """What was asked, or would have been, as its snapshot has it. `before`: the steps of the table it followed."""

    id: int
    unit_ids: tuple[int, ...]
    facts: Mapping[str, Any]
    before: tuple[StepSpec, ...]
    amount: Decimal = Decimal(0)  # in the reporting currency
    barred: frozenset[int] = frozenset()
    requester_id: int | None = None

    @property
    def unit_id(self) -> int:
        return self.unit_ids[-1]


Whom = Callable[[StepSpec, Record], frozenset[int]]


@dataclass
class Load:
    """Of one person. `steps`: how often they are asked; `share`: their part where several could answer."""

    steps: int = 0
    share: float = 0.0


@dataclass(frozen=True)
class Path:
    record: Record
    after: tuple[StepSpec, ...]


@dataclass(frozen=True)
class Side:
    """One table over all records. `p50_s` and `p85_s`: business seconds from asking to the last yes; None: never asked.

    `guessed`: roles that decided too little to know; their time limit was taken for them.
    """

    asked: int
    passed: int
    passed_amount: Decimal
    loads: Mapping[int, Load]
    p50_s: float | None
    p85_s: float | None
    guessed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class WhatIf:
    """`changed`: whose steps would be others. `stuck`: asked of fewer people than must agree, duties counted."""

    records: int
    before: Side
    after: Side
    changed: list[Path] = field(default_factory=list)
    stuck: list[Path] = field(default_factory=list)


def what_if(records: Iterable[Record], draft: Version, *, whom: Whom, spent: Spent) -> WhatIf:
    """Send each record through `draft`. `whom`: the persons a step asks, before the barred are taken out."""
    paths = [Path(record, route(draft, record.facts, record.unit_ids).steps) for record in records]
    return WhatIf(
        records=len(paths),
        before=_side([(path.record, path.record.before) for path in paths], whom, spent),
        after=_side([(path.record, path.after) for path in paths], whom, spent),
        changed=[path for path in paths if path.after != path.record.before],
        stuck=[path for path in paths if _stuck(path, whom)],
    )


def _side(pairs: Sequence[tuple[Record, tuple[StepSpec, ...]]], whom: Whom, spent: Spent) -> Side:
    asked = [(record, steps) for record, steps in pairs if steps]
    p50, p85, guessed = predicted(Counter(steps for _, steps in asked), spent)
    return Side(
        asked=len(asked),
        passed=len(pairs) - len(asked),
        passed_amount=sum((record.amount for record, steps in pairs if not steps), Decimal(0)),
        loads=_loads(asked, whom),
        p50_s=p50,
        p85_s=p85,
        guessed=guessed,
    )


def _loads(asked: Iterable[tuple[Record, tuple[StepSpec, ...]]], whom: Whom) -> dict[int, Load]:
    loads: dict[int, Load] = {}
    for record, steps in asked:
        for step in steps:
            free = whom(step, record) - record.barred
            needed = len(free) if step.quorum == 0 else min(step.quorum, len(free))
            for person in free:
                load = loads.setdefault(person, Load())
                load.steps += 1
                load.share += needed / len(free)
    return loads


def _stuck(path: Path, whom: Whom) -> bool:
    """Nobody decides twice in a round: of all who are asked there must be as many as have to agree."""
    everybody: set[int] = set()
    wanted = 0
    for step in path.after:
        free = whom(step, path.record) - path.record.barred
        needed = step.quorum or len(free) or 1
        if len(free) < needed:
            return True
        everybody |= free
        wanted += step.quorum or 1
    return len(everybody) < wanted


def predicted(shapes: Mapping[tuple[StepSpec, ...], int], spent: Spent) -> tuple[float | None, float | None, frozenset]:
    """Median and 85th percentile over all, in business seconds: past times drawn for each step; the slowest of those
    side by side counts, one order after the other. The same past gives the same answer.
    """
    if not shapes:
        return None, None, frozenset()
    chance = random.Random(85)
    weighted: list[tuple[float, float]] = []
    for steps, count in shapes.items():
        orders = [list(beside) for _, beside in groupby(steps, key=lambda step: step.order)]
        for _ in range(DRAWS):
            took = sum(max(_drawn(step, spent, chance) for step in beside) for beside in orders)
            weighted.append((took, count / DRAWS))
    guessed = frozenset(step.role for steps in shapes for step in steps if not spent.get(step.role))
    weighted.sort()
    return _percentile(weighted, 0.50), _percentile(weighted, 0.85), guessed


def _drawn(step: StepSpec, spent: Spent, chance: random.Random) -> float:
    past = spent.get(step.role)
    if not past:
        return float(step.goal_s)
    return max(chance.choice(past) for _ in range(max(step.quorum, 1)))


def _percentile(weighted: Sequence[tuple[float, float]], part: float) -> float:
    """`weighted` by rising value."""
    left = part * sum(weight for _, weight in weighted)
    for value, weight in weighted:
        left -= weight
        if left <= 1e-9:
            return value
    return weighted[-1][0]
