"""Rows to pictures: geometry of the drawing that is there at once, Plotly's JSON of the one that replaces it. Pure.

Colours are names of the page's tokens; the script puts in their values, so that one figure serves light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import get_format

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 240, 44, 76, 16, 28


@dataclass(frozen=True)
class Point:
    """`value` and `target` in per cent, None where nothing is known."""

    label: str
    value: Decimal | None
    target: Decimal | None
    said: str  # the value as people read it
    url: str
    so_far: bool = False  # its month is not over


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    point: Point


@dataclass(frozen=True)
class Line:
    """An SVG of the trend: `paths` (no data is a gap in the line), ticks as (y, text), labels as (x, text)."""

    width: int
    height: int
    left: int
    right: float
    paths: list[str]
    so_far: str  # from the last whole month to the running one
    targets: list[str]
    target_label: tuple[float, str] | None
    ticks: list[tuple[float, str]]
    labels: list[tuple[float, str]]
    marks: list[Mark]


def line(points: Sequence[Point]) -> Line | None:
    """None when there is nothing to draw: nothing known, or only naught and no target."""
    known = [float(value) for point in points for value in (point.value, point.target) if value is not None]
    if not any(point.value is not None for point in points) or not any(known):
        return None
    low, high, step = _range(known)

    def y(value: Decimal | float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - (float(value) - low) / (high - low)), 1)

    gap = (WIDTH - LEFT - RIGHT) / max(len(points) - 1, 1)
    xs = [round(LEFT + gap * at, 1) for at in range(len(points))]
    marks = [Mark(x, y(p.value), p) for x, p in zip(xs, points, strict=True) if p.value is not None]
    aims = [None if point.target is None else y(point.target) for point in points]
    last = aims[-1]
    values = [None if point.value is None else y(point.value) for point in points]
    whole = [None if point.so_far else value for point, value in zip(points, values, strict=True)]
    running = points[-1].so_far
    return Line(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        paths=_paths(xs, whole),
        so_far=next(iter(_paths(xs[-2:], values[-2:])), "") if running else "",
        targets=_paths(xs, aims),
        target_label=None if last is None else (last + 4, f"{float(points[-1].target or 0):g}"),
        ticks=[(y(value), f"{value:g}") for value in _steps(low, high, step)],
        labels=[(x, point.label) for at, (x, point) in enumerate(zip(xs, points, strict=True)) if at % 3 == 0],
        marks=marks,
    )


def spark(values: Sequence[Decimal | None]) -> str:
    """The points of a polyline, 64 × 20; empty with fewer than two values."""
    known = [float(value) for value in values if value is not None]
    if len(known) < 2 or len(values) < 2:
        return ""
    low, span = min(known), (max(known) - min(known)) or 1.0
    gap = 64 / (len(values) - 1)
    return " ".join(
        f"{at * gap:.1f},{18 - 16 * (float(value) - low) / span:.1f}"
        for at, value in enumerate(values)
        if value is not None
    )


def trend_figure(points: Sequence[Point], name: str, target_name: str) -> dict[str, Any]:
    """Plotly's `data` and `layout`. `customdata` holds what is said on hover and where a click leads."""
    labels = [point.label for point in points]
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": labels,
            "y": [None if point.so_far else _rounded(point.value) for point in points],
            "customdata": [[point.said, point.url] for point in points],
            "hovertemplate": "%{x}: %{customdata[0]}<extra></extra>",
            "line": {"color": "--c1", "width": 2.5},
            "marker": {"color": "--c1", "size": 7},
        }
    ]
    if any(point.target is not None for point in points):
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": target_name,
                "x": labels,
                "y": [_rounded(point.target) for point in points],
                "hovertemplate": "%{x}: %{y}<extra>" + target_name + "</extra>",
                "line": {"color": "--ink-3", "width": 1.5, "dash": "dash"},
            }
        )
    if points[-1].so_far:
        data.append(_so_far(points[-2:], name))
    known = [float(value) for point in points for value in (point.value, point.target) if value is not None]
    return {"data": data, "layout": _layout(*_range(known)) if known else _layout(0, 10, 2)}


def _so_far(points: Sequence[Point], name: str) -> dict[str, Any]:
    """A dashed line to the hollow mark of the month that is not over."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [point.label for point in points],
        "y": [_rounded(point.value) for point in points],
        "customdata": [[point.said, point.url] for point in points],
        "hovertemplate": "%{x}: %{customdata[0]}<extra></extra>",
        "line": {"color": "--c1", "width": 2.5, "dash": "dot"},
        "marker": {
            "color": "--c1",
            "size": 9,
            "symbol": ["circle", "circle-open"][-len(points) :],
            "line": {"width": 2},
        },
    }


def _rounded(value: Decimal | None) -> float | None:
    return None if value is None else round(float(value), 2)


def _layout(low: float, high: float, step: float) -> dict[str, Any]:
    axis = {"gridcolor": "--grid", "linecolor": "--line-2", "tickfont": {"color": "--ink-3"}, "zeroline": False}
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "--font", "size": 12, "color": "--ink-2"},
        "margin": {"l": 44, "r": 16, "t": 16, "b": 36},
        "showlegend": False,
        "hovermode": "closest",
        "xaxis": {**axis, "showgrid": False, "type": "category", "tickangle": 0, "nticks": 5, "automargin": True},
        "yaxis": {**axis, "ticksuffix": " %", "range": [low, high + step / 10], "tick0": low, "dtick": step},
        "separators": get_format("DECIMAL_SEPARATOR") + get_format("THOUSAND_SEPARATOR"),
        "dragmode": False,
    }


def heat_class(value: Decimal | None, target: Decimal | None) -> str:
    """A step of the scale around the target: blue below, orange above, none without data.

    Where no target is (or it is naught: a unit that does not bill) a step of one grey, which says only how much.
    """
    if value is None:
        return "none"
    if not target:
        return f"plain-{sum(value >= limit for limit in (25, 50, 75)) + 1}"
    distance = float(value) - float(target)
    for limit, name in ((-25, "under-3"), (-12, "under-2"), (-4, "under-1"), (4, "on"), (15, "over-1")):
        if distance < limit:
            return name
    return "over-2"


def _range(values: Sequence[float]) -> tuple[float, float, float]:
    """From naught, unless corrections go below it: a flat line is to look flat."""
    low, high = min(0.0, *values), max(10.0, *values)
    step = next(each for each in (2, 5, 10, 20, 50, 100, 1000) if (high - low) / each <= 5 or each == 1000)
    bottom, top = low // step * step, -(-high // step) * step
    return bottom, top if top > bottom else bottom + step, step


def _steps(low: float, high: float, step: float) -> list[float]:
    return [low + step * at for at in range(int((high - low) / step) + 1)]


def _paths(xs: Sequence[float], ys: Sequence[float | None]) -> list[str]:
    paths: list[list[str]] = [[]]
    for x, y in zip(xs, ys, strict=True):
        if y is None:
            paths.append([])
        else:
            paths[-1].append(f"{x},{y}")
    return [" ".join(path) for path in paths if len(path) > 1]
