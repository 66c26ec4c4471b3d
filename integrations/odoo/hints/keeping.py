"""Hints as rows: heard, claimed, done with, put off. Every step is one statement, so any process may die anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

WAITING = 500  # records of one model; more of them become one look at the model
AT_ONCE = 200  # records that are read in one call
CLAIMED_FOR = timedelta(minutes=2)  # longer than reading them can take
SECOND_IS_OVER = timedelta(seconds=2)  # a look is a round, and that reads up to the last whole second that is over
LOOK = 0  # instead of a record's id


@dataclass(frozen=True)
class Claimed:
    pk: int
    model: str
    odoo_id: int
    serial: int
    attempt: int


def hear(model: str, odoo_id: int, *, at: datetime) -> bool:
    """Note that the record was saved (LOOK: some of the model); whether a worker should be woken for it.

    One that waits already is the same hint. When more wait than one reads singly, this one becomes a look at the model.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH many AS (SELECT count(*) >= %(limit)s AS are FROM"
            "   (SELECT FROM hints_hint WHERE model = %(model)s LIMIT %(limit)s) AS waiting),"
            " what AS (SELECT CASE WHEN many.are AND NOT EXISTS"
            "   (SELECT FROM hints_hint WHERE model = %(model)s AND odoo_id = %(id)s)"
            "   THEN 0 ELSE %(id)s END AS id FROM many)"
            " INSERT INTO hints_hint AS h (model, odoo_id, serial, heard_at, not_before, attempt)"
            " SELECT %(model)s, what.id, 1, %(at)s, CASE what.id WHEN 0 THEN %(later)s ELSE %(at)s END, 0 FROM what"
            " ON CONFLICT (model, odoo_id) DO UPDATE SET serial = h.serial + 1, heard_at = EXCLUDED.heard_at"
            " RETURNING serial = 1 AND odoo_id <> 0",
            {"model": model, "id": odoo_id, "at": at, "later": at + SECOND_IS_OVER, "limit": WAITING},
        )
        return bool(cursor.fetchone()[0])


def claim(*, at: datetime) -> list[Claimed]:
    """Take the hints of one model that are due, the oldest first: they are nobody else's for a while."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH first AS (SELECT model, odoo_id = 0 AS is_look FROM hints_hint WHERE not_before <= %(at)s"
            "   ORDER BY not_before LIMIT 1 FOR UPDATE SKIP LOCKED),"
            " due AS (SELECT h.id FROM hints_hint h JOIN first ON h.model = first.model"
            "   AND (h.odoo_id = 0) = first.is_look WHERE h.not_before <= %(at)s"
            "   ORDER BY h.not_before LIMIT %(limit)s FOR UPDATE OF h SKIP LOCKED)"
            " UPDATE hints_hint h SET not_before = %(until)s, attempt = attempt + 1 FROM due WHERE h.id = due.id"
            " RETURNING h.id, h.model, h.odoo_id, h.serial, h.attempt",
            {"at": at, "until": at + CLAIMED_FOR, "limit": AT_ONCE},
        )
        return [Claimed(*row) for row in cursor.fetchall()]


def finish(hints: Sequence[Claimed], *, at: datetime) -> None:
    """They were read as of `at`. What was hinted at again since is due again."""
    with connection.cursor() as cursor:
        mine = [[each.pk for each in hints], [each.attempt for each in hints], [each.serial for each in hints]]
        cursor.execute(
            "DELETE FROM hints_hint h USING unnest(%s::bigint[], %s::int[], %s::bigint[]) AS mine(id, attempt, serial)"
            " WHERE h.id = mine.id AND h.attempt = mine.attempt AND h.serial = mine.serial"
            " AND (h.odoo_id <> 0 OR h.heard_at <= %s)",
            [*mine, at - SECOND_IS_OVER],
        )
        cursor.execute(
            "UPDATE hints_hint h SET attempt = 0, not_before = CASE odoo_id WHEN 0 THEN %s ELSE %s::timestamptz END"
            " FROM unnest(%s::bigint[], %s::int[]) AS mine(id, attempt)"
            " WHERE h.id = mine.id AND h.attempt = mine.attempt",
            [at + SECOND_IS_OVER, at, *mine[:2]],
        )


def put_off(hints: Sequence[Claimed], *, until: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE hints_hint h SET not_before = %s FROM unnest(%s::bigint[], %s::int[]) AS mine(id, attempt)"
            " WHERE h.id = mine.id AND h.attempt = mine.attempt",
            [until, [each.pk for each in hints], [each.attempt for each in hints]],
        )
