"""Finding what is gone: Odoo tells nobody, so ids are compared. Nothing is deleted here, only buried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Sum
from psycopg import sql

from cockpit.exception_queue.services import clear_case, open_case
from integrations.mirror.models import Cursor, Dirty, PullRun, PullStatus
from integrations.odoo.client import OdooClient, OdooError

from .catalogue import LOADED
from .keeping import end_run
from .maps import Map, MapError, Mark, ValueRefusedError
from .merge import RowsRefusedError, bury, leave_mark, leave_marks, merge
from .reader import EVERY_RECORD, PageError, check_ids, described_fields, read_records

EVERY = timedelta(minutes=5)
IDS_AT_ONCE = 100_000
RECORDS_AT_ONCE = 1_000
OWNERS_AT_ONCE = 500


class VanishedError(Exception):
    """More of a model vanished than people delete; nothing was buried."""


@dataclass
class Difference:
    """What the comparison of ids found: `vanished` is live here and not in Odoo, `unknown` the other way round."""

    vanished: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)


def compare(
    client: OdooClient,
    maps: Sequence[Map],
    *,
    at: datetime,
    now: Callable[[], datetime],
    due: bool | None = None,
    accept: bool = False,
) -> list[PullRun]:
    """Compare the ids of every model whose turn it is (`due`: of all, of none); one run for each."""
    if due is False:
        return []
    cursors = Cursor.objects.in_bulk([each.odoo_model for each in maps])
    runs = []
    for map_ in maps:
        cursor = cursors[map_.odoo_model]
        if cursor.done_to is None or not (due or cursor.swept_at is None or at - cursor.swept_at >= EVERY):
            continue
        run = PullRun.objects.create(
            model=map_.odoo_model, kind=PullRun.Kind.DELETIONS, started_at=now(), window_to=cursor.done_to
        )
        status, sentence = _compare_one(client, map_, run, at=at, done_to=cursor.done_to, accept=accept)
        runs.append(end_run(run, status, at=at, ended_at=now(), sentence=sentence))
        Cursor.objects.filter(model=map_.odoo_model).update(swept_at=at)
    return runs


def limit_of(live: int) -> int:
    """How many of `live` records may vanish in one pass before a lost right or company is more likely."""
    return max(50, live // 100)


def bury_lost_parts(client: OdooClient, map_: Map, *, at: datetime) -> int:
    """Bury parts (lines) that changed records no longer have, now: their facts must not wait for the next comparison.

    Looks at the records that wait to be told; how many parts were buried.
    """
    if not map_.owner or map_.mark is None:
        return 0
    owners = list(Dirty.objects.filter(reason=map_.mark.reason).order_by("odoo_id").values_list("odoo_id", flat=True))
    buried = 0
    for start in range(0, len(owners), OWNERS_AT_ONCE):
        some = owners[start : start + OWNERS_AT_ONCE]
        domain = [*map_.domain, [map_.owner, "in", some]]
        there = client.call(map_.odoo_model, "search", domain=domain, order="id", context=EVERY_RECORD)
        check_ids(there, after=0)
        here = map_.mirror_model.objects.live().filter(**{f"{map_.owner}__in": some})
        gone = set(here.values_list("odoo_id", flat=True)) - set(there)
        buried += len(_bury(map_, sorted(gone), at=at))
    return buried


def _compare_one(
    client: OdooClient, map_: Map, run: PullRun, *, at: datetime, done_to: datetime, accept: bool
) -> tuple[PullStatus, str]:
    live = map_.mirror_model.objects.live().aggregate(count=Count("pk"), sum=Sum("pk"))
    try:
        if not _same_at_a_glance(client, map_, live):
            found = _difference(client, map_, limit=None if accept else limit_of(live["count"]))
            run.deleted = len(_bury(map_, found.vanished, at=at))
            _take_in(client, map_, found.unknown, run, at=at, done_to=done_to)
    except VanishedError as problem:
        sentence = f"{map_.odoo_model}: {problem}"
        open_case(
            _fingerprint(map_), kind="odoo.vanished", title="Many records vanished from Odoo", at=at, severity="high",
            detail={"model": map_.odoo_model, "live": live["count"], "sentence": sentence}, actor="system:pull",
        )  # fmt: skip
        return PullStatus.STOPPED, sentence
    except (OdooError, MapError, PageError, ValueRefusedError, RowsRefusedError) as problem:
        return PullStatus.FAILED, f"{map_.odoo_model}: {getattr(problem, 'sentence', problem)}"
    clear_case(_fingerprint(map_), at=at, reason="The records agree with Odoo again.", actor="system:pull")
    return PullStatus.DONE, ""


def _fingerprint(map_: Map) -> str:
    return f"odoo.vanished:{map_.odoo_model}"


def _same_at_a_glance(client: OdooClient, map_: Map, live: dict[str, int | None]) -> bool:
    """Count and sum of ids, in one cheap call. What is yet to be read makes them differ, too: then ids decide."""
    groups = client.call(
        map_.odoo_model, "formatted_read_group", domain=list(map_.domain), groupby=[],
        aggregates=["__count", "id:sum"], context=EVERY_RECORD,
    )  # fmt: skip
    if not isinstance(groups, list) or len(groups) != 1 or not isinstance(groups[0], dict):
        raise PageError("Odoo's answer is no single group")
    there = groups[0].get("__count"), groups[0].get("id:sum") or 0
    return there == (live["count"], live["sum"] or 0)


def _difference(client: OdooClient, map_: Map, *, limit: int | None) -> Difference:
    """All ids, window by window. Raises VanishedError beyond `limit`, before anything was buried."""
    found = Difference()
    for after, upto, there in _ids(client, map_):
        vanished, unknown = _against_mirror(map_, after, upto, there)
        found.vanished += vanished
        found.unknown += unknown
        if limit is not None and len(found.vanished) > limit:
            raise VanishedError(
                f"more than {limit} records are gone from Odoo, or hidden from the integration user by a lost right or "
                "company. None of them was buried. Give the right back, or, if they were really deleted, run "
                "`manage.py odoo pull --accept-vanished`."
            )
    return found


def _ids(client: OdooClient, map_: Map) -> Iterator[tuple[int, int | None, list[int]]]:
    """Windows (after, up to or None for the end) with the ids that Odoo has in them, in rising order."""
    after = 0
    while True:
        ids = client.call(
            map_.odoo_model, "search", domain=[*map_.domain, ["id", ">", after]], order="id", limit=IDS_AT_ONCE,
            context=EVERY_RECORD,
        )  # fmt: skip
        check_ids(ids, after=after)
        is_last = len(ids) < IDS_AT_ONCE
        yield after, None if is_last else ids[-1], ids
        if is_last:
            return
        after = ids[-1]


def _against_mirror(map_: Map, after: int, upto: int | None, there: list[int]) -> tuple[list[int], list[int]]:
    """Ids that are live here and not there, and those that are there and not live here."""
    command = sql.SQL(
        "SELECT here.odoo_id, there.id FROM unnest(%(there)s::bigint[]) AS there(id)"
        " FULL JOIN (SELECT odoo_id FROM {table} WHERE odoo_deleted_at IS NULL AND odoo_id > %(after)s"
        "   AND (%(upto)s::bigint IS NULL OR odoo_id <= %(upto)s)) AS here ON here.odoo_id = there.id"
        " WHERE here.odoo_id IS NULL OR there.id IS NULL ORDER BY 1, 2"
    ).format(table=sql.Identifier(map_.mirror_model._meta.db_table))
    with connection.cursor() as cursor:
        cursor.execute(command, {"there": there, "after": after, "upto": upto})
        rows: list[tuple[int | None, int | None]] = cursor.fetchall()
    return [here for here, _ in rows if here is not None], [there for _, there in rows if there is not None]


@transaction.atomic
def _bury(map_: Map, ids: Sequence[int], *, at: datetime) -> list[int]:
    buried = bury(map_.mirror_model, ids, at=at) if ids else []
    leave_marks(map_, buried)
    return buried


def _take_in(
    client: OdooClient, map_: Map, ids: Sequence[int], run: PullRun, *, at: datetime, done_to: datetime
) -> None:
    """Read records that Odoo has and the mirror lacks, buried ones included: a right was given (back), say.

    Those written after `done_to` are left to the next window. Many at once are told as a load, not one by one.
    """
    if not ids:
        return
    fitted = map_.fit(described_fields(client, map_))
    tell_each = map_.mark is None or map_.mark.column is None or len(ids) <= RECORDS_AT_ONCE
    for start in range(0, len(ids), RECORDS_AT_ONCE):
        page = read_records(client, fitted, ids[start : start + RECORDS_AT_ONCE], before=done_to)
        with transaction.atomic():
            merged = merge(map_.mirror_model, fitted.convert(page.columns), at=at)
            if tell_each:
                leave_marks(map_, merged.changed)
            elif merged.changed:
                leave_mark(Mark(LOADED, map_.odoo_model))
        run.read += merged.read
        run.inserted += len(merged.inserted)
        run.updated += len(merged.updated)
        run.unchanged += merged.unchanged


__all__ = ["Difference", "VanishedError", "bury_lost_parts", "compare", "limit_of"]
