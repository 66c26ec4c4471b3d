"""What a run function says about a message: it returns Done, or raises one of the three others."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Done:
    """The effect is there. `outcome` is "done" or, where it was read back, "verified"; "refused" is Refused's."""

    outcome: str = "done"
    result: dict[str, Any] = field(default_factory=dict)
    completed: bool = False  # the run function has completed the message itself, in the effect's own transaction


class RetryLater(Exception):  # noqa: N818 – an answer, not a fault
    """Not now. After `after_s` seconds, else after a growing pause; `counts=False` doesn't use up an attempt.

    `outcome` is kept with the attempt: "unknown" says that the effect may be there, and must be looked for first.
    """

    def __init__(self, reason: str, after_s: float | None = None, counts: bool = True, *, outcome: str = "retry"):
        super().__init__(reason)
        self.reason, self.after_s, self.counts, self.outcome = reason, after_s, counts, outcome


class DestinationAway(Exception):  # noqa: N818
    """Nobody answers there. The attempt isn't used up; after some in a row the destination rests."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Refused(Exception):  # noqa: N818
    """The other side understood and says no: a dead letter at once; people read `reason`."""

    def __init__(self, reason: str, detail: dict[str, Any] | None = None):
        super().__init__(reason)
        self.reason, self.detail = reason, detail or {}
