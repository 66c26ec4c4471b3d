"""The sentence above the numbers. It says what follows from them, and says so when nothing does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from cockpit.pages import words
from dashboards.reading import Numbers, Slice
from delivery.measures.utilization import Basis

TENTH = Decimal("0.05")  # below this the gap reads 0.0


def percent(value: Decimal | None) -> str:
    return words.not_known() if value is None else f"{words.number(value, 1)}{words.NBSP}%"


def month_words(month: date) -> str:
    return formats.date_format(month, pgettext("month pattern", "F Y"))


def answer(numbers: Numbers, basis: Basis, name: str = "") -> str:
    """`name`: of the person to whom the page is narrowed."""
    text = _answer(numbers, basis)
    return _("%(name)s: %(sentence)s") % {"name": name, "sentence": text} if name else text


def _answer(numbers: Numbers, basis: Basis) -> str:
    whole = numbers.whole
    value, gap = whole.totals.utilization(basis), whole.gap_pt(basis)
    said = {"value": percent(value), "month": month_words(numbers.trend[-1].month), "basis": basis}
    if value is None:
        return _no_capacity(numbers, said)
    if numbers.running and numbers.last:
        said["month"] = _("%(month)s so far (to %(day)s)") % {
            "month": said["month"],
            "day": words.day(numbers.last).replace(f"{words.NBSP}{numbers.last.year}", ""),
        }
    if gap is None:
        return _beside_before(numbers, basis, value, said)
    said["gap"] = words.number(abs(gap), 1)
    if abs(gap) < TENTH:
        return _("Billable utilization is %(value)s in %(month)s, on target.") % said
    if gap > 0:
        return _("Billable utilization is %(value)s in %(month)s, %(gap)s pt above target.") % said
    return _below(said, explaining(numbers.units, basis))


def _beside_before(numbers: Numbers, basis: Basis, value: Decimal, said: dict[str, str]) -> str:
    """Without a target it is held against the month before."""
    before = numbers.before.utilization(basis)
    if before is None:
        return _("Billable utilization is %(value)s in %(month)s.") % said
    said |= {"before": month_words(numbers.trend[-2].month), "gap": words.number(abs(value - before), 1)}
    if abs(value - before) < TENTH:
        return _("Billable utilization is %(value)s in %(month)s, as in %(before)s.") % said
    if value > before:
        text = _("Billable utilization is %(value)s in %(month)s, %(gap)s pt above %(before)s.") % said
    else:
        text = _("Billable utilization is %(value)s in %(month)s, %(gap)s pt below %(before)s.") % said
    units = explaining(_held_to_before(numbers, basis, before), basis, up=value > before)
    return text if units is None else f"{text} {_from(units)}"


def _held_to_before(numbers: Numbers, basis: Basis, whole: Decimal) -> list[Slice]:
    """The units with what each had reached in the month before as its target; `whole` where one is new."""
    found = []
    for one in numbers.units:
        before = numbers.before_units.get(one.key)
        rate = before.utilization(basis) if before else None
        found.append(replace(one, target=whole if rate is None else rate))
    return found


def _from(units: Sequence[Slice]) -> str:
    if len(units) > 3:
        text = ngettext("It is spread over %(count)s unit.", "It is spread over %(count)s units.", len(units))
        return text % {"count": len(units)}
    return _("It comes from %(units)s.") % {"units": ", ".join(one.name or _("people without a unit") for one in units)}


def _no_capacity(numbers: Numbers, said: dict[str, str]) -> str:
    if numbers.whole.totals.worked_h:
        hours = words.number(numbers.whole.totals.worked_h, 0)
        return _("Utilization cannot be said for %(month)s: %(hours)s h were recorded, but no capacity is known.") % {
            **said,
            "hours": hours,
        }
    return _("Nothing is known of %(month)s yet.") % said


def _below(said: dict[str, str], units: Sequence[Slice] | None) -> str:
    if units is None:
        return _("Billable utilization is %(value)s in %(month)s, %(gap)s pt below target.") % said
    if len(units) > 3:
        text = ngettext(
            "Billable utilization is %(value)s in %(month)s, %(gap)s pt below target, spread over %(count)s unit.",
            "Billable utilization is %(value)s in %(month)s, %(gap)s pt below target, spread over %(count)s units.",
            len(units),
        )
        return text % {**said, "count": len(units)}
    texts = {
        1: _("Billable utilization is %(value)s in %(month)s, %(gap)s pt below target; %(a)s explains it."),
        2: _("Billable utilization is %(value)s in %(month)s, %(gap)s pt below target; %(a)s and %(b)s explain it."),
        3: _(
            "Billable utilization is %(value)s in %(month)s, %(gap)s pt below target; "
            "%(a)s, %(b)s and %(c)s explain it."
        ),
    }
    names = dict(zip("abc", [one.name or _("people without a unit") for one in units], strict=False))
    return texts[len(units)] % {**said, **names}


def explaining(units: Sequence[Slice], basis: Basis, *, up: bool = False) -> list[Slice] | None:
    """The fewest units without whose missing hours (`up`: extra hours) the target would have been met.

    None where that cannot be said.
    """
    if len(units) < 2:
        return None
    gaps = [(gap, one) for one in units if (gap := one.gap_h(basis)) is not None]
    if len(gaps) < len(units):
        return None
    gaps = [(-gap, one) for gap, one in gaps] if up else gaps
    missing, found = sum((gap for gap, _ in gaps), Decimal()), []
    for gap, one in sorted(gaps, key=lambda pair: pair[0]):
        if missing >= 0 or gap >= 0:
            break
        found.append(one)
        missing -= gap
    return found or None


def week_words(week: date) -> str:
    """ "42", and in the tooltip its days."""
    return str(week.isocalendar().week)


def week_days(week: date) -> str:
    return _("week %(number)s, %(first)s to %(last)s") % {
        "number": week_words(week),
        "first": words.day(week),
        "last": words.day(week + timedelta(days=6)),
    }
