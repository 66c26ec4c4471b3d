"""What the rest of the cockpit may expect of a connection to Odoo, whichever transport carries it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class OdooVersion:
    """`major` 19, `text` "19.0"."""

    major: int
    text: str


# Odoo gives them a `search_read` of their own, which takes no `load`. No many2one of theirs is read.
WITHOUT_LOAD = frozenset({"project.tags"})


def plain_links(model: str) -> dict[str, Any]:
    """The argument of `search_read` that makes a many2one a plain id."""
    return {} if model in WITHOUT_LOAD else {"load": None}


class OdooClient(Protocol):
    """One connection of one user to one database. Use one per thread.

    Results are what JSON-2 gives: a recordset is a list of ids (so `create` always answers a list), a many2one read
    through `search_read` is a plain id or False, dates and datetimes are Odoo's strings (UTC, without a zone).
    Every failure is an `OdooError`.
    """

    url: str
    db: str
    transport: str
    uid: int
    login: str

    def version(self) -> OdooVersion: ...

    def twin(self) -> "OdooClient":
        """Another connection of the same user, for another thread."""
        ...

    def call(
        self, model: str, method: str, ids: Sequence[int] | None = None, *, context: dict | None = None, **kwargs: Any
    ) -> Any:
        """Call a public method by named arguments. `ids=None` for a method of the model (search, create, load …),
        a list, also an empty one, for a method of records (write, unlink, has_access, action_post …)."""
        ...

    def search_read(
        self,
        model: str,
        domain: Sequence,
        fields: Sequence[str],
        *,
        order: str = "id",
        limit: int | None = None,
        context: dict | None = None,
    ) -> list[dict]: ...

    def server_now(self) -> datetime:
        """The server's clock, UTC, whole seconds (from the Date header of an answer)."""
        ...

    def answered_at(self) -> datetime:
        """The server's clock at its last answer: `server_now` without asking."""
        ...
