"""What of the utilization somebody looks at: all of it stands in the address. Pure but for reading names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from delivery.measures.utilization import Basis

KINDS = ("billable", "other")


@dataclass(frozen=True)
class Filters:
    """`month` its first day. The last four only narrow the rows behind a mark."""

    month: date
    basis: Basis = "net"
    unit: int | None = None
    person: int | None = None
    week: date | None = None
    client: int | None = None
    kind: str = ""
    after: str = ""

    def query(self, **changes: Any) -> str:
        """The address's query of this with `changes`; what is empty or usual is left out."""
        one = replace(self, **changes)
        said: list[tuple[str, Any]] = [("month", f"{one.month:%Y-%m}")]
        said += [("basis", one.basis)] if one.basis != "net" else []
        said += [(name, value) for name in ("unit", "person", "week", "client", "kind", "after")
                 if (value := getattr(one, name)) not in (None, "")]  # fmt: skip
        return "?" + urlencode(said)


def read(data: QueryDict, *, last: date) -> Filters:
    """From an address. What is not understood counts as not said; without a month it is that of `last`.

    On the first days of a month its numbers say little, so the month before is shown until three days are over.
    """
    usual = last if last.day >= 3 else last.replace(day=1) - timedelta(days=1)
    kind = data.get("kind", "")
    return Filters(
        month=_month(data.get("month", "")) or usual.replace(day=1),
        basis="gross" if data.get("basis") == "gross" else "net",
        unit=_number(data.get("unit", "")),
        person=_number(data.get("person", "")),
        week=_day(data.get("week", "")),
        client=_number(data.get("client", "")),
        kind=kind if kind in KINDS else "",
        after=data.get("after", "")[:40],
    )


def months_back(month: date, count: int) -> date:
    total = month.year * 12 + month.month - 1 - count
    return date(total // 12, total % 12 + 1, 1)


def end_of(month: date) -> date:
    return months_back(month, -1) - timedelta(days=1)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _month(text: str) -> date | None:
    return _day(f"{text}-01") if len(text) == 7 else None
