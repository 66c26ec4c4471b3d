"""What a decision puts on its way to Odoo: a release, a call, a note; one stream for each record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from approvals.models import Decision, Request, Round
from cockpit import outbox
from integrations.odoo.push import effects

HANDLER = "odoo.push"
Expected = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Target:
    """The record that is written to; `key` begins the messages' keys, `origin` is whose effects they are."""

    model: str
    odoo_id: int
    company_id: int | None
    key: str
    origin: str


def put_release(target: Target, text: str, expect: Expected, *, at: datetime) -> None:
    _put(target, "release", effects.release(target.model, target.odoo_id, text, expect=expect), at=at)


def put_call(
    target: Target,
    what: str,
    method: str,
    goal: Mapping[str, Any],
    expect: Expected,
    read_back: Sequence[str] = (),
    *,
    at: datetime,
) -> None:
    """One call of Odoo's own method; it is done when the record stands as `goal` says."""
    payload = effects.act(target.model, target.odoo_id, method, goal=goal, expect=expect, read_back=read_back)
    _put(target, what, payload, at=at)


def put_note(target: Target, words: str, *, at: datetime) -> None:
    """Who, for whom, policy version, when, link, under a visible key that is looked for before posting."""
    note = effects.post_note(target.model, target.odoo_id, words, key=target.key)
    _put(target, "note", note, at=at, destination="odoo-notes")


def note_words(request: Request, round_: Round, decisions: Sequence[Decision], key: str) -> str:
    """The note, in plain words. The key in brackets makes it findable."""
    said = "; ".join(_said(decision) for decision in decisions)
    return _("%(said)s. %(policy)s. [%(key)s]") % {"said": said, "policy": request.version, "key": key}


def decisions_of(round_: Round) -> list[Decision]:
    """What counts, in the order in which it was decided."""
    standing = round_.decisions.filter(void_at__isnull=True)
    return list(standing.select_related("person", "effective_person", "snapshot", "step"))


def decided_facts(request: Request, decisions: Sequence[Decision]) -> Mapping[str, Any]:
    """What the last of them saw; where time alone approved it, what the request said."""
    snapshot = decisions[-1].snapshot if decisions else request.snapshot
    assert snapshot is not None
    return snapshot.facts


def _said(decision: Decision) -> str:
    words = {
        Decision.Verdict.APPROVE: _("Approved by %(who)s (%(role)s, %(unit)s) at %(when)s UTC"),
        Decision.Verdict.REJECT: _("Rejected by %(who)s (%(role)s, %(unit)s) at %(when)s UTC: %(note)s"),
    }
    who = str(decision.person)
    if decision.effective_person_id != decision.person_id:
        who = _("%(who)s for %(whom)s") % {"who": who, "whom": decision.effective_person}
    return words[Decision.Verdict(decision.verdict)] % {
        "who": who,
        "role": decision.step.get_role_display(),
        "unit": decision.step.unit,
        "when": formats.date_format(decision.at, "Y-m-d H:i"),
        "note": decision.note,
    }


def _put(target: Target, what: str, payload: effects.Payload, *, at: datetime, destination: str = "odoo") -> None:
    outbox.put(
        HANDLER,
        destination=destination,
        subject=f"{target.model}:{target.odoo_id}",
        payload={**payload, "company_id": target.company_id, "asks_anew": True},
        key=f"{target.key}/{what}",
        at=at,
        origin=target.origin,
    )
