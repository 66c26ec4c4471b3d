"""Entries of the trail as rows: found by subject, person, verb and time, the newest first."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode

from cockpit.accounts.models import User
from cockpit.audit import spoken
from cockpit.audit.checking import Checked, last_check
from cockpit.audit.models import Entry, PersonRef
from cockpit.audit.words import MARK
from cockpit.trail.scope import visible_to

PAGE = 50
DIGEST = re.compile(r"[0-9a-f]{64}")  # of which the beginning tells one from another
USUAL = timedelta(days=31)  # back from today, unless the address says otherwise or names a subject
LATELY = 2000  # entries whose verbs are offered


@dataclass(frozen=True)
class Asked:
    """What the address asks for. `after`: the last row of the page before, as "microseconds.id"."""

    about: str = ""
    who: str = ""
    verb: str = ""
    since: date | None = None
    until: date | None = None
    after: str = ""

    @classmethod
    def read(cls, given: QueryDict) -> Asked:
        """What makes no sense is left out."""
        texts = {name: given.get(name, "").strip()[:200].replace("\x00", "") for name in ("about", "who", "verb")}
        return cls(**texts, since=_day(given, "since"), until=_day(given, "until"), after=given.get("after", "")[:60])

    @property
    def query(self) -> str:
        said = {name: value for name, value in vars(self).items() if value}
        return f"?{urlencode(said)}" if said else "?"

    @property
    def subject(self) -> str:
        """ "approvals.request:12" of "R-12" or of itself; empty where nothing so exact was asked for."""
        for kind, address in settings.SUBJECT_URLS.items():
            prefix = address.rstrip("/").rpartition("/")[2].removesuffix("{}")  # "R-"
            number = self.about.upper().removeprefix(prefix)
            if self.about.upper().startswith(prefix) and number.isdigit():
                return f"{kind}:{int(number)}"
        return self.about if ":" in self.about else ""


@dataclass(frozen=True)
class Said:
    key: str
    text: str


@dataclass(frozen=True)
class Row:
    entry: Entry
    who: str
    for_whom: str
    about: str
    url: str
    said: tuple[Said, ...]


@dataclass(frozen=True)
class Found:
    asked: Asked
    rows: list[Row]
    more: str  # the query of the next page; empty: there is none
    verbs: list[str]
    since: date | None  # from when on was looked
    checked: Checked | None  # the last check of the whole trail

    @property
    def key(self) -> str:
        """Of the packet that can be taken along: "R-12"; empty for what has none."""
        name = called(self.asked.subject) if self.asked.subject else ""
        return name if name.partition("-")[0] in settings.AUDIT_PACKETS else ""


def read(user: User, asked: Asked, *, at: datetime) -> Found:
    """One page; a fixed number of queries."""
    since = asked.since or (None if asked.subject else timezone.localdate(at) - USUAL)
    entries = visible_to(user).filter(_wanted(asked, since)).order_by("-at", "-pk")
    page = list(entries.filter(_after(asked.after))[: PAGE + 1])
    shown = page[:PAGE]
    more = replace(asked, after=_cursor(shown[-1])).query if len(page) > PAGE else ""
    lately = visible_to(user).order_by("-pk").values_list("verb", flat=True)[:LATELY]
    return Found(asked, _rows(shown), more, sorted(set(lately)), since, last_check())


def called(subject: str) -> str:
    """ "R-12" of "approvals.request:12"; other subjects as they are."""
    kind, _sep, key = subject.partition(":")
    address = settings.SUBJECT_URLS.get(kind, "")
    return address.format(key).rstrip("/").rpartition("/")[2] if address else subject


def _wanted(asked: Asked, since: date | None) -> Q:
    wanted = Q()
    if asked.subject:
        wanted &= Q(subject=asked.subject)
    elif asked.about:
        wanted &= Q(subject__icontains=asked.about)
    if asked.verb:
        wanted &= Q(verb__icontains=asked.verb)
    if asked.who:
        refs = PersonRef.objects.filter(display_name__icontains=asked.who).values_list("pk", flat=True)
        names = [f"person:{ref}" for ref in refs]
        wanted &= Q(actor__in=names) | Q(for_person__in=names) | Q(actor=asked.who)
    if since:
        wanted &= Q(at__gte=_midnight(since))
    if asked.until:
        wanted &= Q(at__lt=_midnight(asked.until + timedelta(days=1)))
    return wanted


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _day(given: QueryDict, name: str) -> date | None:
    try:
        found = parse_date(given.get(name, ""))
    except ValueError:
        return None
    return found if found and 1970 <= found.year <= 9998 else None


def _cursor(entry: Entry) -> str:
    return f"{int(entry.at.timestamp())}.{entry.at.microsecond}.{entry.pk}"


def _after(cursor: str) -> Q:
    parts = cursor.split(".")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 16 for part in parts):
        return Q()
    seconds, micros, pk = map(int, parts)
    try:
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
    except (ValueError, OverflowError, OSError):
        return Q()
    return Q(at__lt=at) | Q(at=at, pk__lt=pk)


def _rows(entries: Sequence[Entry]) -> list[Row]:
    said = spoken(entries)
    text = json.dumps([[entry.actor, entry.for_person, entry.data] for entry in entries])
    refs = {part[:32] for part in text.split("person:")[1:]}
    names = {f"person:{ref.pk}": str(ref) for ref in PersonRef.objects.filter(pk__in=refs)}
    return [_row(entry, said[entry.pk], names) for entry in entries]


def _row(entry: Entry, words: Mapping[str, str], names: Mapping[str, str]) -> Row:
    kind, _sep, key = entry.subject.partition(":")
    url = settings.SUBJECT_URLS.get(kind, "").format(key)
    told = tuple(Said(name, _told(name, value, words, names)) for name, value in entry.data.items())
    shown = tuple(one for one in told if one.text)
    who, for_whom = names.get(entry.actor, entry.actor), names.get(entry.for_person, entry.for_person)
    return Row(entry, who, for_whom, called(entry.subject), url, shown)


def _told(name: str, value: Any, words: Mapping[str, str], names: Mapping[str, str]) -> str:
    if isinstance(value, dict) and set(value) == {MARK}:
        return words.get(name, "") or "[…]"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_told(key, one, {}, names)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_told(name, one, {}, names) for one in value)
    text = "" if value is None else str(value)
    return f"{text[:12]}…" if DIGEST.fullmatch(text) else names.get(text, text)
