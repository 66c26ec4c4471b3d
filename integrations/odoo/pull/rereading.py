"""Reading everything again, a page in each round: the last net, for what neither a stamp nor a sum shows.

A text, a truth value or a day that was changed by SQL; two changes that cancel each other out. A million records come
round in about two hours, at a tenth of a second of each fifteen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from integrations.mirror.models import Cursor, PullRun, PullStatus
from integrations.odoo.client import OdooClient, OdooError

from .describing import fields_of
from .keeping import end_run
from .maps import Map, MapError, ValueRefusedError
from .merge import RowsRefusedError
from .reader import Page, PageError, read_page
from .repairing import take_in
from .window import Window

PAGE = 2_000
REFUSED = (OdooError, MapError, PageError, ValueRefusedError, RowsRefusedError)


def read_some_again(
    client: OdooClient, maps: Sequence[Map], *, at: datetime, now: Callable[[], datetime]
) -> list[PullRun]:
    """One page of the model that was read again longest ago; its run, if something differed or failed."""
    cursors = Cursor.objects.in_bulk([each.odoo_model for each in maps])
    read = [(map_, cursors[map_.odoo_model]) for map_ in maps if cursors[map_.odoo_model].done_to]
    if not read:
        return []
    map_, cursor = min(read, key=lambda each: _since(each[1], at))
    run = PullRun(model=map_.odoo_model, kind=PullRun.Kind.RECONCILIATION, started_at=now(), window_to=cursor.done_to)
    try:
        _read_page_again(client, map_, cursor, run, at=at, now=now)
    except REFUSED as problem:
        Cursor.objects.filter(pk=cursor.pk).update(reread_at=at)  # the others first
        sentence = f"{map_.odoo_model}: {getattr(problem, 'sentence', problem)}"
        return [end_run(run, PullStatus.FAILED, at=at, ended_at=now(), sentence=sentence)]
    differed = run.inserted + run.updated
    return [end_run(run, PullStatus.DONE, at=at, ended_at=now())] if differed else []


def _since(cursor: Cursor, at: datetime) -> tuple[bool, datetime]:
    """Never read to its end comes first, then the one whose last time is longest ago."""
    return cursor.reread_at is not None, cursor.reread_at or at


def _read_page_again(
    client: OdooClient, map_: Map, cursor: Cursor, run: PullRun, *, at: datetime, now: Callable[[], datetime]
) -> None:
    assert cursor.done_to
    fitted, asked_at = map_.fit(fields_of(client, map_, at=at)), now()
    page: Page = read_page(
        client, fitted, Window(None, cursor.done_to, wide=True, last_id=cursor.reread_id), limit=PAGE
    )
    is_last = len(page) < PAGE
    with transaction.atomic():
        take_in(map_, fitted, page, run, at=asked_at)
        place = {"reread_id": 0, "reread_at": at} if is_last else {"reread_id": page.ids[-1]}
        Cursor.objects.filter(pk=cursor.pk).update(**place)
