"""A table of 200 rows, base and add-on, of three units, with conditions of every kind: one route, and a back-test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils import timezone

from approvals import policy
from approvals.linting import world
from approvals.models import Request
from approvals.reading import past
from approvals.what_if import what_if
from tests.bench import databases
from tests.bench.approvals.mixed import ASKED, fill
from tests.bench.figures import Figure, medians

ROWS, RECORDS, TESTED = 200, 500, 10_000
NAME = "cockpit_bench_past"
KIND = "invoice_release"


def figures(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    version = table(ROWS)
    records = [record(number) for number in range(max(50, round(RECORDS * scale)))]
    units = (1, 2)
    found = [policy.route(version, facts, units) for facts in records]
    if not any(each.steps for each in found) or max(len(each.trace) for each in found) < ROWS / 3:
        raise RuntimeError("These records are answered by the first rows; nothing is measured.")
    [spent] = medians([lambda: [policy.route(version, facts, units) for facts in records]])
    yield Figure(f"routing one of {len(records)} requests through {ROWS} rows", spent / len(records), most=0.5)
    databases.make(NAME)
    try:
        yield _back_test(max(100, round(TESTED * scale)), say)
    finally:
        databases.drop(NAME)


def _back_test(count: int, say: Callable[[str], None]) -> Figure:
    """Of as many requests of one kind, from their snapshots to what is shown of them."""
    fill(count * len(ASKED), count * len(ASKED))
    rows = past.asked_lately(Request.objects.all(), KIND, at=timezone.now())[:count]
    say(f"{NAME}: {len(rows):,} requests of one kind")
    draft = table(ROWS)

    def work() -> None:
        spent = past.spent_of(KIND, at=timezone.now())
        found = what_if(past.records_of(rows), draft, whom=past.Whom(world()), spent=spent)
        if found.records < count * 0.99:
            raise RuntimeError(f"The back-test has seen {found.records} of {count} requests.")

    [spent] = medians([work], runs=3, warm=1)
    return Figure(f"back-test: {count:,} requests through {ROWS} rows", spent, most=5000)


def table(count: int) -> policy.Version:
    """Rows as people write them; the last base row matches whatever no other does."""
    rules = [_row(number) for number in range(1, count)]
    last = policy.Rule(count, "Everything else", (policy.StepSpec("finance"),))
    return policy.Version(1, 1, "invoice_release", (*rules, last))


def _row(number: int) -> policy.Rule:
    when = [
        [_when("amount", ">", str(20_000 + 450 * number), "EUR"), _when("margin", "<", str(number % 40))],
        [_when("tier", "in", ["A", f"T{number}"]), _when("amount", ">", str(50_000 + number), "USD")],
        [_when("client", "=", number), _when("margin", ">=", "10")],
        [_when("project_type", "=", f"type {number}"), _when("due_date", "!=", "2026-12-23")],
        [_when("service_line", "in", [f"line {number}", "advice"]), _when("discount", "<=", str(number % 50))],
    ][number % 5]
    steps = (policy.StepSpec(("finance", "partner", "pmo")[number % 3], order=1 + number % 2),)
    return policy.Rule(number, f"Row {number}", steps, tuple(when), (None, 1, 2)[number % 3], add_on=number % 4 == 0)


def _when(fact: str, op: str, value: Any, currency: str = "") -> policy.Condition:
    return policy.Condition(fact, op, value, currency)


def record(number: int) -> dict[str, Any]:
    """Facts as a snapshot holds them."""
    money = f"{1000 + number * 7919 % 120_000}.00"
    return {
        "amount": {"amount": money, "currency": "EUR", "company_amount": money, "company_currency": "EUR",
                   "rates": {"USD": "1.10"}},
        "margin": f"{40 + number % 20}.5", "tier": "A" if number % 9 == 0 else "B", "project_type": "fixed price",
        "client": {"id": 1000 + number, "name": "Brandt AG"}, "due_date": "2026-12-23", "service_line": "build",
        "discount": str(number % 60),
    }  # fmt: skip
