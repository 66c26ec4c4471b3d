"""The rows that one decision writes until it has taken effect, by bare SQL in one transaction, keys known before."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

# What both must write as often: table → whether rows are added to it.
ADDED = ("approvals_decision", "approvals_participant", "audit_entry", "audit_head", "time_segment", "events_event",
         "outbox_message")  # fmt: skip


class Waiting(NamedTuple):
    """An open request with one step, and the keys of what hangs on it."""

    request: int
    round: int
    step: int
    snapshot: int
    clock: int
    segment: int
    whole: int
    whole_segment: int
    version: int
    whole_version: int


WAITING = """
    SELECT q.id, r.id, s.id, q.snapshot_id, c.id, g.id, w.id, h.id, g.calendar_version_id, h.calendar_version_id
    FROM approvals_request q
    JOIN approvals_round r ON r.request_id = q.id JOIN approvals_step s ON s.round_id = r.id
    JOIN time_clock c ON c.subject = 'approvals.step:' || s.id JOIN time_segment g ON g.clock_id = c.id
    JOIN time_clock w ON w.subject = 'approvals.request:' || q.id JOIN time_segment h ON h.clock_id = w.id
    WHERE q.kind = 'invoice_release' AND q.state = 'pending' AND q.asks && %s ORDER BY q.id
"""


def waiting(connection: Any, asks: list[str]) -> list[Waiting]:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [asks])
        return [Waiting(*row) for row in cursor.fetchall()]


def decide(connection: psycopg.Connection, one: Waiting, person: int, handlers: list[str], at: datetime) -> None:
    """Everything in the order in which the cockpit writes it, each row once for deciding and once for settling."""
    by = f"person:{'0' * 32}"
    subject, ends = f"approvals.request:{one.request}", at + timedelta(seconds=20)
    with connection.transaction(), connection.cursor() as cursor:
        run = cursor.execute
        run("SELECT id FROM approvals_request WHERE id = %s FOR UPDATE", [one.request])
        run(
            "INSERT INTO approvals_decision (step_id, round_id, person_id, effective_person_id, verdict, note,"
            " snapshot_id, at, void_reason) VALUES (%s, %s, %s, %s, 'approve', '', %s, %s, '')",
            [one.step, one.round, person, person, one.snapshot, at],
        )
        run(
            "INSERT INTO approvals_participant (request_id, person_id, part) VALUES (%s, %s, 'decided')",
            [one.request, person],
        )
        run("INSERT INTO audit_head (subject, seq, hash) VALUES (%s, 3, %s)", [subject, "0" * 64])
        for seq, verb, data in (
            (1, "decide", {"step": one.step, "role": "finance", "verdict": "approve", "note": ""}),
            (2, "settle", {"from": "pending", "to": "settling", "settles_at": str(ends)}),
        ):
            _entry(run, subject, seq, verb, by, at, data)
        for clock, segment, version in (
            (one.clock, one.segment, one.version), (one.whole, one.whole_segment, one.whole_version),
        ):  # fmt: skip
            run("UPDATE time_segment SET end_at = %s, worked = '1 s' WHERE id = %s", [ends, segment])
            run(
                "INSERT INTO time_segment (clock_id, start_at, kind, cause, calendar_version_id)"
                " VALUES (%s, %s, 'paused', 'decided, can be undone', %s)",
                [clock, ends, version],
            )
            run(
                "UPDATE time_clock SET state = 'paused', spent = '1 s', due_at = NULL, next_at = NULL WHERE id = %s",
                [clock],
            )
        run("UPDATE approvals_step SET state = 'approved', closed_at = %s WHERE id = %s", [at, one.step])
        run(
            "UPDATE approvals_request SET state = 'settling', settles_at = %s, outcome = 'approved', due_at = NULL,"
            " asks = '{}' WHERE id = %s AND state = 'pending'",
            [ends, one.request],
        )
        run(
            "UPDATE approvals_request SET state = 'approved', closed_at = %s WHERE id = %s AND state = 'settling'",
            [ends, one.request],
        )
        _entry(run, subject, 3, "approve", "system:settle", ends, {"from": "settling", "to": "approved"})
        for clock in (one.clock, one.whole):
            run(
                "UPDATE time_segment SET end_at = %s, worked = '0 s' WHERE clock_id = %s AND end_at IS NULL",
                [ends, clock],
            )
            run("UPDATE time_clock SET state = 'stopped', stopped_at = %s WHERE id = %s", [ends, clock])
        run("UPDATE approvals_round SET closed_at = %s WHERE id = %s", [ends, one.round])
        payload = json.dumps({"request": one.request, "round": one.round, "outcome": "approved"})
        run(
            "INSERT INTO events_event (name, subject, key, at, payload, origin)"
            " VALUES ('approvals.decided', %s, %s, %s, %s, %s) RETURNING id",
            [subject, f"R-{one.request}/1", ends, payload, subject],
        )
        event = cursor.fetchone()[0]  # type: ignore[index]
        for handler in handlers:
            run(
                "INSERT INTO outbox_message (handler, destination, subject, stream, payload, key, origin, state,"
                " not_before, attempt, spared, max_attempts, created_at, outcome, last_error, result)"
                " VALUES ('events.handle', %s, %s, %s, %s, %s, %s, 'pending', %s, 0, 0, 12, %s, '', '', '{}')",
                [f"handler:{handler}", subject, f"handler:{handler}|{subject}",
                 json.dumps({"event": event, "handler": handler}), f"event:{event}:{handler}", subject, ends, ends],
            )  # fmt: skip


def _entry(run: Any, subject: str, seq: int, verb: str, by: str, at: datetime, data: dict) -> None:
    run(
        "INSERT INTO audit_entry (subject, seq, verb, actor, for_person, at, data, prev_hash, hash)"
        " VALUES (%s, %s, %s, %s, '', %s, %s, %s, %s)",
        [subject, seq, f"approvals.request.{verb}", by, at, json.dumps(data), "0" * 64, "0" * 64],
    )


def counted(connection: Any) -> dict[str, int]:
    """How many rows each of the tables holds."""
    with connection.cursor() as cursor:
        found = {}
        for table in ADDED:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found[table] = cursor.fetchone()[0]
    return found
