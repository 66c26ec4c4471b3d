"""The PMO's queue: what is stuck or wrong, once each.

`from cockpit import exception_queue; exception_queue.open_case(…)`
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cockpit.exception_queue.services import CaseError, clear_case, open_case

__all__ = ["CaseError", "clear_case", "open_case"]


def __getattr__(name: str) -> Any:  # models may be imported only once the apps are loaded
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.services"), name)
