"""Views that people keep: a page's address under a name, for oneself or for all who hold a role in a unit."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cockpit.saved_views.services import View, listing

__all__ = ["View", "listing"]


def __getattr__(name: str) -> Any:  # models may be imported only once the apps are loaded
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.services"), name)
