"""Has the list moved since it was shown? One query; the answer is a quiet line, never a list that jumps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.models import Request
from approvals.reading.address import Address
from approvals.reading.tabs import Tab
from cockpit.accounts.models import User

PAGE = 50  # as long as the list's first page


@dataclass(frozen=True)
class News:
    """How many came, went and changed among the first rows of a list."""

    new: int = 0
    gone: int = 0
    changed: int = 0

    @property
    def words(self) -> str:
        """ "2 new requests, 1 no longer here"; empty when nothing moved."""
        said = []
        if self.new:
            said.append(ngettext("%(count)d new request", "%(count)d new requests", self.new) % {"count": self.new})
        if self.gone:
            said.append(ngettext("%(count)d taken", "%(count)d taken", self.gone) % {"count": self.gone})
        if self.changed:
            said.append(ngettext("%(count)d changed", "%(count)d changed", self.changed) % {"count": self.changed})
        return _(", ").join(said)


class SeenError(ValueError):
    """The list of what was seen is none of ours."""


def seen(requests: Iterable[Request]) -> str:
    """ "17.33_18.40": each request with the snapshot that its row shows."""
    return "_".join(f"{one.pk}.{one.snapshot_id or 0}" for one in list(requests)[:PAGE])


def read(user: User, address: Address, given: str, at: datetime) -> News:
    """What moved against `given`, as `seen` wrote it. Raises SeenError."""
    tab = address.tab or Tab.NEEDS
    rows = address.rows(user, tab, at).order_by(*address.order(tab).keys)
    now = dict(rows.values_list("pk", "snapshot")[:PAGE])
    known = _parsed(given)
    new = len(now.keys() - known.keys())
    pushed_off = new if len(now) == PAGE else 0  # a full page loses as many rows at its end as come in
    gone = max(0, len(known.keys() - now.keys()) - pushed_off)
    return News(new, gone, sum((now[pk] or 0) != known[pk] for pk in now.keys() & known.keys()))


def _parsed(given: str) -> dict[int, int]:
    try:
        pairs = [one.split(".") for one in given.split("_")[:PAGE]] if given else []
        return {int(pk): int(snapshot) for pk, snapshot in pairs}
    except ValueError as problem:
        raise SeenError(given) from problem
