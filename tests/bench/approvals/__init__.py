"""Approvals: the queue, decisions, clocks, routes and the back-test, each beside what bare SQL or bare Python takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from tests.bench.figures import Figure

PARTS = ("pages", "decisions", "clocks", "tables")


def run(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    """Each part gives its figures: `figures(scale, say)`, and removes what it made."""
    for part in PARTS:
        yield from import_module(f"tests.bench.approvals.{part}").figures(scale, say)
