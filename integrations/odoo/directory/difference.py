"""Making rows say what they should, and remembering what had to be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)
Change = dict[str, tuple[Any, Any]]  # column → (was, is)


@dataclass
class Difference(Generic[Row]):
    created: list[Row] = field(default_factory=list)
    changed: list[tuple[Row, Change]] = field(default_factory=list)

    @property
    def touched(self) -> list[Row]:
        return [*self.created, *(row for row, _ in self.changed)]

    def write(self, model: type[Row]) -> None:
        """Insert what is new and update the columns that changed: two statements."""
        model._default_manager.bulk_create(self.created, batch_size=1000)
        if names := sorted({name for _, change in self.changed for name in change}):
            model._default_manager.bulk_update([row for row, _ in self.changed], names, batch_size=1000)


def set_values(row: models.Model, values: Mapping[str, Any]) -> Change:
    """Set what differs on `row` (not saved) and say what did."""
    change = {name: (getattr(row, name), value) for name, value in values.items() if getattr(row, name) != value}
    for name, (_, value) in change.items():
        setattr(row, name, value)
    return change


def bring_in_line(rows: Mapping[int, Row], wanted: Mapping[int, Mapping[str, Any]], make: type[Row]) -> Difference[Row]:
    """Create what is `wanted` (key → column values) and not among `rows`, change what differs."""
    found: Difference[Row] = Difference()
    for key, values in wanted.items():
        if key not in rows:
            found.created.append(make(**values))
        elif change := set_values(rows[key], values):
            found.changed.append((rows[key], change))
    found.write(make)
    return found
