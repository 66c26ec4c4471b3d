"""The queue of somebody who decides in several roles, units and for another, among 100,000 open of a million."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bench.approvals.mixed import fill
from tests.bench.figures import Figure
from tests.bench.queue import Queue, get

QUERIES = 12


def figures(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    queue = Queue("cockpit_bench_mixed", "cockpit_bench_mixed_few", fill, ", mixed", least=360)
    try:
        yield from queue.figures(scale, say)
        with CaptureQueriesContext(connection) as asked:
            get(queue.ann, queue.address)
        yield Figure("queue: queries of the page", len(asked), unit="", most=QUERIES)
    finally:
        queue.drop()
