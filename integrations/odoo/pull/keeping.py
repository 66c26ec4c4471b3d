"""Runs and cursors: what a round writes down about itself, so that any end of it can be told and resumed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F, Q

from integrations.mirror.models import Cursor, PullRun, PullStatus

from .maps import FittedMap
from .window import Reached, Window, next_window

LOCK = "odoo pull"
QUIET_KEPT = timedelta(days=1)
KEPT = timedelta(days=30)


@contextmanager
def the_only_round() -> Iterator[bool]:
    """Whether this process may pull now. PostgreSQL gives the lock back when the process or its connection dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [LOCK])
        mine = cursor.fetchone()[0]
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [LOCK])


def is_round_under_way() -> bool:
    """Whether a living process pulls; a run that says so may be of one that is dead."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
            "   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            "   AND (classid::bigint << 32) | objid::bigint = hashtextextended(%s, 0))",
            [LOCK],
        )
        return bool(cursor.fetchone()[0])


def close_dead_runs(*, at: datetime) -> int:
    """Mark runs whose process is gone (only the holder of the lock may ask); how many there were."""
    return PullRun.objects.filter(status=PullStatus.RUNNING).update(
        status=PullStatus.INTERRUPTED,
        ended_at=at,
        sentence="The process ended before its run did. What was read is kept; the next run goes on from there.",
    )


def forget_old_runs(*, at: datetime) -> None:
    """Keep a day of runs that found nothing and thirty days of the others."""
    quiet = Q(status=PullStatus.DONE, read=F("unchanged"), deleted=0, started_at__lt=at - QUIET_KEPT)
    PullRun.objects.filter(quiet | Q(started_at__lt=at - KEPT)).delete()


def open_window(cursor: Cursor, fitted: FittedMap, end: datetime, *, whole: bool) -> Window:
    """The window that is still open, else the next one; everything anew when the map has changed or `whole` asks.

    It is written down with its first page: until then nothing is lost by opening another.
    """
    if whole or cursor.map_digest != fitted.digest:
        window = Window(None, end, wide=True)
    elif cursor.window_to is not None:
        return Window(cursor.window_from, cursor.window_to, cursor.window_wide, cursor.last_id)
    else:
        window = next_window(Reached(cursor.done_to, cursor.wide_to), end)
    cursor.map_digest = fitted.digest
    return window


def advance_cursor(cursor: Cursor, window: Window, *, is_last: bool) -> None:
    """Note a page in the caller's transaction: its last id, or the window's end once it was the last page."""
    if is_last:
        cursor.done_to = window.end
        cursor.wide_to = window.end if window.wide else cursor.wide_to
        cursor.window_from, cursor.window_to, cursor.window_wide, cursor.last_id = None, None, False, 0
    else:
        cursor.window_from, cursor.window_to = window.start, window.end
        cursor.window_wide, cursor.last_id = window.wide, window.last_id
    cursor.save()


def end_run(run: PullRun, status: PullStatus, *, at: datetime, ended_at: datetime, sentence: str = "") -> PullRun:
    """Write down how a run of one model ended, on the run and on its model's cursor (for the freshness line)."""
    run.status, run.ended_at, run.sentence = status, ended_at, sentence
    seconds = (ended_at - run.started_at).total_seconds()
    run.rate = run.read / seconds if run.read and seconds > 0 else None
    run.save()
    said: dict[str, object] = {"status": status, "sentence": sentence}
    if status == PullStatus.DONE:
        said["fresh_at"] = at
    if run.kind == PullRun.Kind.CHANGES:
        Cursor.objects.filter(model=run.model).update(**said)
    return run
