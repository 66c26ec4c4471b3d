"""What happened: events by declared name, unique by key, told to their handlers.

`from cockpit import events; events.emit(…)`
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cockpit.events.services import EventError, Happening, emit, emit_all

__all__ = ["EventError", "Happening", "emit", "emit_all"]


def __getattr__(name: str) -> Any:  # models may be imported only once the apps are loaded
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.services"), name)
