"""How many several lists hold, and what one of them adds up to: in one statement, however many lists there are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from approvals.models import Request
from cockpit.pages import words

COUNTED = 1000  # counting stops here: "1,000+" is as good to people, and a long queue stays fast


class Brief(NamedTuple):
    """What of a row is summed."""

    state: str
    due_at: datetime | None
    closed_at: datetime | None
    amount: Decimal | None
    currency: str


class Counts(NamedTuple):
    numbers: dict[str, int]  # of each list, COUNTED + 1 at most
    briefs: list[Brief]  # of the list that is summed; none where there is too much for a sum


def read(lists: Mapping[str, QuerySet[Request]], *, summed: str = "") -> Counts:
    """The lists by any names; `summed` is the one whose rows are wanted for sums. No query where there are no lists."""
    parts: list[str] = []
    params: list[Any] = []
    names: list[str] = []
    for name, rows in lists.items():
        try:
            sql, given = _capped(rows, Brief._fields if name == summed else ("pk",))
        except EmptyResultSet:
            continue
        summing = f"CASE WHEN count(*) <= {COUNTED} THEN jsonb_agg(to_jsonb(found)) END" if name == summed else "NULL"
        parts.append(f"(SELECT jsonb_build_array(count(*), {summing}) FROM ({sql}) found)")  # noqa: S608  of the ORM
        params += given
        names.append(name)
    numbers, briefs = dict.fromkeys(lists, 0), []
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", params)
            told = cursor.fetchone()
        for name, value in zip(names, told, strict=True):
            numbers[name], rows_of = json.loads(value, parse_float=Decimal) if isinstance(value, str) else value
            briefs += [_brief(row) for row in rows_of or []]
    return Counts(numbers, briefs)


def brief(request: Request) -> Brief:
    return Brief(*(getattr(request, name) for name in Brief._fields))


def in_words(number: int) -> str:
    """ "12", "1,000+"."""
    return _("%(count)s+") % {"count": words.number(COUNTED)} if number > COUNTED else words.number(number)


def _capped(rows: QuerySet[Request], fields: tuple[str, ...]) -> tuple[str, tuple[Any, ...]]:
    """Raises EmptyResultSet for a list that cannot hold anything."""
    return rows.order_by().values(*fields)[: COUNTED + 1].query.sql_with_params()


def _brief(row: Mapping[str, Any]) -> Brief:
    due, closed = (datetime.fromisoformat(row[name]) if row[name] else None for name in ("due_at", "closed_at"))
    amount = None if row["amount"] is None else Decimal(row["amount"])
    return Brief(row["state"], due, closed, amount, row["currency"])
