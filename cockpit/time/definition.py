"""A calendar's canonical definition: plain JSON that is frozen, hashed and compiled. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cockpit.time.calendar import Closure, Hours, WorkingTime

Definition = dict[str, Any]


def define(
    zone: str, hours: Iterable[Hours], holidays: Iterable[Closure] = (), absences: Iterable[Closure] = ()
) -> Definition:
    """`{"zone", "hours": [[weekday, from, to]], "holidays": [[start, end, name]], "absences": [[start, end]]}`, sorted.

    Times are ISO texts in UTC. Equal calendars give equal definitions; the reason of an absence is never kept.
    """
    return {
        "zone": zone,
        "hours": sorted([each.weekday, each.from_minute, each.to_minute] for each in hours),
        "holidays": sorted([_text(each.start), _text(each.end), each.name] for each in holidays),
        "absences": sorted([_text(each.start), _text(each.end)] for each in absences),
    }


def digest_of(definition: Definition) -> str:
    """SHA-256 of the canonical text, in hex."""
    return hashlib.sha256(_canonical(definition).encode()).hexdigest()


def compiled(definition: Definition) -> WorkingTime:
    """Its working time; compiled once per process and content, so a version is never stale. Raises CalendarError."""
    base = _base(_canonical({**definition, "absences": []}))
    absences = definition["absences"]
    return _personal(_canonical(definition)) if absences else base


def compiled_as(digest: str, definition: Callable[[], Definition]) -> WorkingTime:
    """The same, by the digest of a definition that need not even be read when it was compiled before."""
    known = _by_digest.get(digest)
    if known is None:
        known = compiled(definition())
        if len(_by_digest) >= KEPT:
            _by_digest.clear()
        _by_digest[digest] = known
    return known


KEPT = 8192
_by_digest: dict[str, WorkingTime] = {}


@lru_cache(maxsize=512)
def _base(text: str) -> WorkingTime:
    definition = json.loads(text)
    holidays = (Closure(_moment(start), _moment(end), name) for start, end, name in definition["holidays"])
    return WorkingTime(definition["zone"], (Hours(*each) for each in definition["hours"]), holidays)


@lru_cache(maxsize=8192)
def _personal(text: str) -> WorkingTime:
    definition = json.loads(text)
    base = _base(_canonical({**definition, "absences": []}))
    return base.absent(Closure(_moment(start), _moment(end)) for start, end in definition["absences"])


def _canonical(definition: Definition) -> str:
    return json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
