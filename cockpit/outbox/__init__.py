"""What must happen: messages in streams, run exactly once as seen from outside.

`from cockpit import outbox; outbox.put(…)`
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cockpit.outbox.answers import DestinationAway, Done, Refused, RetryLater

if TYPE_CHECKING:
    from cockpit.outbox.forgetting import finished_of, forget, unfinished
    from cockpit.outbox.nudging import nudge
    from cockpit.outbox.services import New, OutboxError, put, put_all, retry, skip
    from cockpit.outbox.standing import Standing, behind, status, status_of
    from cockpit.outbox.worker import claim, complete, drain, run_one

_HOME = {
    "New": "services",
    "OutboxError": "services",
    "Standing": "standing",
    "behind": "standing",
    "claim": "worker",
    "complete": "worker",
    "drain": "worker",
    "finished_of": "forgetting",
    "forget": "forgetting",
    "nudge": "nudging",
    "put": "services",
    "put_all": "services",
    "retry": "services",
    "run_one": "worker",
    "skip": "services",
    "status": "standing",
    "status_of": "standing",
    "unfinished": "forgetting",
}
__all__ = [
    "DestinationAway",
    "Done",
    "New",
    "OutboxError",
    "Refused",
    "RetryLater",
    "Standing",
    "behind",
    "claim",
    "complete",
    "drain",
    "finished_of",
    "forget",
    "nudge",
    "put",
    "put_all",
    "retry",
    "run_one",
    "skip",
    "status",
    "status_of",
    "unfinished",
]


def __getattr__(name: str) -> Any:  # models may be imported only once the apps are loaded
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
