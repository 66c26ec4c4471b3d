"""Telling what changed, from the marks that were written with the rows: a mark goes only together with its event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from cockpit.events import Happening, emit, emit_all
from cockpit.time.services import recalendar
from integrations.mirror.models import Cursor, Dirty, PullRun, PullStatus
from integrations.odoo import directory

from .catalogue import AGGREGATES, DIRECTORY, INVOICE, INVOICE_CHANGED, LOADED, MAPS

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
    if not all(group <= done for group in AGGREGATES if INVOICE.odoo_model in group):
        return
    while _tell_invoices(at=at):
        pass
    failed = {run.model for run in runs} - done
    if Dirty.objects.filter(reason=LOADED).exists() and _everything_was_read(failed):
        _tell_loaded(at=at)


def tell_records(model: str, ids: Sequence[int], *, at: datetime) -> None:
    """Tell what changed of these records, read just now with all their parts, in the caller's transaction."""
    if model == INVOICE.odoo_model and ids:
        _tell_invoices(at=at, ids=ids)


@transaction.atomic
def _tell_invoices(*, at: datetime, ids: Sequence[int] | None = None) -> bool:
    """Emit for the first marks (those of `ids`) and take them away; whether there may be more.

    The key holds the versions of the header and (as their sum) of all its lines, so it is new whenever one changed.
    """
    chosen = None if ids is None else list(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH told AS (DELETE FROM mirror_dirty WHERE id IN"
            "   (SELECT id FROM mirror_dirty WHERE reason = %s AND (%s::bigint[] IS NULL OR odoo_id = ANY(%s))"
            "   ORDER BY odoo_id LIMIT %s) RETURNING odoo_id)"
            " SELECT told.odoo_id, coalesce(m.row_version, 0), m.odoo_deleted_at IS NOT NULL,"
            "   coalesce((SELECT sum(l.row_version) FROM mirror_invoiceline l WHERE l.move_id = told.odoo_id), 0)"
            " FROM told LEFT JOIN mirror_invoice m ON m.odoo_id = told.odoo_id ORDER BY told.odoo_id",
            [INVOICE_CHANGED, chosen, chosen, AT_ONCE],
        )
        rows = cursor.fetchall()
    emit_all(INVOICE_CHANGED, [_happening(*row) for row in rows], at=at)
    return len(rows) == AT_ONCE


def _happening(odoo_id: int, header: int, is_gone: bool, lines: int) -> Happening:
    subject = f"odoo.account.move:{odoo_id}"
    return Happening(subject, f"{subject} {INVOICE_CHANGED} {header}.{lines}", {"deleted": is_gone})


@transaction.atomic
def _tell_loaded(*, at: datetime) -> None:
    marks = list(Dirty.objects.filter(reason=LOADED).select_for_update().values_list("pk", flat=True))
    Dirty.objects.filter(pk__in=marks).delete()
    emit(LOADED, subject="mirror", key=f"{LOADED} {max(marks)}", at=at)


def _everything_was_read(failed: set[str]) -> bool:
    """Whether each model is here, or failed for a reason that waiting does not mend."""
    here = set(Cursor.objects.filter(done_to__isnull=False).values_list("model", flat=True))
    return {each.odoo_model for each in MAPS} <= here | failed
