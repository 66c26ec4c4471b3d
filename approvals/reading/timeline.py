"""The audit trail of a request, in words, newest first; with what Odoo said in between."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.kinds import Kind
from approvals.models import Request, Snooze
from approvals.reading import effects
from cockpit import outbox
from cockpit.accounts.roles import ROLES
from cockpit.audit.models import Entry, PersonRef
from cockpit.pages import words


@dataclass(frozen=True)
class Happening:
    at: datetime
    text: str
    quote: str = ""


def timeline(request: Request, standings: list[outbox.Standing]) -> list[Happening]:
    """Three queries: the entries, who their references stand for, and the comments."""
    entries = list(Entry.objects.filter(subject=request.audit_subject).order_by("-seq"))
    refs = {
        name.removeprefix("person:")
        for entry in entries
        for name in (entry.actor, entry.for_person)
        if name.startswith("person:")
    }
    names = {ref.pk: str(ref) for ref in PersonRef.objects.filter(pk__in=refs)}
    told = [happening for entry in entries if (happening := _told(entry, names))]
    told += [
        Happening(one.at, _("%(who)s commented") % {"who": one.author}, one.text)
        for one in request.comments.select_related("author")
    ]
    return sorted([*told, *_effects(request.kind, standings)], key=lambda one: one.at, reverse=True)


def _told(entry: Entry, names: dict[str, str]) -> Happening | None:
    verb = entry.verb.rpartition(".")[2]
    tell = _WORDS.get(verb)
    if tell is None:
        return None if verb in _SILENT else Happening(entry.at, entry.verb)
    who = names.get(entry.actor.removeprefix("person:"), "")
    text = tell(who, entry.data)
    return Happening(entry.at, text, str(entry.data.get("note", "")) if verb == "decide" else "") if text else None


def _ask(who: str, data: dict[str, Any]) -> str:
    roles = ", ".join(str(ROLES[role].label) if role in ROLES else role for role in data.get("asks", []))
    if data.get("observed"):
        return _("%(policy)s would have asked %(roles)s; it only observes") % {
            "policy": data.get("policy"),
            "roles": roles,
        }
    return _("%(policy)s asked %(roles)s") % {"policy": data.get("policy"), "roles": roles}


def _decide(who: str, data: dict[str, Any]) -> str:
    role = data.get("role", "")
    names = {"who": who, "role": ROLES[role].label if role in ROLES else role}
    if data.get("verdict") == "reject":
        return _("%(who)s rejected it as %(role)s") % names
    return _("%(who)s approved it as %(role)s") % names


def _refresh(who: str, data: dict[str, Any]) -> str:
    void = len(data.get("void", []))
    if void:
        sentence = ngettext(
            "The record changed in Odoo; a decision no longer counts",
            "The record changed in Odoo; %(count)d decisions no longer count",
            void,
        )
        return sentence % {"count": void}
    return _("The record changed in Odoo; what was decided stands")


def _close(who: str, data: dict[str, Any]) -> str:
    reasons = {str(value): label for value, label in Request.Closed.choices}
    return _("Closed without a decision: %(reason)s") % {"reason": reasons.get(str(data.get("note")), data.get("note"))}


def _snooze(who: str, data: dict[str, Any]) -> str:
    if data.get("until") is None:
        return _("%(who)s snoozed it until it changes; its clock went on") % {"who": who}
    until = words.in_full(datetime.fromisoformat(data["until"]))
    return _("%(who)s snoozed it until %(time)s; its clock went on") % {"who": who, "time": until}


def _wake(who: str, data: dict[str, Any]) -> str:
    """Only what the record or the time did is news to others."""
    reasons = {str(value): label for value, label in Snooze.Woke.choices}
    return _("It came back from being snoozed: %(why)s") % {"why": reasons.get(str(data.get("why")), "")}


_SILENT = {"settle", "comment"}  # "approved" and "took effect" say it already; a comment stands there itself
_WORDS: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "ask": _ask,
    "decide": _decide,
    "refresh": _refresh,
    "close": _close,
    "snooze": _snooze,
    "wake": _wake,
    "undo": lambda who, data: _("%(who)s took the decision back") % {"who": who},
    "recall": lambda who, data: _("The decision was called back, for the record had changed"),
    "approve": lambda who, data: _("The approval took effect"),
    "reject": lambda who, data: _("The rejection took effect"),
    "reopen": lambda who, data: _("Asked anew, for the record changed after the decision"),
}


def _effects(kind: Kind, standings: list[outbox.Standing]) -> list[Happening]:
    told = []
    for standing in standings:
        effect, at = effects.effect_of(kind, standing), effects.said_at(standing)
        if standing.kind == "done" and standing.outcome != "refused" and effect and at:
            told.append(Happening(at, _in_sentence(kind, standing)))
        elif standing.kind in effects.FAILED and standing.at:
            told.append(
                Happening(standing.at, _("Odoo refused"), str(standing.result.get("refused") or standing.reason))
            )
    return told


def _in_sentence(kind: Kind, standing: outbox.Standing) -> str:
    effect, at = effects.effect_of(kind, standing), effects.said_at(standing)
    assert effect is not None
    assert at is not None
    return str(effect.done(effects.values_of(standing), words.clock(at, seconds=True)))
