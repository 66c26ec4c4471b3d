"""A window's pages in the order of ids, read ahead: the next ones are asked for while the last is being written.

Whole columns in stretches of ids where the server gives them; rows by page otherwise. How many are asked for at once,
and how long a stretch is, follows how the server answers: it never gets more than it can take.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from integrations.odoo.client import BusyError, OdooClient

from .maps import FittedMap
from .reader import Page, gather, highest_id, read_page
from .window import Window

ROWS = 10_000  # a page's worth: large enough that a call's own cost is nothing, small enough to hold several
SHORTEST, LONGEST = 500, 20_000_000  # ids in a stretch
QUICK_S, SLOW_S = 2.0, 8.0  # a call faster than this may be longer; a slower one is halved, and asked for alone
TRIES, PAUSE_S = 5, 1.0  # of a call that Odoo is too busy for

Gathered = tuple[Page, float, bool]  # the page, seconds, whether Odoo was busy


@dataclass(frozen=True)
class Part:
    """`upto`: all records of the window up to this id are read; None with the last part."""

    page: Page
    upto: int | None


@dataclass
class Pace:
    """How much is asked for at once: told how calls went, it says how long the next stretch is. Pure."""

    readers: int
    rows: int = ROWS  # wanted in a stretch
    ids: int = field(init=False)
    allowed: int = field(init=False)

    def __post_init__(self) -> None:
        self.ids, self.allowed = self.rows, self.readers

    def went(self, rows: int, ids: int, seconds: float, *, waited: bool = False) -> None:
        """A stretch of `ids` gave `rows` in `seconds`; `waited`: Odoo said that it was busy."""
        if waited or seconds > SLOW_S:
            self.ids, self.allowed = max(SHORTEST, min(self.ids, ids) // 2), 1
            return
        if seconds < QUICK_S:
            self.allowed = min(self.readers, self.allowed + 1)
            if rows < self.rows // 2:
                self.ids = min(LONGEST, max(self.ids, ids * (4 if not rows else 2)))
        if rows > self.rows * 2:
            self.ids = max(SHORTEST, self.ids // 2)


def by_rows(client: OdooClient, fitted: FittedMap, window: Window, *, limit: int) -> Iterator[Part]:
    """Page by page; one that is not full is the last."""
    while True:
        page = patiently(partial(read_page, client, fitted, window, limit=limit))
        if len(page) < limit:
            yield Part(page, None)
            return
        yield Part(page, page.ids[-1])
        window = window.after(page.ids[-1])


def by_columns(clients: Sequence[OdooClient], fitted: FittedMap, window: Window, *, rows: int = ROWS) -> Iterator[Part]:
    """Stretches of ids in their order, one asked for by each client at once. Raises what the first failing call did."""
    last = highest_id(clients[0], fitted, window.domain())
    pace, after = Pace(len(clients), rows), window.last_id
    under_way: deque[tuple[Future[Gathered], int, int]] = deque()
    with _pool(clients) as gathering:
        try:
            while after < last or under_way:
                while after < last and len(under_way) <= pace.allowed:  # one more waits for whoever is free first
                    upto = min(after + pace.ids, last)
                    under_way.append((gathering(fitted, window.after(after), upto), after, upto))
                    after = upto
                asked, low, upto = under_way.popleft()
                page, seconds, waited = asked.result()
                pace.went(len(page), upto - low, seconds, waited=waited)
                yield Part(page, None if upto >= last else upto)
        finally:
            for asked, *_bounds in under_way:
                asked.cancel()
    if last <= window.last_id:
        yield Part(Page({name: [] for name in fitted.fields}), None)


@contextmanager
def _pool(clients: Sequence[OdooClient]) -> Iterator[Callable[..., Future[Gathered]]]:
    """A thread for each connection; what is given back asks them for a stretch."""
    free, mine = list(clients), threading.local()

    def take_one() -> None:
        mine.client = free.pop()

    def read(fitted: FittedMap, window: Window, upto: int) -> Gathered:
        began, tries = time.perf_counter(), list[int]()
        page = patiently(partial(gather, mine.client, fitted, window.domain(), after=window.last_id, upto=upto), tries)
        return page, time.perf_counter() - began, bool(tries)

    with ThreadPoolExecutor(len(clients), thread_name_prefix="pull", initializer=take_one) as pool:
        yield lambda fitted, window, upto: pool.submit(read, fitted, window, upto)


def patiently(call: Callable[[], Page], waited: list[int] | None = None) -> Page:
    """Ask again, later and later, while Odoo is too busy; it is not asked more often than that."""
    for time_ in range(1, TRIES + 1):
        try:
            return call()
        except BusyError:
            if time_ == TRIES:
                raise
            if waited is not None:
                waited.append(time_)
            time.sleep(PAUSE_S * 2 ** (time_ - 1))
    raise AssertionError("the last try returns or raises")
