"""A page of the queue: asked for, its rows, and the same page whose rows are found by primary key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from unittest.mock import patch

from django.test import Client

from approvals.models import Request
from approvals.reading.address import Address
from tests.bench import databases
from tests.bench.figures import Figure, medians
from tests.cast import Firm
from tests.visiting import visitor

T = TypeVar("T")
Named = tuple[str, Callable[[], object]]  # a database, and what is done there


OPEN, TOTAL, FEW_OPEN, FEW = 100_000, 1_000_000, 1_000, 10_000
Fill = Callable[[int, int], Firm]  # so many open of so many requests, in the database that is turned to


@dataclass
class Queue:
    """Two databases, filled; `ann` stands in the one with many. Its figures, then `address` for what comes after."""

    many: str
    some: str
    fill: Fill
    what: str = ""  # said of the requests: ", mixed"
    least: int = 100  # open requests at any scale
    ann: Client = field(init=False)
    address: str = field(init=False)

    def figures(self, scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
        few_open, few = max(self.least, round(FEW_OPEN * scale)), max(1000, round(FEW * scale))
        open_count, total = max(2 * self.least, round(OPEN * scale)), max(2000, round(TOTAL * scale))
        clients = {}
        for name, count, every in ((self.some, few_open, few), (self.many, open_count, total)):
            databases.make(name)
            clients[name] = visitor(self.fill(count, every), "ann")
            say(f"{name}: {count:,} open of {every:,} requests")
        ann = self.ann = clients[self.many]
        address, shown = first_page(ann)
        self.address, by_key = address, with_rows(shown)
        page, keyed = medians([lambda: get(ann, address), lambda: by_key(lambda: get(ann, address))])
        yield Figure(
            f"queue: 50 of {open_count:,} open{self.what} / the same by key", page, keyed, most=100, ratio_most=3
        )
        few_address, _ = turned_to(self.some, self.many, lambda: first_page(clients[self.some]))
        many, some = in_turn(
            (self.many, lambda: get(ann, address)), (self.some, lambda: get(clients[self.some], few_address))
        )
        yield Figure(f"queue: {open_count:,} open{self.what} / {few_open:,} open", many, some, ratio_most=1.2)

    def drop(self) -> None:
        databases.drop(self.many)
        databases.drop(self.some)


def get(client: Client, address: str) -> str:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")
    return response.content.decode()


def first_page(client: Client) -> tuple[str, list[int]]:
    """The address of the queue, and the requests that its first page shows."""
    response = client.get("/", follow=True)
    address = response.redirect_chain[-1][0] if response.redirect_chain else "/"
    html = get(client, address)
    shown = [int(pk) for pk in dict.fromkeys(re.findall(r'href="[^"]*/R-(\d+)/[^"]*"\s+hx-get', html))]
    if len(shown) < 50:
        raise RuntimeError(f"{address} shows {len(shown)} requests instead of 50")
    return address, shown[:50]


def with_rows(shown: list[int]) -> Callable[[Callable[[], object]], None]:
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


def turned_to(name: str, back: str, work: Callable[[], T]) -> T:
    """Do it in one database, and go back to the other."""
    databases.turn_to(name)
    try:
        return work()
    finally:
        databases.turn_to(back)


def in_turn(first: Named, second: Named) -> tuple[float, float]:
    """Medians of both, a few of the one and a few of the other in turn: each change costs a new connection."""
    found: list[list[float]] = [[], []]
    for _ in range(4):
        for number, (name, work) in enumerate((first, second)):
            found[number] += turned_to(name, first[0], lambda work=work: medians([work], runs=5, warm=2))  # type: ignore[misc]
    return tuple(sorted(one)[len(one) // 2] for one in found)  # type: ignore[return-value]
