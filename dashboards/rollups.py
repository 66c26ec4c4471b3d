"""The sums behind the utilization page: made from the mirror, held against it, and mended where they differ.

Nothing tells the sums that a line has moved from October to November. Instead each (person, month) keeps a digest of
all that its sums are made of: the capacity of its days, and the ids and versions of its lines and their projects.
`refresh` computes the digests anew and makes again only the cells that differ, so no change can be missed, whatever
wrote it; a rebuild is the same with all digests forgotten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, Q

from dashboards.models import Cell, ClientMonth, PersonWeek, Place, Rollup
from delivery.measures import staff, utilization
from delivery.measures.utilization import LINES, Piece, Placed, billable_kinds
from integrations.mirror.models import PullRun
from integrations.mirror.services import freshness

MONTHS = 25  # the running one, and a year of which each month has a trend of thirteen
LOCK = "utilization rollup"
SOURCES = ("account.analytic.line", "project.project", "hr.employee", "hr.version", "hr.leave", "hr.department",
           "resource.calendar", "resource.calendar.attendance", "resource.calendar.leaves")  # fmt: skip
SMALL = ("employee", "employeeversion", "workcalendar", "calendarattendance", "calendarleave", "leave")
SLACK = timedelta(minutes=1)
CellKey = tuple[int, date]  # person, month
Capacity = Mapping[Piece, tuple[int, int, int]]


@dataclass(frozen=True)
class Refreshed:
    """`cells` that were made anew; `looked` is False when nothing had changed since the last time."""

    cells: int
    looked: bool = True


@transaction.atomic
def refresh(*, at: datetime, whole: bool = False, sure: bool = False) -> Refreshed:
    """Bring the sums in line with the mirror up to yesterday. `whole`: make all anew; `sure`: look in any case.

    One at a time; a second one that comes meanwhile waits. Costs nothing but two small queries when nothing changed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])
    state, _ = Rollup.objects.get_or_create(pk=1)
    first, last = _bounds(at)
    basis = _basis()
    read_to = _read_to(at)
    if (basis, first, last) == (state.basis, state.first, state.last) and not (whole or sure or _pulled_since(state)):
        Rollup.objects.filter(pk=1).update(checked_at=at, read_to=read_to)
        return Refreshed(0, looked=False)
    made = _bring_in_line(first, last, whole=whole)
    Rollup.objects.filter(pk=1).update(
        generation=state.generation + bool(made or (first, last) != (state.first, state.last)),
        first=first, last=last, basis=basis, checked_at=at, read_to=read_to,
    )  # fmt: skip
    return Refreshed(made)


