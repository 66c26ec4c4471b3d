"""The queue of somebody who decides in several roles, units and for another, among 100,000 open of a million."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bench import databases
from tests.bench.approvals.mixed import fill
from tests.bench.figures import Figure, medians
from tests.bench.queue import first_page, get, in_turn, turned_to, with_rows
from tests.visiting import visitor

OPEN, TOTAL, FEW_OPEN, FEW = 100_000, 1_000_000, 1_000, 10_000
MANY, SOME = "cockpit_bench_mixed", "cockpit_bench_mixed_few"
QUERIES = 12


def figures(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    try:
        yield from _figures(scale, say)
    finally:
        databases.drop(MANY)
        databases.drop(SOME)


def _figures(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    few_open, few = max(360, round(FEW_OPEN * scale)), max(1000, round(FEW * scale))
    open_count, total = max(720, round(OPEN * scale)), max(2000, round(TOTAL * scale))
    clients = {}
    for name, count, every in ((SOME, few_open, few), (MANY, open_count, total)):
        databases.make(name)
        clients[name] = visitor(fill(count, every), "ann")
        say(f"{name}: {count:,} open of {every:,} requests")
    ann = clients[MANY]
    address, shown = first_page(ann)
    by_key = with_rows(shown)
    page, keyed = medians([lambda: get(ann, address), lambda: by_key(lambda: get(ann, address))])
    yield Figure(f"queue: 50 of {open_count:,} open, mixed / the same by key", page, keyed, most=100, ratio_most=3)
    few_address, _ = turned_to(SOME, MANY, lambda: first_page(clients[SOME]))
    many, some = in_turn((MANY, lambda: get(ann, address)), (SOME, lambda: get(clients[SOME], few_address)))
    yield Figure(f"queue: {open_count:,} open, mixed / {few_open:,} open", many, some, ratio_most=1.2)
    with CaptureQueriesContext(connection) as asked:
        get(ann, address)
    yield Figure("queue: queries of the page", len(asked), unit="", most=QUERIES)
