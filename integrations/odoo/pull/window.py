"""Which stretch of `write_date` to read next. Pure: the proof of "no row is missed" lives on these few lines.

Odoo stamps a record with the start of its transaction and compares whole seconds, so a record may appear with a
stamp that lies behind us. Windows are therefore frozen, end before now, and overlap the one before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

SETTLED = timedelta(seconds=1)  # the running second is not over: Odoo compares whole seconds
NARROW = timedelta(seconds=30)  # clocks of Odoo and its database that differ a little; common transactions
WIDE = timedelta(minutes=10)  # outlasts the longest transaction that Odoo lets live
WIDE_EVERY = timedelta(minutes=5)
CLOCK_SLACK = timedelta(minutes=1)  # a server's clock may be set back so far without anything being read anew


@dataclass(frozen=True)
class Window:
    """Records with start ≤ write_date < end; without a start, all before `end` and those that were never stamped."""

    start: datetime | None
    end: datetime
    wide: bool
    last_id: int = 0

    def after(self, last_id: int) -> Window:
        return replace(self, last_id=last_id)

    @property
    def whole(self) -> bool:
        return self.start is None

    def domain(self) -> list[Any]:
        """The window as a domain of Odoo; `last_id` keeps pages stable where an offset would slip."""
        page = ["id", ">", self.last_id]
        if self.start is None:
            return [page, "|", ["write_date", "=", False], ["write_date", "<", odoo_text(self.end)]]
        return [page, ["write_date", ">=", odoo_text(self.start)], ["write_date", "<", odoo_text(self.end)]]


@dataclass(frozen=True)
class Reached:
    """How far a model has come: `done_to` of the last complete window, `wide_to` of the last complete wide one."""

    done_to: datetime | None
    wide_to: datetime | None


def settled(server_now: datetime) -> datetime:
    """The end of a window that opens now: the last whole second that is over on the server."""
    return (server_now - SETTLED).replace(microsecond=0)


def next_window(reached: Reached, end: datetime) -> Window:
    """The window to open so that nothing written before `end` is missed.

    A wide window begins 10 minutes before the end of the last *wide* one: whatever became visible since then, and was
    stamped up to 10 minutes before it became visible, is in it. A server clock that was set back makes it whole.
    """
    if reached.done_to is None or reached.wide_to is None or reached.done_to - end > CLOCK_SLACK:
        return Window(None, end, wide=True)
    end = max(end, reached.done_to)
    if end - reached.wide_to >= WIDE_EVERY:
        return Window(reached.wide_to - WIDE, end, wide=True)
    return Window(reached.done_to - NARROW, end, wide=False)


def odoo_text(at: datetime) -> str:
    """A moment as Odoo writes it: UTC, whole seconds, no zone."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