def _bounds(at: datetime) -> tuple[date, date]:
    last = at.date() - timedelta(days=1)
    months = at.year * 12 + at.month - MONTHS
    return date(months // 12, months % 12 + 1, 1), last


def _bring_in_line(first: date, last: date, *, whole: bool) -> int:
    members = staff.members()
    places = utilization.placed(members)
    capacity = utilization.capacity_pieces(members, places, first, last)
    wanted = _digests(capacity, places, first, last)
    known = {} if whole else {(person, month): digest for person, month, digest in Cell.objects.values_list(
        "person_id", "month", "digest")}  # fmt: skip
    changed = {key for key, digest in wanted.items() if known.get(key) != digest}
    _forget(changed | (known.keys() - wanted.keys()), whole=whole)
    if changed:
        _write(changed, wanted, capacity, places, first, last)
    _place(places)
    return len(changed | (known.keys() - wanted.keys()))


def _digests(capacity: Capacity, places: Collection[Placed], first: date, last: date) -> dict[CellKey, str]:
    """(person, month) → what its sums are made of. Days after the last do not count, so neither do their lines."""
    parts: dict[CellKey, list[Any]] = defaultdict(list)
    for piece, minutes in capacity.items():
        parts[piece.person_id, piece.month].append((piece.week, piece.unit_id, minutes))
    moves = _moves(places, first)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT who.person_id, date_trunc('month', t.date)::date, count(*),
                sum(hashint8extended(t.odoo_id, t.row_version * 1000003 + coalesce(p.row_version, 0))) {LINES}
                GROUP BY 1, 2""",
            {"first": first, "last": last},
        )
        for person_id, month, count, sum_ in cursor.fetchall():
            parts[person_id, month].append((count, str(sum_), moves.get(person_id)))
    rule = billable_kinds()
    return {key: sha256(repr((rule, sorted(map(repr, said)))).encode()).hexdigest() for key, said in parts.items()}


def _moves(places: Iterable[Placed], first: date) -> dict[int, list[tuple[int | None, date]]]:
    found: dict[int, list[tuple[int | None, date]]] = defaultdict(list)
    for one in places:
        if one.last >= first:
            found[one.person_id].append((one.unit_id, one.first))
    return found


def _forget(cells: Collection[CellKey], *, whole: bool) -> None:
    if whole:
        for model in (PersonWeek, ClientMonth, Cell):
            model._base_manager.all().delete()
        return
    if not cells:
        return
    persons, months = [one for one, _ in cells], [month for _, month in cells]
    with connection.cursor() as cursor:
        for model in (PersonWeek, ClientMonth, Cell):
            cursor.execute(
                f"""DELETE FROM {model._meta.db_table} x USING unnest(%s::bigint[], %s::date[]) AS c(person_id, month)
                    WHERE x.person_id = c.person_id AND x.month = c.month""",
                [persons, months],
            )


def _write(
    changed: set[CellKey],
    wanted: Mapping[CellKey, str],
    capacity: Capacity,
    places: Collection[Placed],
    first: date,
    last: date,
) -> None:
    hours = utilization.hours_pieces(places, first, last, cells=changed)
    zero = Decimal()
    weeks: dict[Piece, list[Any]] = {
        piece: [*minutes, zero, zero]
        for piece, minutes in capacity.items()
        if (piece.person_id, piece.month) in changed
    }
    clients: dict[tuple[int, int | None, date, int], list[Decimal]] = {}
    for (piece, client), (billable, other) in hours.items():
        row = weeks.setdefault(piece, [0, 0, 0, zero, zero])
        row[3] += billable
        row[4] += other
        of_client = clients.setdefault((piece.person_id, piece.unit_id, piece.month, client), [zero, zero])
        of_client[0] += billable
        of_client[1] += other
    _copy(PersonWeek, "person_id unit_id month week gross_min holiday_min leave_min billable_h other_h",
          ((*piece, *row) for piece, row in weeks.items()))  # fmt: skip
    _copy(ClientMonth, "person_id unit_id month client_id billable_h other_h",
          ((*key, *row) for key, row in clients.items()))  # fmt: skip
    _copy(Cell, "person_id month digest", ((*key, wanted[key]) for key in changed))


def _copy(model: type[Model], columns: str, rows: Iterable[tuple]) -> None:
    names = ", ".join(columns.split())
    with connection.cursor() as cursor, cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _place(places: list[Placed]) -> None:
    known = set(Place.objects.values_list("person_id", "unit_id", "first", "last"))
    if known != set(map(tuple, places)):
        Place.objects.all().delete()
        _copy(Place, "person_id unit_id first last", places)


def _basis() -> str:
    """Changes with anything that capacity, places and the rule are made of, lines and projects aside. One query."""
    sums = "count(*), coalesce(sum(odoo_id), 0), coalesce(sum(row_version), 0), count(odoo_deleted_at)"
    parts = [f"SELECT '{name}', {sums} FROM mirror_{name}" for name in SMALL]
    sums = "count(*), coalesce(sum(odoo_employee_id), 0), coalesce(sum(unit_id), 0), 0"
    parts.append(f"SELECT 'person', {sums} FROM accounts_person")
    parts.append("SELECT 'unit', count(*), coalesce(sum(odoo_id), 0), coalesce(sum(id), 0), 0 FROM accounts_unit")
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts) + " ORDER BY 1")
        said = [[str(one) for one in row] for row in cursor.fetchall()]
    return sha256(repr((said, billable_kinds())).encode()).hexdigest()


def _pulled_since(state: Rollup) -> bool:
    """Did a pull bring lines or projects since the sums were last checked, or is one bringing them now?"""
    if state.checked_at is None:
        return True
    changed = Q(inserted__gt=0) | Q(updated__gt=0) | Q(deleted__gt=0)
    lately = Q(ended_at__isnull=True) | Q(ended_at__gte=state.checked_at - SLACK)
    return PullRun.objects.filter(changed, lately, model__in=SOURCES[:2]).exists()


def _read_to(at: datetime) -> datetime | None:
    known = freshness(at=at)
    times = [known[model].succeeded_at if model in known else None for model in SOURCES]
    return min((one for one in times if one), default=None) if all(times) else None
