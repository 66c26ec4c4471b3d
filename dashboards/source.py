"""The timesheet lines that somebody may see of a period: the same as `Scope.rows`, in SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from cockpit.accounts.models import Unit
from dashboards.filters import Filters
from dashboards.scope import Scope
from delivery.measures.utilization import BILLABLE, LINES, billable_kinds

JOINS = """
    JOIN dashboards_place place ON place.person_id = who.person_id AND t.date BETWEEN place.first AND place.last
    JOIN accounts_person person ON person.id = who.person_id
    LEFT JOIN accounts_unit unit ON unit.id = place.unit_id
    LEFT JOIN mirror_partner client ON client.odoo_id = p.partner_id
"""


def below(unit: int | None) -> set[int]:
    """The units under one."""
    path = Unit.objects.filter(pk=unit).values_list("path", flat=True).first() if unit else None
    return set(Unit.objects.filter(path__startswith=path).values_list("pk", flat=True)) if path else set()


def sums(scope: Scope, filters: Filters, first: date, last: date) -> tuple[Decimal, Decimal]:
    """All hours and the billable ones, however far one has paged. One query."""
    source, values = lines_of(scope, replace(filters, after=""), first, last)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(sum(t.unit_amount), 0),"
            f" coalesce(sum(t.unit_amount) FILTER (WHERE {BILLABLE}), 0) {source}",
            values,
        )
        return cursor.fetchone()


def lines_of(scope: Scope, filters: Filters, first: date, last: date) -> tuple[str, dict[str, Any]]:
    """What follows SELECT, with its values."""
    terms, values = _seen(scope, filters)
    values |= {"kinds": billable_kinds(), "first": first, "last": last}
    if filters.client is not None:
        terms.append("coalesce(p.partner_id, 0) = %(client)s")
        values["client"] = filters.client
    if filters.kind:
        terms.append(f"coalesce({BILLABLE}, false) = %(billable)s")
        values["billable"] = filters.kind == "billable"
    if after := _after(filters.after):
        terms.append("(t.date, t.odoo_id) < (%(after_day)s, %(after_id)s)")
        values |= {"after_day": after[0], "after_id": after[1]}
    before, where = LINES.split("WHERE", 1)
    return f"{before} {JOINS} WHERE {where} AND {' AND '.join(terms)}", values


def _seen(scope: Scope, filters: Filters) -> tuple[list[str], dict[str, Any]]:
    """The same as `Scope.rows`, in SQL."""
    units = scope.units & ({filters.unit, *below(filters.unit)} if filters.unit is not None else scope.units)
    values: dict[str, Any] = {"units": sorted(units), "own": scope.own or 0, "who": filters.person}
    if filters.person is None:
        seen = (
            "place.unit_id = ANY(%(units)s)" if scope.units or filters.unit is not None else "who.person_id = %(own)s"
        )
        return [seen], values
    if filters.person == scope.own and filters.unit is None:
        return ["who.person_id = %(who)s"], values
    return ["who.person_id = %(who)s", "place.unit_id = ANY(%(units)s)"], values


def _after(text: str) -> tuple[date, int] | None:
    day, _dot, number = text.partition(".")
    try:
        return date.fromisoformat(day), int(number)
    except ValueError:
        return None
