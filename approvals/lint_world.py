"""The firm as a check of decision tables needs it, and what such a check finds. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from approvals.policy import StepSpec


@dataclass(frozen=True)
class Finding:
    """`rule` is the number of the row, 0 the whole table; `code` names what it is about."""

    rule: int
    code: str
    says: str
    do: str
    stops: bool = True  # it cannot be published so


@dataclass(frozen=True)
class Place:
    """An active unit; `path` is itself and all above it, root first."""

    id: int
    name: str
    path: tuple[int, ...]


@dataclass(frozen=True)
class World:
    """`holders`: role → unit → the persons who hold it there or above and can sign in; `people`: all who can."""

    units: Mapping[int, Place]
    holders: Mapping[str, Mapping[int, frozenset[int]]]
    people: Mapping[int, str]

    def units_of(self, unit_id: int | None) -> list[Place]:
        """Where a row counts: its unit and all below, else everywhere."""
        return [place for place in self.units.values() if unit_id is None or unit_id in place.path]

    def share_a_unit(self, one: int | None, other: int | None) -> bool:
        return bool({place.id for place in self.units_of(one)} & {place.id for place in self.units_of(other)})

    def held(self, role: str, unit: int) -> frozenset[int]:
        return self.holders.get(role, {}).get(unit, frozenset())

    def needed(self, step: StepSpec) -> int:
        """How many people have to agree; where all must, as many as hold the role in the fullest unit."""
        if step.quorum:
            return step.quorum
        return max((len(held) for held in self.holders.get(step.role, {}).values()), default=1) or 1
