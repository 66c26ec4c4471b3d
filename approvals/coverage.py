"""Up to which amount can be decided on a day: by who is here, and by deputies within the lower of both limits. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from approvals.delegations import DEEPEST

UNLIMITED, NOTHING = Decimal("Infinity"), Decimal(0)


@dataclass(frozen=True)
class Deputy:
    """Somebody who may decide for another on that day, up to `limit`."""

    delegator: int
    deputy: int
    limit: Decimal = UNLIMITED


@dataclass(frozen=True)
class Way:
    """One vote that can be cast: who presses, whose it is, up to which amount."""

    presser: int
    voter: int
    limit: Decimal


def highest(
    holders: Collection[int],
    here: Collection[int],
    *,
    limits: Mapping[int, Decimal] = {},
    deputies: Collection[Deputy] = (),
    needed: int = 1,
) -> Decimal:
    """The highest amount that `needed` votes can be found for; 0: for none. `limits`: of persons, who may hold none.

    Whoever presses and whose vote it is count as one person, as they do when it is decided.
    """
    taken: set[int] = set()
    found: list[Decimal] = []
    if needed == 1 and any(pk in here and pk not in limits for pk in holders):
        return UNLIMITED
    for way in sorted(ways(holders, here, limits, deputies), key=lambda way: (-way.limit, way.presser != way.voter)):
        if not {way.presser, way.voter} & taken:
            taken |= {way.presser, way.voter}
            found.append(way.limit)
    return found[needed - 1] if len(found) >= needed else NOTHING


def ways(
    holders: Collection[int], here: Collection[int], limits: Mapping[int, Decimal], deputies: Collection[Deputy]
) -> Iterator[Way]:
    """Of each holder: their own vote if they are here, and each chain of deputies to somebody who is."""
    by_delegator: dict[int, list[Deputy]] = defaultdict(list)
    for each in deputies:
        by_delegator[each.delegator].append(each)
    for holder in holders:
        for path, limit in _chains([holder], limits.get(holder, UNLIMITED), limits, by_delegator):
            if path[-1] in here:
                yield Way(path[-1], holder, limit)


def _chains(
    path: list[int], limit: Decimal, limits: Mapping[int, Decimal], deputies: Mapping[int, list[Deputy]]
) -> Iterator[tuple[list[int], Decimal]]:
    yield path, limit
    if len(path) > DEEPEST:
        return
    for each in deputies.get(path[-1], ()):
        if each.deputy not in path:
            lower = min(limit, each.limit, limits.get(each.deputy, UNLIMITED))
            yield from _chains([*path, each.deputy], lower, limits, deputies)
