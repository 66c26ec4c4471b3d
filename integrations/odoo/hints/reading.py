"""Reading what was hinted at, beside the rounds: whole aggregates by id, told at once. Why: `../README.md`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from integrations.mirror.models import Cursor
from integrations.odoo.client import AccessRefusedError, AuthenticationError, OdooClient, OdooError, UnreachableError
from integrations.odoo.pull import deletions, describing, telling
from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.pull.maps import Map, MapError, ValueRefusedError
from integrations.odoo.pull.merge import RowsRefusedError, leave_marks, merge
from integrations.odoo.pull.reader import EVERY_RECORD, Page, PageError, page_of
from integrations.odoo.pull.round import pull_round
from integrations.odoo.push import connection

from .keeping import LOOK, Claimed, claim, finish, put_off

REFUSED = (OdooError, MapError, PageError, ValueRefusedError, RowsRefusedError)
ATTEMPTS = 5  # then it is left to the rounds, which say what is wrong
PAUSE = timedelta(seconds=15)  # as long as from round to round
NOT_YET = timedelta(seconds=5)  # while the model is loaded for the first time, or a round is under way
BATCHES = 50  # then the worker looks at its other work; the next sweep goes on

log = structlog.get_logger(__name__)


def read_hints(now: Callable[[], datetime], *, client_at: Callable[..., OdooClient] = connection.client) -> int:
    """Read what is due, model by model; how many hints that were."""
    done = 0
    for _ in range(BATCHES):
        hints = claim(at=now())
        if not hints:
            break
        done += _attempt(hints, now, client_at)
    return done


def _attempt(hints: Sequence[Claimed], now: Callable[[], datetime], client_at: Callable[..., OdooClient]) -> int:
    at, model = now(), hints[0].model
    if not _is_here(model):
        put_off(hints, until=at + NOT_YET)
        return 0
    try:
        is_read = _read(client_at(at=at), model, [each.odoo_id for each in hints], at=at)
    except REFUSED as problem:
        if isinstance(problem, AuthenticationError | UnreachableError):
            connection.forget()
        _after_failure(hints, problem, at=at)
        return 0
    if not is_read:
        put_off(hints, until=at + NOT_YET)
        return 0
    finish(hints, at=at)
    return len(hints)


def _after_failure(hints: Sequence[Claimed], problem: Exception, *, at: datetime) -> None:
    """Later again, a few times: a model that can't be read is a failure of its rounds, too, and said there."""
    log.info("hint.failed", model=hints[0].model, hints=len(hints), problem=type(problem).__name__)
    put_off([each for each in hints if each.attempt < ATTEMPTS], until=at + PAUSE)
    finish([each for each in hints if each.attempt >= ATTEMPTS], at=at)


def _is_here(model: str) -> bool:
    """Whether all that belongs together was loaded and isn't being loaded anew: until then the load brings it."""
    cursors = Cursor.objects.in_bulk([each.odoo_model for each in family_of(model)])
    return len(cursors) == len(family_of(model)) and not any(
        each.done_to is None or (each.window_to and not each.window_from) for each in cursors.values()
    )


def family_of(model: str) -> list[Map]:
    """The model's map, then those of its parts."""
    parts = {odoo for group in telling.AGGREGATES if model in group for odoo in group} - {model}
    return [each for each in MAPS if each.odoo_model == model] + [
        each for each in MAPS if each.odoo_model in parts and each.owner
    ]


def _read(client: OdooClient, model: str, ids: Sequence[int], *, at: datetime) -> bool:
    """Whether it could be: a look has to wait for the round that is under way."""
    if LOOK in ids:
        return bool(pull_round(client, at=at, models=[model]))
    if Cursor.objects.get(model=model).absent:
        return True  # of what can't be read nothing is read
    _read_records(client, family_of(model), sorted(ids), at=at)
    return True


def _read_records(client: OdooClient, family: Sequence[Map], ids: Sequence[int], *, at: datetime) -> None:
    """Read the records with all their parts, bury what is gone, and tell. First all is asked, then all is written."""
    whole, *parts = family
    page = _page(client, whole, "id", ids, at=at)
    lost = _gone(client, whole, sorted(set(ids) - set(page.ids)))
    known = [*page.ids, *lost]
    pages = [(part, _page(client, part, part.owner, known, at=at)) for part in parts] if known else []
    with transaction.atomic():
        _take_in(client, whole, page, at=at)
        deletions.bury_and_mark(whole, lost, at=at)
        for part, rows in pages:
            _take_in(client, part, rows, at=at)
            here = part.mirror_model.objects.live().filter(**{f"{part.owner}__in": known})
            gone = set(here.values_list("odoo_id", flat=True)) - set(rows.ids)
            deletions.bury_and_mark(part, sorted(gone), at=at)
        telling.tell_records(whole.odoo_model, known, at=at)


def _page(client: OdooClient, map_: Map, field: str, ids: Sequence[int], *, at: datetime) -> Page:
    fitted = map_.fit(describing.fields_of(client, map_, at=at))
    domain: list[Any] = [*map_.domain, [field, "in", list(ids)]]
    rows = client.search_read(map_.odoo_model, domain, fitted.fields, order="id", context=fitted.context)
    page = page_of(rows, fitted.fields, after=0, limit=len(rows) if isinstance(rows, list) else 0)
    if field == "id" and (strange := set(page.ids) - set(ids)):
        raise PageError(f"Odoo sent record {min(strange)}, which was not asked for")
    return page


def _take_in(client: OdooClient, map_: Map, page: Page, *, at: datetime) -> None:
    if page.ids:
        fitted = map_.fit(describing.fields_of(client, map_, at=at))
        leave_marks(map_, merge(map_.mirror_model, fitted.convert(page.columns), at=at).changed)


def _gone(client: OdooClient, map_: Map, ids: Sequence[int]) -> list[int]:
    """Those of `ids` that live here and are deleted in Odoo. Of what is hidden nothing is known."""
    live = map_.mirror_model.objects.live()
    here = sorted(live.filter(odoo_id__in=ids).values_list("odoo_id", flat=True))
    if not here or len(here) > deletions.limit_of(0):
        return []
    try:
        rows = client.call(map_.odoo_model, "read", here, fields=["write_date"], load=None, context=EVERY_RECORD)
    except AccessRefusedError:  # a lost right or company; for a deleted record Odoo's answer is empty
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "id" in row for row in rows):
        raise PageError("Odoo's answer is no list of records")
    return sorted(set(here) - {row["id"] for row in rows})
