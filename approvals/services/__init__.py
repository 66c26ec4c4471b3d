"""The only way in: asking, deciding, settling. Every act on a request first locks its row."""

from approvals.services.asking import ask, close, refresh_facts
from approvals.services.deciding import (
    AlreadyDecidedError,
    DecisionRefused,
    FactsMovedError,
    NotEntitledError,
    ReasonMissingError,
    TooLateToUndoError,
    decide,
    undo,
)
from approvals.services.publishing import draft, publish, submit
from approvals.services.settling import settle_due, sweep_clocks

__all__ = [
    "AlreadyDecidedError",
    "DecisionRefused",
    "FactsMovedError",
    "NotEntitledError",
    "ReasonMissingError",
    "TooLateToUndoError",
    "ask",
    "close",
    "decide",
    "draft",
    "publish",
    "refresh_facts",
    "settle_due",
    "submit",
    "sweep_clocks",
    "undo",
]
