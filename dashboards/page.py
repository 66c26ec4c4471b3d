"""The utilization page as templates need it: numbers in words, addresses behind every mark."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from cockpit.accounts.models import Person, Unit
from cockpit.pages import words
from dashboards import catalogue, charts, reading, saying
from dashboards.filters import Filters
from dashboards.models import Rollup
from dashboards.reading import Numbers, PersonRow, Slice
from dashboards.scope import Scope
from delivery.measures.utilization import Totals

LATEST = 4  # weeks on a narrow screen
MISSING_WEEKS = "timesheets.missing"  # the kind of case


@dataclass(frozen=True)
class Figure:
    """One of the five numbers. `state` is "" | ok | late.

    `trend`: the points of a spark. `cases`: where the cases are, for who may see any.
    """

    name: str
    value: str
    note: str
    url: str
    trend: str = ""
    state: str = ""
    cases: str = ""


@dataclass(frozen=True)
class Cell:
    text: str
    heat: str
    title: str
    url: str


@dataclass(frozen=True)
class Row:
    name: str
    url: str
    cells: list[Cell]
    mean: str

    @property
    def latest(self) -> list[Cell]:
        """The last weeks, the newest first: all that a narrow screen has room for."""
        return self.cells[: -LATEST - 1 : -1]


@dataclass(frozen=True)
class Line:
    """A unit or a client in its table."""

    name: str
    above: str
    url: str
    capacity: str
    billable: str
    other: str
    value: str
    target: str
    gap_pt: str
    gap_h: str
    state: str


@dataclass(frozen=True)
class Choice:
    value: str
    name: str
    chosen: bool


@dataclass(frozen=True)
class Page:
    filters: Filters
    answer: str
    aside: str
    no_target: bool
    figures: list[Figure]
    line: charts.Line | None
    figure: dict[str, Any]
    trend: list[dict[str, str]]
    weeks: list[tuple[str, str]]
    heat: str
    heat_scales: frozenset[str]
    dashed: bool
    idle: bool  # capacity, but nothing billable in any month
    so_far: bool
    people: list[Row]
    more: str
    units: list[Line]
    clients: list[Line]
    lost: str
    empty: bool
    months: list[Choice]
    unit_choices: list[Choice]
    chips: list[tuple[str, str]]
    metrics: tuple[catalogue.Metric, ...] = field(default=catalogue.UTILIZATION_PAGE)

    @property
    def latest_weeks(self) -> list[tuple[str, str]]:
        return self.weeks[: -LATEST - 1 : -1]

    @property
    def more_query(self) -> str:
        return self.filters.query(after=self.more)

    @property
    def first_query(self) -> str:
        return self.filters.query(after="")


def kept_page(rollup: Rollup, scope: Scope, filters: Filters) -> Page:
    """The page in the reader's language, from the cache as long as nothing in it has changed."""

    def make() -> Page:
        return page(reading.numbers(rollup, scope, filters), scope, filters, reading.months_known(rollup))

    return reading.kept(f"page-{get_language()}", rollup, scope, filters, make)


def page(numbers: Numbers, scope: Scope, filters: Filters, known: Iterable[date]) -> Page:
    """Two queries for the names of what was chosen."""
    points = [
        charts.Point(
            label=words.day(month.month).split(words.NBSP, 1)[1],
            value=(value := month.totals.utilization(filters.basis)),
            target=month.target,
            said=saying.percent(value),
            url=rows_url(filters, month=month.month),
            so_far=numbers.running and month is numbers.trend[-1],
        )
        for month in numbers.trend
    ]
    people = [_row(row, numbers, filters) for row in numbers.people]
    scales = frozenset(cell.heat.split("-")[0] for row in people for cell in row.cells) - {"none"}
    chips = _chips(filters, scope)
    name = chips[-1][0] if filters.person is not None else ""
    units = Unit.objects.filter(pk__in=scope.units).order_by("path")
    return Page(
        filters=filters,
        answer=saying.answer(numbers, filters.basis, name),
        aside=_aside(numbers, filters),
        no_target=numbers.whole.target is None and bool(numbers.whole.totals.gross_min),
        figures=_figures(numbers, filters, name),
        line=charts.line(points),
        figure=charts.trend_figure(points, _("Billable utilization"), _("Target")),
        trend=[_trend_row(month, point) for month, point in zip(numbers.trend, points, strict=True)],
        weeks=[(saying.week_words(week), saying.week_days(week)) for week in numbers.weeks],
        heat=_heat_words(scales),
        heat_scales=scales,
        dashed=any(month.target is not None for month in numbers.trend),
        so_far=numbers.running,
        idle=any(point.value is not None for point in points),
        people=people,
        more=numbers.more,
        units=[_line(one, filters, rows_url(filters, unit=one.key or None)) for one in numbers.units],
        clients=[_line(one, filters, rows_url(filters, client=one.key)) for one in numbers.clients],
        lost=words.number(numbers.lost_h, 1) if numbers.lost_h else "",
        empty=not numbers.whole.totals.worked_h and not numbers.whole.totals.gross_min,
        months=[Choice(f"{one:%Y-%m}", saying.month_words(one), one == filters.month) for one in known],
        unit_choices=[Choice(str(one.pk), one.name, one.pk == filters.unit) for one in units],
        chips=chips,
    )


