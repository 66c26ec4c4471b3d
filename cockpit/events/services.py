"""Telling what happened."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from psycopg.types.json import Jsonb

from cockpit import outbox
from cockpit.events.catalogue import EVENTS
from cockpit.events.models import Event
from cockpit.outbox.origin import current_origin


class EventError(ValueError):
    """The event cannot be emitted as asked; the message says why."""


def emit(
    name: str,
    *,
    subject: str,
    key: str,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
    origin: str = "",
) -> Event | None:
    """Record that `name` happened to `subject`, in the caller's transaction, and queue its handlers.

    `key` makes it unique: None when it is known already. `payload` has exactly the keys of the catalogue. Handlers get
    the events of one subject in the order of their transactions. `origin` defaults to that of what is being handled.
    """
    _check(name, key, payload or {})
    event = Event(
        name=name, subject=subject, key=key, at=at, payload=dict(payload or {}), origin=origin or current_origin()
    )
    if not _insert(event):
        return None
    handlers = settings.EVENT_HANDLERS.get(name, [])
    messages = [outbox.New(**_message(handler, event.pk), subject=subject) for handler in handlers]
    outbox.put_all("events.handle", messages, at=at, origin=event.origin)
    return event


@dataclass(frozen=True)
class Happening:
    """One event for `emit_all`; without an `origin` of its own it has that of the call."""

    subject: str
    key: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""


def emit_all(name: str, happenings: Iterable[Happening], *, at: datetime, origin: str = "") -> int:
    """Record many events of one name, as `emit` does one, with few statements; how many are new."""
    happenings = list(happenings)
    for each in happenings:
        _check(name, each.key, each.payload)
    origin = origin or current_origin()
    columns = [[each.subject for each in happenings], [each.key for each in happenings]]
    columns.append([json.dumps(dict(each.payload), cls=DjangoJSONEncoder) for each in happenings])
    columns.append([each.origin or origin for each in happenings])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_event (name, subject, key, at, payload, origin)"
            " SELECT %s, subject, key, %s, payload, origin"
            " FROM unnest(%s::text[], %s::text[], %s::jsonb[], %s::text[]) AS new(subject, key, payload, origin)"
            " ON CONFLICT (key) DO NOTHING RETURNING id, subject, origin",
            [name, at, *columns],
        )
        made = cursor.fetchall()
    for handler in settings.EVENT_HANDLERS.get(name, []):
        messages = [outbox.New(**_message(handler, pk), subject=subject, origin=of) for pk, subject, of in made]
        outbox.put_all("events.handle", messages, at=at, origin=origin)
    return len(made)


def _message(handler: str, event: int) -> dict[str, Any]:
    """What tells one handler; a stream per handler: one that is stuck doesn't hold the others."""
    return {
        "destination": f"handler:{handler}",
        "payload": {"event": event, "handler": handler},
        "key": f"event:{event}:{handler}",
    }


def _insert(event: Event) -> bool:
    """Whether it is new; waits for a transaction that holds the same key."""
    columns: list[Any] = [event.name, event.subject, event.key, event.at]
    columns += [Jsonb(event.payload, dumps=lambda value: json.dumps(value, cls=DjangoJSONEncoder)), event.origin]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_event (name, subject, key, at, payload, origin) VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (key) DO NOTHING RETURNING id",
            columns,
        )
        row = cursor.fetchone()
    event.pk = row[0] if row else None
    event._state.adding = False
    return row is not None


def _check(name: str, key: str, payload: Mapping[str, Any]) -> None:
    if not connection.in_atomic_block:
        raise EventError("An event belongs into the transaction of what happened; there is none here.")
    if name not in EVENTS:
        raise EventError(f"No event {name!r} in cockpit/events/catalogue.py; there are {', '.join(sorted(EVENTS))}.")
    if not key:
        raise EventError(f"{name} needs a key: it tells a second emit from a second event.")
    if set(payload) != EVENTS[name].payload:
        raise EventError(f"{name} carries {sorted(EVENTS[name].payload)}; the payload has {sorted(payload)}.")
