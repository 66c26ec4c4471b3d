"""A queue of a million requests: one is asked as people ask, and then copied in sets with all that hangs on it."""

from __future__ import annotations

from django.utils import timezone

from approvals.models import Request, Round, Snapshot, Step
from cockpit.time.models import Clock, Segment
from tests.bench.databases import bulk, multiply
from tests.cast import Firm, firm, policy

TABLES = (Request, Snapshot, Round, Step, Clock, Segment)


def fill(open_count: int, total: int) -> Firm:
    """The cast, and `total` requests of which `open_count` wait for finance in Germany; the others are decided.

    Of the decided ones there is the row alone, without its route: the queue never looks at that.
    """
    cast = firm()
    now = timezone.now()
    policy(at=now.replace(year=now.year - 1))
    request = cast.ask(at=now)
    round_ = Round.objects.get(request=request)
    step = Step.objects.get(round=round_)
    clock = Clock.objects.get(subject=step.clock_subject)
    segment = Segment.objects.get(clock=clock)
    names = [model._meta.db_table for model in TABLES]
    moved = "+ (n % 400 - 100) * interval '1 hour'"
    varied = {
        "id": "t.id + n", "subject": "'odoo.account.move:' || 1000 + n",
        "asked_at": "t.asked_at - n % 500 * interval '1 hour'",
        "title": "'Invoice ' || n || ' of client ' || n % 977", "client_name": "'Client ' || n % 977",
        "amount": "25000 + n::bigint * 7919 % 60000", "amount_reporting": "25000 + n::bigint * 7919 % 60000",
        "cost_of_delay": "1000 + n::bigint * 7919 % 30000", "days_to_cutoff": "1 + n % 18",
    }  # fmt: skip
    opened = varied | {"snapshot_id": "t.snapshot_id + n", "due_at": f"t.due_at {moved}"}
    decided = varied | {
        "id": f"t.id + {open_count} + n", "subject": f"'odoo.account.move:' || {1000 + open_count} + n",
        "state": "'approved'", "outcome": "'approved'", "asks": "'{}'", "due_at": "NULL", "snapshot_id": "NULL",
        "closed_at": "t.asked_at - n % 9000 * interval '1 hour'",
    }  # fmt: skip
    with bulk(*names):
        many = open_count - 1
        multiply(names[0], [request.pk], many, opened)
        multiply(names[1], [request.snapshot_id or 0], many, {"id": "t.id + n", "request_id": "t.request_id + n"})
        multiply(names[2], [round_.pk], many, {"id": "t.id + n", "request_id": "t.request_id + n",
                                               "snapshot_id": "t.snapshot_id + n"})  # fmt: skip
        multiply(names[3], [step.pk], many, {"id": "t.id + n", "round_id": "t.round_id + n",
                                             "due_at": f"t.due_at {moved}"})  # fmt: skip
        multiply(names[4], [clock.pk], many, {"id": "t.id + n", "due_at": f"t.due_at {moved}",
                                              "subject": f"'approvals.step:' || {step.pk} + n"})  # fmt: skip
        multiply(names[5], [segment.pk], many, {"id": "t.id + n", "clock_id": "t.clock_id + n"})
        multiply(names[0], [request.pk], total - open_count, decided)
    return cast
