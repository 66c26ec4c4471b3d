"""Rounds over a mirror that is complete: with news, without, and the comparison with Odoo."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone

from integrations.mirror.models import Cursor, PullRun, PullStatus
from integrations.odoo.client import OdooClient
from integrations.odoo.client.wire import Wire
from integrations.odoo.pull import describing
from integrations.odoo.pull.catalogue import MAPS, TIMESHEET
from integrations.odoo.pull.keeping import open_window
from integrations.odoo.pull.reader import EVERY_RECORD
from integrations.odoo.pull.round import pull_round
from integrations.odoo.pull.window import settled
from tests.bench import databases
from tests.bench.figures import Figure
from tests.bench.odoo import BenchOdoo
from tests.bench.sync import FEW_LINES, LINES

NAME = "cockpit_bench_rounds"
SETTLED_S = 2.1
TURNS = 5
FEW, MANY = 100, 10_000
CHANGED = """UPDATE account_analytic_line SET unit_amount = unit_amount + 0.25, write_date = now() AT TIME ZONE 'UTC'
    WHERE id IN (SELECT id FROM account_analytic_line WHERE project_id IS NOT NULL ORDER BY id LIMIT {news})"""


def figures(odoo: BenchOdoo, scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    """Over the few timesheets that are there, then over many."""
    with _mirrored(odoo, say):
        small = _with_news(odoo, FEW)
    odoo.grow(max(2_000, round(LINES * scale)), say)
    with _mirrored(odoo, say) as load_ms:
        yield from _idle(odoo.client())
        large = _with_news(odoo, FEW)
        yield from (large, _with_news(odoo, MANY), small)
        yield Figure(
            f"that ratio over {odoo.lines:,} / over {FEW_LINES * scale:,.0f}", large.ratio or 0, small.ratio or 0,
            unit="", ratio_most=1.2,
        )  # fmt: skip
        compared = [_compare(odoo.client()) for _ in range(3)]
        yield Figure(
            f"reconcile {odoo.lines:,} timesheets / first load", statistics.median(compared), load_ms, ratio_most=0.1
        )


@contextmanager
def _mirrored(odoo: BenchOdoo, say: Callable[[str], None]) -> Iterator[float]:
    """A database whose mirror is complete; gives the milliseconds that its timesheets took."""
    try:
        databases.make(NAME)
        begun = time.perf_counter()
        _pull(odoo.client(), models=[TIMESHEET.odoo_model], compare_ids=False)
        load_ms = 1000 * (time.perf_counter() - begun)
        _pull(odoo.client(), compare_ids=False)
        say(f"{NAME}: {TIMESHEET.mirror_model.objects.count():,} timesheets read in {load_ms / 1000:.1f} s")
        yield load_ms
    finally:
        databases.drop(NAME)


def _pull(client: OdooClient, **options: Any) -> list[PullRun]:
    runs = pull_round(client, at=timezone.now(), **options)
    if failed := [run.sentence for run in runs if run.status not in (PullStatus.DONE, PullStatus.STOPPED)]:
        raise RuntimeError(f"The round failed: {failed[0]}")
    return runs


# --- nothing new ----------------------------------------------------------------------------------


def _idle(client: OdooClient) -> Iterator[Figure]:
    """Rounds that only poll, and ordinary ones, with their share of all comparisons and the page that is read again."""
    name = f"idle round over {len(MAPS)} models"
    calls, ms = _median_of_idle(client, compare_ids=False)
    yield Figure(f"{name}: requests a model", calls / len(MAPS), unit="", most=1)
    yield Figure(f"{name}, polling alone", ms, most=1000)
    calls, ms = _median_of_idle(client)
    yield Figure(f"{name}, comparing its share: requests a model", calls / len(MAPS), unit="")
    yield Figure(f"{name}, comparing its share", ms, most=1000)


def _median_of_idle(client: OdooClient, **options: Any) -> tuple[float, float]:
    """Requests and milliseconds."""
    asked: list[int] = []
    spent: list[float] = []
    for _ in range(TURNS + 1):
        time.sleep(1.1)
        count, begun = _Requests.made, time.perf_counter()
        _pull(client, **options)
        spent.append(1000 * (time.perf_counter() - begun))
        asked.append(_Requests.made - count)
    return statistics.median(asked[1:]), statistics.median(spent[1:])


class _Requests:
    """Counts whatever goes over the wire."""

    made = 0


_request = Wire._request


def _counted(self: Wire, *args: Any, **options: Any) -> Any:
    _Requests.made += 1
    return _request(self, *args, **options)


Wire._request = _counted  # type: ignore[method-assign]  # the process of the bench is its own


# --- news -----------------------------------------------------------------------------------------


def _with_news(odoo: BenchOdoo, news: int) -> Figure:
    """The same rows are changed before each turn, of ours and of the bare calls."""
    ours, bare = [], []
    client = odoo.client()
    _pull(client, compare_ids=False)  # what Odoo's fields are is known by now
    for _ in range(TURNS):
        bare.append(_turn(odoo, news, lambda: _bare(client, news)))
        ours.append(_turn(odoo, news, lambda: _pull(client, compare_ids=False)))
    return Figure(
        f"round with {news:,} new of {odoo.lines:,} / the bare calls", statistics.median(ours), statistics.median(bare),
        ratio_most=2,
    )  # fmt: skip


def _turn(odoo: BenchOdoo, news: int, work: Callable[[], object]) -> float:
    odoo.execute(CHANGED.format(news=news))
    time.sleep(SETTLED_S)
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)


def _bare(client: OdooClient, news: int) -> None:
    """One call for each model that is there, one after the other: the same window and fields, parsed and dropped."""
    end, found = settled(client.server_now()), 0
    for map_ in MAPS:
        cursor = Cursor.objects.get(model=map_.odoo_model)
        described = describing.remembered(client, map_, at=timezone.now())
        if cursor.absent or described is None:
            continue
        fitted = map_.fit(described)
        window = open_window(cursor, fitted, end, whole=False)
        domain = [*map_.domain, *window.domain()]
        found += len(client.search_read(map_.odoo_model, domain, fitted.fields, order="id", context=EVERY_RECORD))
    if found < news:
        raise RuntimeError(f"The bare calls found {found:,} of {news:,} changed rows.")


# --- nothing wrong --------------------------------------------------------------------------------


def _compare(client: OdooClient) -> float:
    runs = _pull(client, models=[TIMESHEET.odoo_model], compare_ids=True)
    run = next(run for run in runs if run.kind == PullRun.Kind.RECONCILIATION)
    if run.read or run.deleted or not run.ended_at:
        raise RuntimeError("The comparison found something to repair: no figure would mean anything.")
    return 1000 * (run.ended_at - run.started_at).total_seconds()
