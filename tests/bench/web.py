"""Pages: the queue with 100,000 open requests, what its scripts weigh, and utilization over a million timesheets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import Client

from tests.bench import utilization
from tests.bench.figures import Figure
from tests.bench.queue import Queue, get
from tests.bench.requests import fill
from tests.collecting import collected


def run(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    """Yields each figure as soon as it stands."""
    queue = Queue("cockpit_bench", "cockpit_bench_few", fill)
    try:
        yield from queue.figures(scale, say)
        with TemporaryDirectory() as folder, collected(Path(folder)):
            yield from _weights(_newcomer(queue.ann), queue.address)
    finally:
        queue.drop()
    yield from utilization.run(scale, say)


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
