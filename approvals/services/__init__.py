"""The only way in: asking, deciding, settling. Every act on a request first locks its row."""

from approvals.services.agreeing import (
    LintError,
    ask_to_publish,
    load_at_once,
    send_due,
    take_back_draft,
)
from approvals.services.asking import ask, asks_nobody, close, name_record, refresh_facts, withdraw
from approvals.services.deciding import (
    AlreadyDecidedError,
    FactsMovedError,
    ReasonMissingError,
    TooLateToUndoError,
    decide,
    undo,
)
from approvals.services.deputising import DeputyRefusedError, appoint, confirm, decline, end_early, may_arrange, propose
from approvals.services.drafting import (
    DraftMovedError,
    DraftRefusedError,
    begin_draft,
    drop_draft,
    go_on_from,
    open_draft,
    save_draft,
    set_owner,
    set_terms,
)
from approvals.services.migrating import MoveToVersionRefusedError, move_to_version
from approvals.services.moving import (
    MoveRefusedError,
    add_approver,
    claim,
    consult,
    hand_on,
    reassign,
    release,
    release_idle,
)
from approvals.services.outages import sweep
from approvals.services.publishing import draft, publish, submit
from approvals.services.raising import AskRefusedError, ask_by_form
from approvals.services.refusing import DecisionRefused, NotEntitledError
from approvals.services.settling import settle_due, sweep_clocks
from approvals.services.snoozing import SnoozeRefusedError, snooze, wake, wake_due
from approvals.services.talking import CommentRefusedError, comment, look_at_mentions
from approvals.services.together import decide_together
from approvals.services.turning import QuestionRefusedError, answer, ask_back, open_question, take_back
from approvals.services.weighing import set_cutoff, weigh_open
from approvals.services.writing import text_of

__all__ = [
    "AlreadyDecidedError",
    "AskRefusedError",
    "CommentRefusedError",
    "DecisionRefused",
    "DeputyRefusedError",
    "DraftMovedError",
    "DraftRefusedError",
    "FactsMovedError",
    "LintError",
    "MoveRefusedError",
    "MoveToVersionRefusedError",
    "NotEntitledError",
    "QuestionRefusedError",
    "ReasonMissingError",
    "SnoozeRefusedError",
    "TooLateToUndoError",
    "add_approver",
    "answer",
    "appoint",
    "ask",
    "ask_back",
    "ask_by_form",
    "ask_to_publish",
    "asks_nobody",
    "begin_draft",
    "claim",
    "close",
    "comment",
    "confirm",
    "consult",
    "decide",
    "decide_together",
    "decline",
    "draft",
    "drop_draft",
    "end_early",
    "go_on_from",
    "hand_on",
    "load_at_once",
    "look_at_mentions",
    "may_arrange",
    "move_to_version",
    "name_record",
    "open_draft",
    "open_question",
    "propose",
    "publish",
    "reassign",
    "refresh_facts",
    "release",
    "release_idle",
    "save_draft",
    "send_due",
    "set_cutoff",
    "set_owner",
    "set_terms",
    "settle_due",
    "snooze",
    "submit",
    "sweep",
    "sweep_clocks",
    "take_back",
    "take_back_draft",
    "text_of",
    "undo",
    "wake",
    "wake_due",
    "weigh_open",
    "withdraw",
]
