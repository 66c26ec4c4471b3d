"""The only way in: asking, deciding, settling. Every act on a request first locks its row."""

from approvals.services.asking import ask, close, name_record, refresh_facts
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
from approvals.services.weighing import set_cutoff, weigh_open

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
    "name_record",
    "publish",
    "refresh_facts",
    "set_cutoff",
    "settle_due",
    "submit",
    "sweep_clocks",
    "undo",
    "weigh_open",
]