def rows_url(filters: Filters, **changes: Any) -> str:
    """Where the rows behind a mark are."""
    return reverse("utilization_rows") + filters.query(after="", **changes)


def page_url(filters: Filters, **changes: Any) -> str:
    return reverse("utilization") + filters.query(after="", **changes)


def hours(value: Decimal) -> str:
    return f"{words.number(value, 0)}{words.NBSP}h"


def signed(value: Decimal | None, places: int = 1) -> str:
    if value is None:
        return ""
    text = words.number(value, places)
    return text if value < 0 else f"+{text}"


def _aside(numbers: Numbers, filters: Filters) -> str:
    gap = numbers.whole.gap_h(filters.basis)
    if gap is None:
        return _("There is no target to hold it against.") if numbers.whole.totals.gross_min else ""
    if gap < 0:
        return _("That is %(hours)s of billable work less than the target asks for.") % {"hours": hours(-gap)}
    return _("That is %(hours)s of billable work more than the target asks for.") % {"hours": hours(gap)}


def _figures(numbers: Numbers, filters: Filters, name: str) -> list[Figure]:
    now, before, basis = numbers.whole.totals, numbers.before, filters.basis
    history = [month.totals for month in numbers.trend]
    value, gap = now.utilization(basis), numbers.whole.gap_pt(basis)
    if numbers.whole.target is None:
        note = _("no target")
    else:
        note = _("target %(target)s, %(gap)s pt") % {"target": saying.percent(numbers.whole.target), "gap": signed(gap)}
    state = "" if gap is None else "ok" if gap >= 0 else "late"
    missing, same = numbers.missing_h, numbers.so_far
    capacity = _("of %(gross)s on the calendar") if basis == "net" else _("%(gross)s on the calendar, before leave")
    series: list[list[Decimal | None]] = [
        [one.utilization(basis) for one in history],
        [one.billable_h for one in history],
        [one.capacity_h(basis) for one in history],
        [one.other_h for one in history],
    ]
    sparks = [charts.spark(values) for values in series]
    return [
        Figure(_("Billable utilization"), saying.percent(value), note, rows_url(filters), sparks[0], state),
        Figure(_("Billable hours"), hours(now.billable_h),
               _change(now.billable_h, before.billable_h, same.billable_h if same else None, numbers),
               rows_url(filters, kind="billable"), sparks[1]),
        Figure(_("Capacity"), hours(now.capacity_h(basis)), capacity % {"gross": hours(now.capacity_h("gross"))},
               rows_url(filters), sparks[2]),
        Figure(_("Other hours"), hours(now.other_h),
               _change(now.other_h, before.other_h, same.other_h if same else None, numbers),
               rows_url(filters, kind="other"), sparks[3]),
        Figure(_("Not recorded"), hours(missing), _part(missing, now), rows_url(filters),
               cases=_cases_url(filters, name)),
    ]  # fmt: skip


def _cases_url(filters: Filters, name: str) -> str:
    """The cases of missing weeks."""
    asked = {"kind": MISSING_WEEKS, "unit": filters.unit or "", "q": name}
    return reverse("exceptions") + "?" + urlencode({key: value for key, value in asked.items() if value})


