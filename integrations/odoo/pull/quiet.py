"""What most rounds find: nothing. All models are asked ahead over two connections, for few records each; those without
news are written down together, in one transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import transaction

from integrations.mirror.models import Cursor, PullRun, PullStatus
from integrations.odoo.client import AuthenticationError, OdooClient, OdooError, UnreachableError, WrongDatabaseError

from . import describing
from .ahead import Part
from .keeping import advance_cursor, open_window
from .maps import FittedMap, Map, MapError
from .reader import PageError, read_page
from .window import Window

FEW = 200  # a model with more news than this is read as usual
READERS = 2
FROM = 4  # so many models are worth it
GIVES_UP = (UnreachableError, AuthenticationError, WrongDatabaseError)

_twins: WeakKeyDictionary[OdooClient, OdooClient] = WeakKeyDictionary()  # kept with the connection: one may sign in


@dataclass(frozen=True)
class Seen:
    """All that is new in a model's window."""

    fitted: FittedMap
    cursor: Cursor
    window: Window
    part: Part
    began_at: datetime

    @property
    def is_nothing(self) -> bool:
        return not self.part.page.ids


def look(
    client: OdooClient, maps: Sequence[Map], end: datetime, *, at: datetime, now: Callable[[], datetime]
) -> dict[str, Seen]:
    """By model, of those that go on from a complete window, with few news. What fails is left to be asked again."""
    cursors = Cursor.objects.in_bulk([each.odoo_model for each in maps])
    plans = [plan for map_ in maps if (plan := _plan(client, map_, cursors.get(map_.odoo_model), end, at=at))]
    if len(plans) < FROM:
        return {}
    ends = threading.Event()  # Odoo does not answer: nobody asks on
    clients = [client, _twin_of(client)]
    mine = threading.local()

    def take_one() -> None:
        mine.client = clients.pop()

    def read(plan: tuple[FittedMap, Cursor, Window]) -> Seen | None:
        fitted, cursor, window = plan
        limit, began_at = min(FEW, settings.ODOO["PAGE_SIZE"]), now()
        try:
            page = None if ends.is_set() else read_page(mine.client, fitted, window, limit=limit)
        except (OdooError, PageError) as problem:
            if isinstance(problem, GIVES_UP):
                ends.set()
            return None
        return (
            Seen(fitted, cursor, window, Part(page, None), began_at) if page is not None and len(page) < limit else None
        )

    with ThreadPoolExecutor(READERS, thread_name_prefix="quiet", initializer=take_one) as pool:
        return {seen.fitted.map.odoo_model: seen for seen in pool.map(read, plans) if seen}


def _twin_of(client: OdooClient) -> OdooClient:
    if client not in _twins:
        _twins[client] = client.twin()
    return _twins[client]


def _plan(
    client: OdooClient, map_: Map, cursor: Cursor | None, end: datetime, *, at: datetime
) -> tuple[FittedMap, Cursor, Window] | None:
    """What to ask for; None for what is being loaded, was interrupted, changed its map or is not remembered."""
    if cursor is None or cursor.done_to is None or cursor.window_to is not None or cursor.filling or cursor.absent:
        return None
    try:
        described = describing.remembered(client, map_, at=at)
        fitted = map_.fit(described) if described is not None else None
    except MapError:
        return None  # said when it is read as usual
    if fitted is None:
        return None
    if fitted.digest != cursor.map_digest:
        return None
    window = open_window(cursor, fitted, end, whole=False)
    return None if window.whole else (fitted, cursor, window)


@transaction.atomic
def write_down(quiet: Iterable[Seen], *, at: datetime, now: Callable[[], datetime]) -> list[PullRun]:
    """Their runs, and their cursors at the end of the window."""
    runs = []
    for seen in quiet:
        seen.cursor.fresh_at, seen.cursor.status, seen.cursor.sentence = at, PullStatus.DONE, ""
        seen.cursor.lacks = seen.fitted.lacks
        advance_cursor(seen.cursor, seen.window, is_last=True)
        run = PullRun(model=seen.fitted.map.odoo_model, status=PullStatus.DONE, started_at=seen.began_at)
        run.window_from, run.window_to, run.ended_at = seen.window.start, seen.window.end, now()
        runs.append(run)
    return PullRun.objects.bulk_create(runs)
