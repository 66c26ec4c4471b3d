"""What moved between two snapshots of a request, in words: for rows, the decision bar and the timeline. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from approvals import facts as factbook
from approvals.kinds import Fact, Facts, FactType, Kind
from approvals.models import Snapshot
from approvals.reading import showing
from cockpit.pages import words


@dataclass(frozen=True)
class Difference:
    """One fact as it was and as it is; "—" where there is none."""

    label: str
    before: str
    after: str


def latest(kind: Kind, snapshots: Sequence[Snapshot], at: datetime) -> str:
    """The last change to a material fact, from its `snapshots` in order, as seen `at`; empty when there was none.

    "Amount changed 22:25: €57,757.84 → €59,979.87"
    """
    for before, after in reversed(list(pairwise(snapshots))):
        if found := factbook.moved(kind, before.facts, after.facts):
            return _said(kind, found, words.moment(after.taken_at, at))
    return ""


def between(kind: Kind, before: Facts, after: Facts) -> list[Difference]:
    """Every shown fact that reads otherwise; of lines and documents only those that differ."""
    found = []
    for fact in (one for one in kind.facts if one.shown):
        old, new = before.get(fact.key), after.get(fact.key)
        if fact.type in {FactType.LINES, FactType.DOCUMENTS}:
            old, new = _apart(old, new)
        pair = showing.text(fact, old), showing.text(fact, new)
        if pair[0] != pair[1]:
            found.append(Difference(str(fact.label), pair[0] or "—", pair[1] or "—"))
    return found


def _said(kind: Kind, found: Sequence[factbook.Moved], time: str) -> str:
    money = next((one for one in found if one.fact.key == kind.money), None)
    if money is None:
        return _("Changed %(time)s: %(what)s") % {"time": time, "what": _(", ").join(_label(one.fact) for one in found)}
    return _("Amount changed %(time)s: %(before)s → %(after)s") % {
        "time": time,
        "before": showing.text(money.fact, money.before) or "—",
        "after": showing.text(money.fact, money.after) or "—",
    }


def _label(fact: Fact) -> str:
    return str(fact.label)


def _apart(old: Any, new: Any) -> tuple[Any, Any]:
    """Of two lists what is in one of them alone."""
    before, after = old or [], new or []
    return [one for one in before if one not in after], [one for one in after if one not in before]