def _change(now: Decimal, before: Decimal, same: Decimal | None, numbers: Numbers) -> str:
    """A month that is not over is compared with as many working days of the month before."""
    if not numbers.running:
        return _("%(change)s h on the month before") % {"change": signed(now - before, 0)}
    if same is None or numbers.so_far is None:
        return _("%(before)s in the month before") % {"before": hours(before)}
    text = ngettext(
        "%(change)s h on the first %(days)s working day of the month before",
        "%(change)s h on the first %(days)s working days of the month before",
        numbers.so_far.days,
    )
    return text % {"change": signed(now - same, 0), "days": numbers.so_far.days}


def _part(missing: Decimal, totals: Totals) -> str:
    net = totals.capacity_h("net")
    return _("%(part)s of net capacity") % {"part": saying.percent(missing / net * 100 if net > 0 else None)}


def _heat_words(scales: Collection[str]) -> str:
    if not {"under", "on", "over"} & set(scales):
        return _("Per cent billable, by name; the stronger, the more.")
    if "plain" in scales:
        return _(
            "Per cent billable, by name. Blue is below the target of the person’s unit, orange above, grey without."
        )
    return _("Per cent billable, by name. Blue is below the target of the person’s unit, orange above.")


def _trend_row(month: Any, point: charts.Point) -> dict[str, str]:
    return {
        "name": saying.month_words(month.month),
        "value": point.said,
        "target": saying.percent(month.target) if month.target is not None else "",
        "billable": words.number(month.totals.billable_h, 1),
        "gross": words.number(month.totals.capacity_h("gross"), 1),
        "net": words.number(month.totals.capacity_h("net"), 1),
        "url": point.url,
    }


def _row(row: PersonRow, numbers: Numbers, filters: Filters) -> Row:
    cells = []
    for week, totals, target in zip(numbers.weeks, row.weeks, row.targets, strict=True):
        value = totals.utilization(filters.basis) if totals else None
        url = rows_url(filters, week=week, person=row.person_id)
        title = f"{row.name}, {saying.week_days(week)}: {_said(totals, value)}"
        heat = charts.heat_class(value, target)
        cells.append(Cell(_short(totals, value), heat, title, url))
    mean = row.total.utilization(filters.basis)
    return Row(row.name, page_url(filters, person=row.person_id), cells, "–" if mean is None else words.number(mean, 0))


def _short(totals: Totals | None, value: Decimal | None) -> str:
    if value is not None:
        return words.number(value, 0)
    return _("leave") if totals and totals.leave_min else "–"


def _said(totals: Totals | None, value: Decimal | None) -> str:
    if totals is None:
        return _("nothing known")
    said = {"billable": words.number(totals.billable_h, 1), "net": words.number(totals.capacity_h("net"), 1)}
    if value is None:
        return _("%(billable)s h billable, no capacity") % said
    return _("%(billable)s h billable of %(net)s h net capacity") % said


def _line(one: Slice, filters: Filters, url: str) -> Line:
    value = one.totals.utilization(filters.basis)
    gap = one.gap_pt(filters.basis) if one.target else None  # who is not there to bill misses nothing
    return Line(
        name=one.name,
        above=one.above,
        url=url,
        capacity=words.number(one.totals.capacity_h(filters.basis), 1),
        billable=words.number(one.totals.billable_h, 1),
        other=words.number(one.totals.other_h, 1),
        value="" if value is None else words.number(value, 1),
        target="" if one.target is None else words.number(one.target, 1),
        gap_pt=signed(gap),
        gap_h="" if gap is None else signed(one.gap_h(filters.basis)),
        state="" if gap is None else "ok" if gap >= 0 else "late",
    )


def _chips(filters: Filters, scope: Scope) -> list[tuple[str, str]]:
    """What narrows the page, each with the address without it. A name shows only what one may see anyway."""
    found = []
    if filters.unit in scope.units:
        name = Unit.objects.filter(pk=filters.unit).values_list("name", flat=True).first()
        found.append((name or "", page_url(filters, unit=None)))
    if filters.person is not None:
        name = Person.objects.filter(pk=filters.person).values_list("name", flat=True).first()
        found.append((name or "", page_url(filters, person=None)))
    return found
