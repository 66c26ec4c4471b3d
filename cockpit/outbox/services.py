"""Putting messages, and what a person can do with one that is stuck."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import F
from django.utils.module_loading import import_string
from psycopg.types.json import Jsonb

from cockpit.outbox.models import Message
from cockpit.outbox.nudging import nudge
from cockpit.outbox.origin import current_origin
from cockpit.transitions import advance

MAX_ATTEMPTS = 12
INSERT = """
    INSERT INTO outbox_message (handler, destination, subject, stream, payload, key, origin, state, not_before,
        attempt, spared, max_attempts, created_at, outcome, last_error, result)
    VALUES (%(handler)s, %(destination)s, %(subject)s, %(stream)s, %(payload)s, %(key)s, %(origin)s, 'pending',
        %(not_before)s, 0, 0, %(max_attempts)s, %(at)s, '', '', '{}')
    ON CONFLICT (key) DO NOTHING RETURNING id
"""


INSERT_MANY = """
    INSERT INTO outbox_message (handler, destination, subject, stream, payload, key, origin, state, not_before,
        attempt, spared, max_attempts, created_at, outcome, last_error, result)
    SELECT %(handler)s, destination, subject, stream, payload, key, origin, 'pending',
        %(at)s, 0, 0, %(max_attempts)s, %(at)s, '', '', '{}'
    FROM unnest(%(destination)s::text[], %(subject)s::text[], %(stream)s::text[], %(payload)s::jsonb[],
                %(key)s::text[], %(origin)s::text[]) AS new(destination, subject, stream, payload, key, origin)
    ON CONFLICT (key) DO NOTHING
"""


class OutboxError(ValueError):
    """The message cannot be put, retried or skipped as asked; the message says why."""


@transaction.atomic
def put(
    handler: str,
    *,
    destination: str,
    subject: str,
    payload: dict[str, Any],
    key: str,
    at: datetime,
    origin: str = "",
    not_before: datetime | None = None,
) -> Message:
    """Queue one effect in the caller's transaction; the same `key` again returns the message that is there.

    `handler` is a name in settings.OUTBOX_HANDLERS. Messages with equal `destination` and `subject` form a stream and
    happen in the order in which their transactions commit: the stream's advisory lock is held until then. Whoever puts
    into several streams does so in a fixed order. `origin` defaults to the origin of what is being handled.
    """
    max_attempts = _max_attempts(handler)
    _check(destination, key)
    stream = f"{destination}|{subject}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"outbox:{stream}"])
    columns = {
        "handler": handler,
        "destination": destination,
        "subject": subject,
        "stream": stream,
        "payload": Jsonb(payload, dumps=_dumps),
        "key": key,
        "origin": origin or current_origin(),
        "not_before": not_before or at,
        "max_attempts": max_attempts,
        "at": at,
    }
    if _insert(columns):
        nudge()
    return Message.objects.get(key=key)


@dataclass(frozen=True)
class New:
    """One message for `put_all`; without an `origin` of its own it has that of the call."""

    destination: str
    subject: str
    payload: dict[str, Any]
    key: str
    origin: str = ""


def put_all(handler: str, messages: Iterable[New], *, at: datetime, origin: str = "") -> int:
    """Queue many effects in the caller's transaction with two statements; how many were new. See `put`.

    The streams are locked in the order of their names, and the messages get their ids in that order.
    """
    max_attempts = _max_attempts(handler)
    rows = sorted(((f"{each.destination}|{each.subject}", each) for each in messages), key=lambda row: row[0])
    for _, each in rows:
        _check(each.destination, each.key)
    if not rows:
        return 0
    origin = origin or current_origin()
    columns: dict[str, Any] = {
        "handler": handler,
        "stream": [stream for stream, _ in rows],
        "locks": sorted({f"outbox:{stream}" for stream, _ in rows}),
        "payload": [_dumps(each.payload) for _, each in rows],
        "origin": [each.origin or origin for _, each in rows],
        "max_attempts": max_attempts,
        "at": at,
        **{name: [getattr(each, name) for _, each in rows] for name in ("destination", "subject", "key")},
    }
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(s, 0)) FROM unnest(%(locks)s::text[]) s", columns)
        cursor.execute(INSERT_MANY, columns)
        made = cursor.rowcount
        if made:
            nudge()
    return made


def retry(message: Message, *, actor: Any, at: datetime) -> None:
    """Let a dead letter be tried again, with all its attempts. Raises TransitionError when it isn't dead."""
    advance(message, "retry", actor=actor, at=at, not_before=at, spared=F("attempt"), outcome="")
    nudge()


@transaction.atomic
def skip(message: Message, *, actor: Any, at: datetime, reason: str) -> None:
    """Give a message up, so that its stream goes on. A worker that still runs it is ignored when it answers."""
    if not reason.strip():
        raise OutboxError("Say why the message is skipped: others will ask.")
    advance(message, "skip", actor=actor, at=at, words={"reason": reason}, last_error=reason)
    if message.dead_at:
        tell(settings.OUTBOX_ON_CLEAR, message, at=at, reason=reason)
    nudge()


def tell(dotted: str, message: Message, **facts: Any) -> None:
    """Call the floor above by its name in settings, in the caller's transaction."""
    import_string(dotted)(message, **facts)


def _insert(columns: dict[str, Any]) -> bool:
    """Whether a row was made; False when the key is taken, also by a transaction that committed a moment ago."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, columns)
        return cursor.fetchone() is not None


def _max_attempts(handler: str) -> int:
    wiring = settings.OUTBOX_HANDLERS.get(handler)
    if wiring is None:
        raise OutboxError(f"No outbox handler {handler!r}; there are {', '.join(sorted(settings.OUTBOX_HANDLERS))}.")
    return wiring.get("max_attempts", MAX_ATTEMPTS)


def _check(destination: str, key: str) -> None:
    if not (destination and key) or "|" in destination:
        raise OutboxError(f"A message needs a key and a destination without '|'; got {key!r} for {destination!r}.")


def _dumps(payload: Any) -> str:
    return json.dumps(payload, cls=DjangoJSONEncoder)
