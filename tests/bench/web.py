"""Pages: the queue with 100,000 open requests, what its scripts weigh, and utilization over a million timesheets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from unittest.mock import patch

from django.test import Client

from approvals.models import Request
from approvals.reading.address import Address
from tests.bench import databases, utilization
from tests.bench.figures import Figure, medians
from tests.bench.requests import fill
from tests.collecting import collected
from tests.visiting import visitor

OPEN, TOTAL, FEW_OPEN, FEW = 100_000, 1_000_000, 1_000, 10_000
QUEUE = "/queue/"
T = TypeVar("T")
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
    address, shown = _first_page(ann)
    by_key = _with_rows(shown)
    page, keyed = medians([lambda: get(ann, address), lambda: by_key(lambda: get(ann, address))])
    yield Figure(f"queue: 50 of {open_count:,} open / the same 50 by key", page, keyed, most=100, ratio_most=3)
    few_address, _ = _at(SOME, lambda: _first_page(clients[SOME]))
    many, some = _in_turn(lambda: get(ann, address), lambda: get(clients[SOME], few_address))
    yield Figure(f"queue: {open_count:,} open / {few_open:,} open", many, some, ratio_most=1.2)
    with TemporaryDirectory() as folder, collected(Path(folder)):
        yield from _weights(_newcomer(ann), address)


def get(client: Client, address: str) -> str:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")
    return response.content.decode()


def _first_page(client: Client) -> tuple[str, list[int]]:
    """The address of the queue, and the requests that its first page shows."""
    response = client.get("/", follow=True)
    address = response.redirect_chain[-1][0] if response.redirect_chain else "/"
    html = get(client, address)
    shown = [int(pk) for pk in dict.fromkeys(re.findall(r'href="[^"]*/R-(\d+)/[^"]*"\s+hx-get', html))]
    if len(shown) < 50:
        raise RuntimeError(f"{address} shows {len(shown)} requests instead of 50")
    return address, shown[:50]


def _with_rows(shown: list[int]) -> Callable[[Callable[[], object]], None]:
    """The reference: the page as it is, but its 50 rows are read by primary key, and nothing else is looked through."""

    def rows(*_: object) -> object:
        return Request.objects.filter(pk__in=shown)

    @contextmanager
    def keyed() -> Iterator[None]:
        with (
            patch.object(Address, "rows", rows),
            patch("approvals.reading.queue.of_tab", rows),
            patch("approvals.reading.screen.of_tab", rows),
        ):
            yield

    def call(work: Callable[[], object]) -> None:
        with keyed():
            work()

    return call


def _at(name: str, work: Callable[[], T]) -> T:
    databases.turn_to(name)
    try:
        return work()
    finally:
        databases.turn_to(MANY)


def _in_turn(many: Callable[[], object], some: Callable[[], object]) -> tuple[float, float]:
    """Medians of both, a few of the one and a few of the other in turn: each change costs a new connection."""
    found: list[list[float]] = [[], []]
    for _ in range(4):
        for number, (name, work) in enumerate(((MANY, many), (SOME, some))):
            found[number] += _at(name, lambda work=work: medians([work], runs=5, warm=2))  # type: ignore[misc]
    return tuple(sorted(one)[len(one) // 2] for one in found)  # type: ignore[return-value]


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
