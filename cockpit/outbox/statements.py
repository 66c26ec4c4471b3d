"""Claiming and completing, each as one statement: a message costs PostgreSQL two answers, however it went."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from cockpit.outbox.models import Message

# Heads of streams that are due, longest first: one walk along a partial index, one look into another for each. Without
# `resting` nothing is claimed while any destination is away: who may go there is decided by the breaker.
TAKE = """
WITH due AS (
    SELECT m.id FROM outbox_message m
    WHERE m.state = 'pending' AND m.not_before <= %(at)s
        AND m.id = (SELECT u.id FROM outbox_message u WHERE u.stream = m.stream AND u.state IN ('pending', 'dead')
                    ORDER BY u.id LIMIT 1)
        AND CASE WHEN %(resting)s::text[] IS NULL
            THEN NOT EXISTS (SELECT FROM outbox_destination WHERE breaker <> 'closed')
            ELSE m.destination <> ALL (%(resting)s::text[]) END
    ORDER BY m.not_before, m.id LIMIT 1 FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE outbox_message m SET attempt = attempt + 1, not_before = %(at)s + make_interval(
        secs => COALESCE((%(timeouts)s::jsonb ->> m.handler)::float, %(timeout)s) + %(grace)s)
    FROM due WHERE m.id = due.id RETURNING m.*
), lost AS (
    UPDATE outbox_attempt a SET outcome = 'lost', finished_at = %(at)s FROM taken
    WHERE a.message_id = taken.id AND a.number = taken.attempt - 1 AND a.outcome = ''
), begun AS (
    INSERT INTO outbox_attempt (message_id, number, started_at, outcome, error)
    SELECT id, attempt, %(at)s, '', '' FROM taken
)
SELECT * FROM taken
"""

# Somebody is there again, whatever the answer was.
ANSWERED = """
UPDATE outbox_destination SET breaker = 'closed', failures = 0, opened_at = NULL, next_probe_at = NULL,
    probe_message_id = NULL, last_error = ''
WHERE name = %(destination)s AND failures > 0
"""

COMPLETE = f"""
WITH done AS (
    UPDATE outbox_message SET state = 'done', done_at = %(at)s, outcome = %(outcome)s, result = %(result)s::jsonb,
        last_error = ''
    WHERE id = %(id)s AND state = 'pending' AND attempt = %(attempt)s RETURNING id
), ended AS (
    UPDATE outbox_attempt SET finished_at = %(at)s, error = '',
        outcome = CASE WHEN EXISTS (SELECT FROM done) THEN %(outcome)s ELSE 'late' END
    WHERE message_id = %(id)s AND number = %(attempt)s
), there AS (
    {ANSWERED}
)
SELECT count(*) FROM done
"""  # noqa: S608 - constants of this module, values as parameters


def take(
    at: datetime, resting: Collection[str] | None, *, timeouts: Mapping[str, float], timeout: float, grace: float
) -> Message | None:
    """The message that is claimed by this: nobody else gets it until its handler's time-out plus `grace` seconds.

    `resting`: destinations to leave alone; None: claim only while every destination answers.
    """
    given = None if resting is None else list(resting)
    values = {"at": at, "resting": given, "timeouts": json.dumps(timeouts), "timeout": timeout, "grace": grace}
    return next(iter(Message.objects.raw(TAKE, values)), None)


def complete(message: Message, *, at: datetime, outcome: str, result: dict[str, Any]) -> bool:
    """Whether the claim still held, and the message is done now; its try is closed either way, and its destination
    answers (`breaker.answered`)."""
    text = json.dumps(result, cls=DjangoJSONEncoder)
    values: dict[str, Any] = {
        "id": message.pk, "attempt": message.attempt, "at": at, "destination": message.destination,
        "outcome": outcome, "result": text,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(COMPLETE, values)
        [count] = cursor.fetchone()
    return bool(count)
