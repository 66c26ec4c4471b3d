"""The audit trail of a case in words, newest first, with what became of its messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cockpit import audit, outbox
from cockpit.audit.models import Entry, PersonRef
from cockpit.exception_queue import closing
from cockpit.exception_queue.models import Case
from cockpit.transitions import subject_of


@dataclass(frozen=True)
class Happening:
    at: datetime
    text: str
    quote: str = ""


def read(case: Case, standings: list[outbox.Standing]) -> list[Happening]:
    """Three queries: the entries, who their references stand for, and what people wrote."""
    entries = list(Entry.objects.filter(subject=subject_of(case)).order_by("-seq")[:200])
    refs = {entry.actor.removeprefix("person:") for entry in entries if entry.actor.startswith("person:")}
    names = {ref.pk: str(ref) for ref in PersonRef.objects.filter(pk__in=refs)}
    said = audit.spoken(entries)
    told = [_told(entry, said[entry.pk], names.get(entry.actor.removeprefix("person:"), "")) for entry in entries]
    sent = [Happening(one.at, _("Message to Odoo: %(state)s") % {"state": one.words}) for one in standings if one.at]
    return sorted([*told, *sent], key=lambda one: one.at, reverse=True)


def _told(entry: Entry, said: dict[str, str], who: str) -> Happening:
    verb = entry.verb.rpartition(".")[2]
    plain = entry.data.get("note")  # of older entries, and the program's own
    quote = said.get("note") or (plain if isinstance(plain, str) else "")
    if not who:
        return Happening(entry.at, _by_itself(verb, entry.data), "")
    if verb in ("give_back", "wake", "separate", "reopen", "disown") and quote in ("undo", ""):
        return Happening(entry.at, _taken_back(verb, quote) % {"who": who})
    sentences = {
        "acknowledge": _("%(who)s acknowledged the case"),
        "own": _("%(who)s took it over"),
        "snooze": _("%(who)s snoozed it"),
        "ignore": _("%(who)s ignored it"),
        "mark_duplicate": _("%(who)s marked it as a duplicate"),
        "resolve": _("%(who)s marked it as resolved"),
        "remind": _("%(who)s sent a reminder"),
        "remind_back": _("%(who)s took the reminder back"),
        "retry": _("%(who)s had it tried again"),
        "skip": _("%(who)s skipped the write"),
        "resync": _("%(who)s asked for it to be read again"),
        "erase": _("Somebody was erased from what was said"),
    }
    return Happening(entry.at, sentences.get(verb, "%(who)s: " + verb) % {"who": who}, quote)


def _taken_back(verb: str, quote: str) -> str:
    if quote == "undo" or verb == "disown":
        return _("%(who)s took that back")
    return _("%(who)s opened it again")


def _by_itself(verb: str, data: dict[str, Any]) -> str:
    because = (data.get("changes") or {}).get("closed_because") or ""
    sentences = {
        "open": _("Opened by its rule"),
        "reopen": _("It came back, and was opened again"),
        "wake": _("It got worse, and woke") if data.get("note") == "worse" else _("It woke: its time was over"),
        "resolve": _("Resolved by itself: %(because)s") % {"because": closing.said(because)},
        "erase": _("Somebody was erased from what was said"),
    }
    return sentences.get(verb, verb)
