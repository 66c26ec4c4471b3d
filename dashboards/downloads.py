"""What a page shows, as CSV: the same numbers in the same scope. Each download is written into the audit trail."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from cockpit import audit
from cockpit.accounts.models import Person
from dashboards import drill, reading
from dashboards.filters import Filters
from dashboards.models import Rollup
from dashboards.reading import Numbers, Slice
from dashboards.scope import Scope
from delivery.measures.utilization import Totals

Row = Sequence[Any]
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet would take what follows for a formula
LINES_AT_MOST = 100_000


def response(part: str, rollup: Rollup, scope: Scope, filters: Filters, *, actor: Person, at: datetime) -> HttpResponse:
    """`part` is one of PARTS. UTF-8 with a mark, so that spreadsheets read umlauts."""
    rows = list(PARTS[part](rollup, scope, filters))
    _note(part, filters, len(rows) - 1, actor=actor, at=at)
    answer = HttpResponse("\ufeff" + text(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="utilization-{part}-{filters.month:%Y-%m}.csv"'
    return answer


def text(rows: Iterable[Row]) -> str:
    """Comma-separated, numbers with a point; words never begin like a formula."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
    return out.getvalue()


def harmless(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, date | int):
        return str(cell)
    said = str(cell)
    return f"'{said}" if said.startswith(RISKY) or said.lstrip().startswith(RISKY) else said


@transaction.atomic
def _note(part: str, filters: Filters, rows: int, *, actor: Person, at: datetime) -> None:
    asked = {name: str(value) for name, value in asdict(filters).items() if value not in (None, "")}
    said = {"part": part, "rows": rows, "filters": asked}
    audit.record(f"accounts.person:{actor.pk}", "dashboards.utilization.export", actor=actor, at=at, data=said)


def _numbers(rollup: Rollup, scope: Scope, filters: Filters) -> Numbers:
    return reading.numbers(rollup, scope, filters)


def _sums(totals: Totals) -> list[Any]:
    gross, net = totals.capacity_h("gross"), totals.capacity_h("net")
    rates = [totals.utilization("net"), totals.utilization("gross")]
    return [_places(each) for each in (gross, net, totals.billable_h, totals.other_h, *rates)]


def _places(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.01"))


def _head(*names: str) -> list[str]:
    sums = [_("Gross capacity, h"), _("Net capacity, h"), _("Billable, h"), _("Other, h")]
    return [*names, *sums, _("Utilization net, %"), _("Utilization gross, %")]


def _trend(rollup: Rollup, scope: Scope, filters: Filters) -> Iterator[Row]:
    yield [*_head(_("Month")), _("Target, %")]
    for one in _numbers(rollup, scope, filters).trend:
        yield [f"{one.month:%Y-%m}", *_sums(one.totals), _places(one.target)]


def _slices(slices: Iterable[Slice]) -> Iterator[Row]:
    for one in slices:
        yield [one.name, *_sums(one.totals), _places(one.target)]


def _units(rollup: Rollup, scope: Scope, filters: Filters) -> Iterator[Row]:
    yield [*_head(_("Unit")), _("Target, %")]
    yield from _slices(_numbers(rollup, scope, filters).units)


def _clients(rollup: Rollup, scope: Scope, filters: Filters) -> Iterator[Row]:
    yield [_("Client"), _("Billable, h"), _("Other, h")]
    for one in _numbers(rollup, scope, filters).clients:
        yield [one.name, _places(one.totals.billable_h), _places(one.totals.other_h)]


def _people(rollup: Rollup, scope: Scope, filters: Filters) -> Iterator[Row]:
    yield _head(_("Person"), _("Week from"))
    found = _numbers(rollup, scope, filters)
    for person in found.people:
        for week, totals in zip(found.weeks, person.weeks, strict=True):
            if totals is not None:
                yield [person.name, week, *_sums(totals)]


def _lines(rollup: Rollup, scope: Scope, filters: Filters) -> Iterator[Row]:
    yield [_("Date"), _("Person"), _("Unit"), _("Client"), _("Project"), _("Text"), _("Hours"), _("Billable"),
           _("Number in Odoo")]  # fmt: skip
    for one in drill.lines(rollup, scope, filters, limit=LINES_AT_MOST):
        yield [one.date, one.person, one.unit, one.client, one.project, one.text, one.hours,
               _("yes") if one.billable else _("no"), one.odoo_id]  # fmt: skip


PARTS: dict[str, Callable[[Rollup, Scope, Filters], Iterator[Row]]] = {
    "trend": _trend,
    "units": _units,
    "clients": _clients,
    "people": _people,
    "rows": _lines,
}
