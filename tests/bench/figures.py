"""One figure: what was measured, what it is held against, and what is wanted."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

MET, SHORT = "met", "short"


@dataclass(frozen=True)
class Figure:
    """`ours` and `reference` in `unit`; the goal is a ratio, an amount, or both, that must not be exceeded.

    `ratio_least`: the ratio is reference by ours and must be reached: "ten times as fast". `gain_least`: it is ours by
    reference and must be reached, for amounts of which more is better: rows a second.
    """

    name: str
    ours: float
    reference: float | None = None
    unit: str = "ms"
    most: float | None = None  # of `ours`
    ratio_most: float | None = None
    ratio_least: float | None = None
    gain_least: float | None = None

    @property
    def ratio(self) -> float | None:
        if self.reference is None:
            return None
        first, second = (self.reference, self.ours) if self.ratio_least else (self.ours, self.reference)
        return first / second if second else float("inf")

    @property
    def verdict(self) -> str:
        within = self.most is None or self.ours <= self.most
        if self.ratio is not None:
            within &= self.ratio_most is None or self.ratio <= self.ratio_most
            within &= self.ratio_least is None or self.ratio >= self.ratio_least
            within &= self.gain_least is None or self.ratio >= self.gain_least
        return MET if within else SHORT

    @property
    def goal(self) -> str:
        parts = [f"≤ {self.ratio_most:g}×"] if self.ratio_most else []
        parts += [f"≥ {least:g}×"] if (least := self.ratio_least or self.gain_least) else []
        parts += [f"≤ {self.most:g} {self.unit}"] if self.most is not None else []
        return ", ".join(parts) or "none"

    def line(self) -> str:
        reference = "–" if self.reference is None else f"{self.reference:,.1f} {self.unit}"
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}×"
        return "  ".join(
            (f"{self.name:58}", f"{f'{self.ours:,.1f} {self.unit}':>13}", f"{reference:>13}", f"{ratio:>8}",
             f"{self.goal:18}", self.verdict)
        )  # fmt: skip


HEAD = "  ".join((f"{'name':58}", f"{'ours':>13}", f"{'reference':>13}", f"{'ratio':>8}", f"{'goal':18}", "met|short"))


def medians(works: Iterable[Callable[[], object]], *, runs: int = 15, warm: int = 3) -> list[float]:
    """The median milliseconds of each, from `runs` rounds in which all of them take their turn."""
    each = list(works)
    for work in each * warm:
        work()
    spent: list[list[float]] = [[] for _ in each]
    gc.collect()
    gc.disable()
    try:
        for _ in range(runs):
            for number, work in enumerate(each):
                begin = time.perf_counter()
                work()
                spent[number].append(1000 * (time.perf_counter() - begin))
    finally:
        gc.enable()
    return [statistics.median(one) for one in spent]
