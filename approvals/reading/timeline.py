"""The audit trail of a request, in words, newest first; with what Odoo said in between."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from approvals.kinds import Kind
from approvals.models import Decision, Question, Request, Snapshot, Snooze
from approvals.reading import effects
from approvals.reading.changed import Difference, between
from cockpit import audit, outbox
from cockpit.accounts.roles import ROLES
from cockpit.audit.models import Entry, PersonRef
from cockpit.pages import words


@dataclass(frozen=True)
class Happening:
    at: datetime
    text: str
    quote: str = ""
    moved: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Story:
    """What a request's entries are told from."""

    request: Request
    snapshots: Sequence[Snapshot]
    names: dict[str, str]  # of whom the entries refer to
    questions: dict[int, Question]
    spoken: dict[int, dict[str, str]]  # what people wrote, by entry

    def name(self, reference: str) -> str:
        return self.names.get(reference.removeprefix("person:"), "")

    @cached_property
    def decisions(self) -> list[Decision]:
        return list(Decision.objects.filter(round__request=self.request).select_related("round"))

    def stood(self, at: datetime) -> bool:
        """Was there a decision that counted before this moment and after it?"""
        return any(
            one.at < at
            and (one.void_at is None or one.void_at > at)
            and (one.round.closed_at is None or one.round.closed_at > at)
            for one in self.decisions
        )

    def differences(self, entry: Entry) -> tuple[Difference, ...]:
        """Between the snapshot that this entry took and the one before it."""
        for before, after in pairwise(self.snapshots):
            if after.taken_at == entry.at and after.hash == entry.data.get("snapshot"):
                return tuple(between(self.request.kind, before.facts, after.facts))
        return ()


def timeline(request: Request, standings: list[outbox.Standing], snapshots: Sequence[Snapshot]) -> list[Happening]:
    """Three queries: the entries, whom they name, the comments; one more each for questions, words, changed records."""
    entries = list(Entry.objects.filter(subject=request.audit_subject).order_by("-seq"))
    refs = {name.removeprefix("person:") for entry in entries for name in _named(entry) if name.startswith("person:")}
    names = {ref.pk: str(ref) for ref in PersonRef.objects.filter(pk__in=refs)}
    asked = {pk for entry in entries if (pk := entry.data.get("question"))}
    questions = Question.objects.in_bulk(asked) if asked else {}
    story = Story(request, snapshots, names, questions, audit.spoken(entries))
    told = [happening for entry in entries if (happening := _told(entry, story))]
    told += [
        Happening(one.at, _("%(who)s commented") % {"who": one.author}, one.text)
        for one in request.comments.select_related("author")
    ]
    return sorted([*told, *_effects(request.kind, standings)], key=lambda one: one.at, reverse=True)


def _named(entry: Entry) -> Iterable[str]:
    """Every reference to a person in it."""
    return [entry.actor, entry.for_person, *(str(entry.data.get(name, "")) for name in WHOM)]


def _told(entry: Entry, story: Story) -> Happening | None:
    verb = entry.verb.rpartition(".")[2]
    if verb == "refresh":
        return Happening(entry.at, _refresh(entry, story), moved=story.differences(entry))
    if verb in _MOVES:
        return _move(verb, entry, story)
    tell = _WORDS.get(verb)
    if tell is None:
        return None if verb in _SILENT else Happening(entry.at, entry.verb)
    who = story.name(entry.actor)
    text = tell(who, entry.data)
    return Happening(entry.at, text, _quote(entry, story, "note") if verb == "decide" else "") if text else None


def _quote(entry: Entry, story: Story, *keys: str) -> str:
    """What was written, also where an older entry holds it itself."""
    said = story.spoken.get(entry.pk, {})
    plain = {key: entry.data.get(key) for key in keys}
    return next((text for key in keys if (text := said.get(key) or plain[key]) and isinstance(text, str)), "")


def _move(verb: str, entry: Entry, story: Story) -> Happening:
    """Who did what with whom, with the reason or the question as a quote."""
    whom = next((str(entry.data[name]) for name in WHOM if entry.data.get(name)), "")
    names = {"who": story.name(entry.actor), "whom": story.name(whom)}
    question = story.questions.get(entry.data.get("question", 0))
    said = {"ask_back": question.text, "answer": question.answer} if question else {}
    quote = said.get(verb) or _quote(entry, story, "reason", "note")
    words_for = _AGREED if verb == "answer" and entry.data.get("accepted") is not None else _MOVES
    key = "yes" if entry.data.get("accepted") else "no"
    return Happening(entry.at, str(words_for[verb if words_for is _MOVES else key]) % names, quote)


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


def _refresh(entry: Entry, story: Story) -> str:
    void = len(entry.data.get("void", []))
    if void:
        sentence = ngettext(
            "The record changed in Odoo; a decision no longer counts",
            "The record changed in Odoo; %(count)d decisions no longer count",
            void,
        )
        return sentence % {"count": void}
    if story.stood(entry.at):
        return _("The record changed in Odoo; what was decided stands")
    return _("The record changed in Odoo; nothing was decided yet")


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


WHOM = ("to", "of", "asked", "for")  # the keys of an entry's data that name a person
_MOVES = {
    "ask_back": gettext_lazy("%(who)s asked %(whom)s"),
    "answer": gettext_lazy("%(who)s answered"),
    "take_back": gettext_lazy("%(who)s took the question back"),
    "claim": gettext_lazy("%(who)s took it on"),
    "release": gettext_lazy("%(who)s gave it back"),
    "hand_on": gettext_lazy("%(who)s lets %(whom)s decide it for them"),
    "reassign": gettext_lazy("%(who)s passed it on to %(whom)s"),
    "add_approver": gettext_lazy("%(who)s asked %(whom)s to agree as well"),
    "consult": gettext_lazy("%(who)s asked %(whom)s for their view"),
    "withdraw": gettext_lazy("%(who)s withdrew it"),
}
_AGREED = {
    "yes": gettext_lazy("%(who)s agreed to the change that was proposed"),
    "no": gettext_lazy("%(who)s did not agree to the change that was proposed"),
}
_SILENT = {"settle", "comment", "by_mail"}  # "approved" and "took effect" say it already; a comment stands there itself
_WORDS: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "ask": _ask,
    "decide": _decide,
    "close": _close,
    "snooze": _snooze,
    "wake": _wake,
    "undo": lambda who, data: _("%(who)s took the decision back") % {"who": who},
    "recall": lambda who, data: _("The decision was called back, for the record had changed"),
    "approve": lambda who, data: _("The approval took effect"),
    "reject": lambda who, data: _("The rejection took effect"),
    "reopen": lambda who, data: _("Asked anew, for the record changed after the decision"),
    "purge": lambda who, data: _("What was said was removed, for its time was over"),
    "erase": lambda who, data: _("Somebody was erased from what was said"),
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
