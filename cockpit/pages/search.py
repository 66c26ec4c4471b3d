"""What ⌘K finds: each floor answers for its own records, by a dotted name in `settings.SEARCH_SOURCES`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cockpit.accounts.models import User


@dataclass(frozen=True)
class Found:
    """One thing found. `kind` is its group's heading, in the reader's language; `detail` tells like ones apart."""

    label: str
    url: str
    kind: str
    detail: str = ""


Source = Callable[[User, str, int], list[Found]]  # (user, text, limit), never more than the user may see
