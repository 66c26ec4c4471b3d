"""Telling what changed, from the marks that were written with the rows: a mark goes only together with its event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from psycopg import sql

from cockpit.events import Happening, emit, emit_all
from cockpit.time.services import recalendar
from integrations.mirror.models import Cursor, Dirty, PullRun, PullStatus
from integrations.odoo import directory

from .catalogue import AGGREGATES, DIRECTORY, INVOICE, LOADED, MAPS, TOLD
from .maps import Map

AT_ONCE = 500


def tell(runs: Sequence[PullRun], *, at: datetime) -> None:
    """After the last model of a round is committed: project people, then emit an event for what changed.

    Marks wait for a round in which all parts of an aggregate were read: a header never comes without its lines.
    """
    if Dirty.objects.filter(reason=DIRECTORY).exists():
        with transaction.atomic():
            Dirty.objects.filter(reason=DIRECTORY).delete()
            changed = directory.bring_in_line(at=at)
        if changed:
            recalendar(at=at)  # commits in batches, so outside; should it not come to that, a sweep does it
    done = {run.model for run in runs if run.kind == PullRun.Kind.CHANGES and run.status == PullStatus.DONE}
    for reason, record, lines in TOLD:
        while _is_whole(record, done) and _tell_marked(reason, record, lines, at=at):
            pass
    if not _is_whole(INVOICE, done):
        return
    failed = {run.model for run in runs} - done
    if Dirty.objects.filter(reason=LOADED).exists() and _everything_was_read(failed):
        _tell_loaded(at=at)


def tell_records(model: str, ids: Sequence[int], *, at: datetime) -> None:
    """Tell what changed of these records, read just now with all their parts, in the caller's transaction."""
    for reason, record, lines in TOLD:
        if record.odoo_model == model and ids:
            _tell_marked(reason, record, lines, at=at, ids=ids)


def _is_whole(record: Map, done: set[str]) -> bool:
    """Whether all that the record means something with was read in this round."""
    whole: frozenset[str] = next(
        (one for one in AGGREGATES if record.odoo_model in one), frozenset([record.odoo_model])
    )
    return whole <= done


@transaction.atomic
def _tell_marked(
    reason: str, record: Map, lines: Map | None, *, at: datetime, ids: Sequence[int] | None = None
) -> bool:
    """Emit for the first marks (those of `ids`) and take them away; whether there may be more.

    The key holds the versions of the header and (as their sum) of all its lines, so it is new whenever one changed.
    """
    of_lines: sql.Composable = sql.SQL("0")
    if lines is not None:
        of_lines = sql.SQL(
            "coalesce((SELECT sum(l.row_version) FROM {} l WHERE l.{} = told.odoo_id), 0)"
        ).format(_table(lines), sql.Identifier(lines.owner))  # fmt: skip
    command = sql.SQL(
        "WITH told AS (DELETE FROM mirror_dirty WHERE id IN"
        "   (SELECT id FROM mirror_dirty WHERE reason = %s AND (%s::bigint[] IS NULL OR odoo_id = ANY(%s))"
        "   ORDER BY odoo_id LIMIT %s) RETURNING odoo_id)"
        " SELECT told.odoo_id, coalesce(m.row_version, 0), m.odoo_deleted_at IS NOT NULL, {of_lines}"
        " FROM told LEFT JOIN {record} m ON m.odoo_id = told.odoo_id ORDER BY told.odoo_id"
    ).format(of_lines=of_lines, record=_table(record))
    chosen = None if ids is None else list(ids)
    with connection.cursor() as cursor:
        cursor.execute(command, [reason, chosen, chosen, AT_ONCE])
        rows = cursor.fetchall()
    emit_all(reason, [_happening(reason, record, *row) for row in rows], at=at)
    return len(rows) == AT_ONCE


def _table(map_: Map) -> sql.Identifier:
    return sql.Identifier(map_.mirror_model._meta.db_table)


def _happening(reason: str, record: Map, odoo_id: int, header: int, is_gone: bool, lines: int) -> Happening:
    subject = f"odoo.{record.odoo_model}:{odoo_id}"
    return Happening(subject, f"{subject} {reason} {header}.{lines}", {"deleted": is_gone})


@transaction.atomic
def _tell_loaded(*, at: datetime) -> None:
    marks = list(Dirty.objects.filter(reason=LOADED).select_for_update().values_list("pk", flat=True))
    Dirty.objects.filter(pk__in=marks).delete()
    emit(LOADED, subject="mirror", key=f"{LOADED} {max(marks)}", at=at)


def _everything_was_read(failed: set[str]) -> bool:
    """Whether each model is here, or failed for a reason that waiting does not mend."""
    here = set(Cursor.objects.filter(done_to__isnull=False).values_list("model", flat=True))
    return {each.odoo_model for each in MAPS} <= here | failed
