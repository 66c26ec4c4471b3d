"""Reading and writing Odoo: against bare calls to the same Odoo, in the same run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from tests.bench.figures import Figure

FEW_LINES, LINES = 10_000, 1_000_000
PARTS = ("rounds", "first_load", "hints", "effects")


def run(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    """Each part gives its figures: `figures(odoo, scale, say)`. The first finds few timesheets and leaves many."""
    from tests.bench.odoo import large_odoo  # not above: the processes of this package begin before Django does

    with large_odoo(max(1_000, round(FEW_LINES * scale)), say) as odoo:
        for part in PARTS:
            yield from import_module(f"tests.bench.sync.{part}").figures(odoo, scale, say)
