"""Reading and writing Odoo: against bare calls to the same Odoo, in the same run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from tests.bench.figures import Figure
from tests.bench.odoo import large_odoo

LINES = 1_000_000
PARTS = ("first_load", "rounds", "hints", "effects")


def run(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    """Each part gives its figures: `figures(odoo, scale, say)`."""
    with large_odoo(max(2_000, round(LINES * scale)), say) as odoo:
        for part in PARTS:
            yield from import_module(f"tests.bench.sync.{part}").figures(odoo, scale, say)
