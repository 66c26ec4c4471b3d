"""A firm of six units that asks about six kinds: one request of each is asked as people ask, and copied in sets."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from approvals import kinds, services
from approvals.delegations import Delegation
from approvals.kinds import FactType
from approvals.models import Request, Round, Snapshot, Step
from approvals.policy_files import read
from cockpit.accounts.models import Unit
from cockpit.time.models import Clock, Segment
from tests.bench.databases import bulk, multiply
from tests.cast import Firm, calendar, firm, hold

# Alone, in sequence, side by side, with a ladder, of one person, and where somebody else is asked.
ASKED = {
    "invoice_release": "[{role: finance, within: 4 h}]",
    "credit_note": "[{role: finance, within: 4 h}, {role: partner, order: 2, within: 8 h}]",
    "discount": "[{role: finance, within: 8 h}, {role: partner, within: 8 h}]",
    "write_off": "[{role: finance, within: 4 h, ladder: [{at: 100, to: 'role:partner'}]}]",
    "expense": "[{role: finance, who: 'manager:1', within: 16 h}]",
    "terms": "[{role: partner, within: 8 h}]",
}
OTHERS = {"AT": "Europe/Vienna", "CH": "Europe/Zurich", "UK": "Europe/London"}
STRIDE = 10_000  # the copies of a row are so far from one another; all rows that are copied lie within it


def staff() -> Firm:
    """Ann decides as finance of Germany and Austria, as Ben's manager, and for Frank in America; Lea is partner."""
    cast = firm()
    units = [
        Unit.objects.create(name=f"Halden & Roth {code}", code=code, currency="EUR", calendar=calendar(code, zone))
        for code, zone in OTHERS.items()
    ]
    hold(cast, ("ann", "finance", units[0]), ("dan", "finance", units[1]), ("dan", "finance", units[2]))
    hold(cast, *(("lea", "partner", unit) for unit in (cast.de, cast.us, *units)))
    cast["ben"].manager = cast["ann"]
    cast["ben"].save()
    now = timezone.now()
    Delegation.objects.create(
        delegator=cast["frank"], deputy=cast["ann"], proposed_at=now, confirmed_at=now,
        start_at=now - timedelta(days=1), end_at=now + timedelta(days=30), limit=80_000,
    )  # fmt: skip
    return cast


def publish(at: datetime) -> None:
    for kind, steps in ASKED.items():
        text = f"kind: {kind}\nname: {kind}\nmode: enforce\nrules:\n  - {{name: All, ask: {steps}}}\n"
        services.publish(services.draft(read(text), actor="system:bench", at=at), actor="system:bench", at=at)


def facts_of(kind_key: str, money: str = "25000.00") -> dict:
    """Something for each fact of a kind."""
    something = {
        FactType.MONEY: {"amount": money, "currency": "EUR", "company_amount": money, "company_currency": "EUR"},
        FactType.NUMBER: "22.5", FactType.TEXT: "S00046", FactType.CHOICE: "own account", FactType.DATE: "2026-11-23",
        FactType.PERSON: {"id": 2, "name": "Ben Brook"}, FactType.RECORD: {"id": 9, "name": "Brandt AG"},
        FactType.LINK: {"text": "S00046", "url": "https://odoo.example.com/odoo/sale.order/46"},
        FactType.LINES: [], FactType.DOCUMENTS: [],
    }  # fmt: skip
    return {fact.key: something[fact.type] for fact in kinds.get(kind_key).facts}


def ask_each(cast: Firm, *, at: datetime) -> list[Request]:
    """One request of each kind in each unit."""
    made = [
        services.ask(
            kind, subject=f"odoo.bench.record:{number * 100 + place}", unit=unit, facts=facts_of(kind), at=at,
            requester=cast["ben"], barred=[cast["ben"].pk], client_odoo_id=7, client_name="Brandt AG",
        )
        for number, kind in enumerate(ASKED)
        for place, unit in enumerate(Unit.objects.order_by("pk"))
    ]  # fmt: skip
    return [request for request in made if request is not None]


def fill(open_count: int, total: int, *, at: datetime | None = None) -> Firm:
    """The staff, and `total` requests of which about `open_count` wait, with all that hangs on them.

    Of the decided ones there is the row alone, without its route: the queue never looks at that.
    """
    at = at or timezone.now()
    cast = staff()
    publish(at - timedelta(days=300))
    made = [request.pk for request in ask_each(cast, at=at)]
    copies, done = open_count // len(made), (total - open_count) // len(made)
    rounds = list(Round.objects.values_list("pk", flat=True))
    models = (Request, Snapshot, Round, Step, Clock, Segment)
    request, snapshot, round_, step, clock, segment = (model._meta.db_table for model in models)
    on, due = f"t.id + n * {STRIDE}", "t.due_at + (n % 400 - 2) * interval '1 hour'"
    of = f"split_part(t.subject, ':', 1) || ':' || (split_part(t.subject, ':', 2)::bigint + n * {STRIDE})"
    varied = {
        "id": on, "subject": of, "snapshot_id": f"t.snapshot_id + n * {STRIDE}", "due_at": due,
        "asked_at": "t.asked_at - n % 500 * interval '1 hour'",
        "title": "t.title || ' ' || n || ' of client ' || n % 977", "client_name": "'Client ' || n % 977",
        "amount": "25000 + (n::bigint * 7919 + t.id) % 60000",
        "amount_reporting": "25000 + (n::bigint * 7919 + t.id) % 60000",
        "cost_of_delay": "1000 + (n::bigint * 7919 + t.id) % 30000", "days_to_cutoff": "1 + n % 18",
    }  # fmt: skip
    decided = varied | {
        "id": f"t.id + (n + {copies}) * {STRIDE}", "state": "'approved'", "outcome": "'approved'", "asks": "'{}'",
        "due_at": "NULL", "snapshot_id": "NULL", "closed_at": "t.asked_at - n % 9000 * interval '1 hour'",
        "subject": of.replace("n *", f"(n + {copies}) *"),
    }  # fmt: skip
    with bulk(request, snapshot, round_, step, clock, segment):
        multiply(request, made, copies, varied)
        multiply(snapshot, list(_keys(Snapshot)), copies, {"id": on, "request_id": f"t.request_id + n * {STRIDE}"})
        multiply(round_, rounds, copies, {"id": on, "request_id": f"t.request_id + n * {STRIDE}",
                                          "snapshot_id": f"t.snapshot_id + n * {STRIDE}"})  # fmt: skip
        multiply(step, list(_keys(Step)), copies, {"id": on, "round_id": f"t.round_id + n * {STRIDE}", "due_at": due})
        clocks = list(_keys(Clock))
        multiply(segment, list(_keys(Segment)), copies, {"id": on, "clock_id": f"t.clock_id + n * {STRIDE}"})
        multiply(clock, clocks, copies, {"id": on, "subject": of, "due_at": due})
        multiply(request, made, done, decided)
    for model in models:
        _go_on(model._meta.db_table)
    return cast


def _keys(model: type) -> list[int]:
    return list(model._default_manager.values_list("pk", flat=True))  # type: ignore[attr-defined]


def _go_on(table: str) -> None:
    """What is made from now on comes after the copies."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
