"""Telling people what needs them: by mail and chat, through the outbox, at the time that suits them.

`from cockpit import notify; notify.tell(…)`
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cockpit.notify.letters import Letter, Way

if TYPE_CHECKING:
    from cockpit.notify.services import tell

__all__ = ["Letter", "Way", "tell"]


def __getattr__(name: str) -> Any:  # models may be imported only once the apps are loaded
    if name != "tell":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.services").tell
