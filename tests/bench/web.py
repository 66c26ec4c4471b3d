"""Pages: the queue with 100,000 open requests, what its scripts weigh, and utilization over a million timesheets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import Client

from tests.bench import databases, utilization
from tests.bench.figures import Figure, medians
from tests.bench.queue import first_page, get, in_turn, turned_to, with_rows
from tests.bench.requests import fill
from tests.collecting import collected
from tests.visiting import visitor

OPEN, TOTAL, FEW_OPEN, FEW = 100_000, 1_000_000, 1_000, 10_000
MANY, SOME = "cockpit_bench", "cockpit_bench_few"


def run(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    """Yields each figure as soon as it stands."""
    try:
        yield from _queue(scale, say)
    finally:
        databases.drop(MANY)
        databases.drop(SOME)
    yield from utilization.run(scale, say)


def _queue(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    few_open, few = max(100, round(FEW_OPEN * scale)), max(1000, round(FEW * scale))
    open_count, total = max(200, round(OPEN * scale)), max(2000, round(TOTAL * scale))
    clients = {}
    for name, count, every in ((SOME, few_open, few), (MANY, open_count, total)):
        databases.make(name)
        clients[name] = visitor(fill(count, every), "ann")
        say(f"{name}: {count:,} open of {every:,} requests")
    ann = clients[MANY]
    address, shown = first_page(ann)
    by_key = with_rows(shown)
    page, keyed = medians([lambda: get(ann, address), lambda: by_key(lambda: get(ann, address))])
    yield Figure(f"queue: 50 of {open_count:,} open / the same 50 by key", page, keyed, most=100, ratio_most=3)
    few_address, _ = turned_to(SOME, MANY, lambda: first_page(clients[SOME]))
    many, some = in_turn((MANY, lambda: get(ann, address)), (SOME, lambda: get(clients[SOME], few_address)))
    yield Figure(f"queue: {open_count:,} open / {few_open:,} open", many, some, ratio_most=1.2)
    with TemporaryDirectory() as folder, collected(Path(folder)):
        yield from _weights(_newcomer(ann), address)


def _newcomer(client: Client) -> Client:
    """The same person, for whom files are served as they are set to be now."""
    new = Client()
    new.cookies = client.cookies
    return new


def _weights(client: Client, address: str) -> Iterator[Figure]:
    """Kilobytes of script that a first visit of the queue transfers, modules that import one another included."""
    html = get(client, address)
    wanted = re.findall(r'<script[^>]+src="([^"]+)"', html)
    sizes: dict[str, int] = {}
    while wanted:
        url = wanted.pop()
        if url in sizes:
            continue
        response = client.get(url, headers={"accept-encoding": "br, gzip"})
        body = b"".join(response.streaming_content) if response.streaming else response.content
        sizes[url] = len(body)
        text = client.get(url)
        plain = b"".join(text.streaming_content) if text.streaming else text.content
        for found in re.findall(rb'(?:from|import)\s*\(?"(\./[^"]+)"', plain):
            wanted.append(url.rpartition("/")[0] + "/" + found.decode()[2:])
    yield Figure("queue: scripts transferred", sum(sizes.values()) / 1000, unit="kB", most=60)
