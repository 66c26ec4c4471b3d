"""Read-only copies of Odoo's records. `from integrations import mirror; mirror.freshness(at=…)`"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from integrations.mirror.services import Freshness, freshness

__all__ = ["Freshness", "freshness"]


def __getattr__(name: str) -> Any:  # models may be imported only once the apps are loaded
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.services"), name)
