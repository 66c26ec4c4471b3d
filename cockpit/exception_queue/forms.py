"""What people give with an act: until when, why, of which case."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext_lazy as _

MORNING = time(9)
UNTIL = {
    "hours": _("for three hours"),
    "tomorrow": _("until tomorrow, 9:00"),
    "monday": _("until Monday, 9:00"),
    "weeks": _("for two weeks"),
    "month": _("for four weeks"),
}


def until(given: QueryDict, *, at: datetime) -> datetime | None:
    """The end that was chosen: a date (its morning, in the viewer's zone), else one of UNTIL; None for neither."""
    if day := _day(given.get("date", "")):
        return datetime.combine(day, MORNING, get_current_timezone())
    here = localtime(at)
    ends = {
        "hours": lambda: at + timedelta(hours=3),
        "tomorrow": lambda: _morning(here, 1),
        "monday": lambda: _morning(here, 7 - here.weekday()),
        "weeks": lambda: _morning(here, 14),
        "month": lambda: _morning(here, 28),
    }
    end = ends.get(given.get("until", ""))
    return end() if end else None


def case_number(text: str) -> int | None:
    """The id in "E-12", "e12" or "12"."""
    found = re.fullmatch(r"\s*(?:E-?)?(\d{1,17})(?:\s.*)?", text, re.IGNORECASE | re.ASCII)
    return int(found[1]) if found else None


def chosen(given: QueryDict) -> list[int]:
    """The cases that were ticked, each once."""
    return list(dict.fromkeys(int(one) for one in given.getlist("case") if one.isascii() and one.isdigit()))[:200]


def _morning(here: datetime, days: int) -> datetime:
    return datetime.combine(here.date() + timedelta(days=days), MORNING, here.tzinfo)


def _day(text: str):
    try:
        return parse_date(text)
    except ValueError:
        return None
