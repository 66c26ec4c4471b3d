"""Earlier rounds of a request, and decisions that no longer count: what was said before, and why it was asked again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils.translation import gettext as _

from approvals.kinds import Kind
from approvals.models import Decision, Request, Round, Snapshot
from approvals.reading.changed import Difference, between


@dataclass(frozen=True)
class Said:
    """One verdict; `void` says why it no longer counts."""

    at: datetime
    text: str
    note: str
    void: str = ""


@dataclass(frozen=True)
class Earlier:
    """One pass that is over. `moved`: what was another when the next began; `why` the next was opened."""

    number: int
    opened_at: datetime
    closed_at: datetime | None
    said: tuple[Said, ...]
    why: str
    moved: tuple[Difference, ...]


def earlier(
    request: Request, rounds: Sequence[Round], decisions: Sequence[Decision], snapshots: Sequence[Snapshot]
) -> list[Earlier]:
    """The passes before the latest, newest first; from rows that the page has read."""
    facts = {one.pk: one.facts for one in snapshots}
    found = []
    for this, after in pairwise(rounds):
        said = tuple(_said(request.kind, one) for one in decisions if one.round_id == this.pk)
        moved = between(request.kind, facts.get(this.snapshot_id, {}), facts.get(after.snapshot_id, {}))
        why = _reasons().get(after.reason, after.reason)
        found.append(Earlier(this.number, this.opened_at, this.closed_at, said, why, tuple(moved)))
    return found[::-1]


def lost(kind: Kind, decisions: Sequence[Decision]) -> dict[int, str]:
    """Of each step what was decided there last in this round and does not count; nothing of what somebody undid."""
    return {
        one.step_id: _("%(who)s had decided; %(why)s") % {"who": one.effective_person, "why": why_void(kind, one)}
        for one in decisions
        if one.void_at is not None and one.void_reason != "undone"
    }


def why_void(kind: Kind, decision: Decision) -> str:
    """In words; `services.asking` and `services.deciding` write the reasons."""
    reason = decision.void_reason
    if reason.startswith("changed since: "):
        labels = {fact.key: str(fact.label) for fact in kind.facts}
        keys = reason.removeprefix("changed since: ").split(", ")
        return _("changed since: %(facts)s") % {"facts": ", ".join(labels.get(key, key) for key in keys)}
    known = {
        "undone": _("it was undone"),
        "the route changed": _("others are asked now"),
        "may not decide this any more: wrote it or gains from it": _("they wrote it or gain from it"),
    }
    return known.get(reason, reason)


def _said(kind: Kind, one: Decision) -> Said:
    words_for = {
        Decision.Verdict.APPROVE: _("%(who)s approved it as %(role)s"),
        Decision.Verdict.REJECT: _("%(who)s rejected it as %(role)s"),
    }
    text = words_for[Decision.Verdict(one.verdict)] % {
        "who": one.effective_person,
        "role": one.step.get_role_display(),
    }
    return Said(one.at, text, one.note, why_void(kind, one) if one.void_at else "")


def _reasons() -> dict[str, str]:
    return {
        "the facts changed the route": _("What the record says now asks others."),
        "the record changed after the decision": _("The record changed after the decision."),
    }
