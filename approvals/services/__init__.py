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
from approvals.services.snoozing import SnoozeRefusedError, snooze, wake, wake_due
from approvals.services.talking import CommentRefusedError, comment, look_at_mentions
from approvals.services.weighing import set_cutoff, weigh_open

__all__ = [
    "AlreadyDecidedError",
    "CommentRefusedError",
    "DecisionRefused",
    "FactsMovedError",
    "NotEntitledError",
    "ReasonMissingError",
    "SnoozeRefusedError",
    "TooLateToUndoError",
    "ask",
    "close",
    "comment",
    "decide",
    "draft",
    "look_at_mentions",
    "name_record",
    "publish",
    "refresh_facts",
    "set_cutoff",
    "settle_due",
    "snooze",
    "submit",
    "sweep_clocks",
    "undo",
    "wake",
    "wake_due",
    "weigh_open",
]
