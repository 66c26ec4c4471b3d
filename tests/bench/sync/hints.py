"""From a hint to the row: the web process and the worker that people run, and records that change in a real Odoo."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median, quantiles
from urllib.parse import urlsplit

import urllib3
from django.urls import reverse
from django.utils import timezone

from cockpit.launch import plan
from integrations.mirror.models import Invoice, PullStatus
from integrations.odoo.client import OdooClient
from integrations.odoo.hints import secret
from integrations.odoo.hints.reading import family_of
from integrations.odoo.pull import describing
from integrations.odoo.pull.catalogue import MAPS, TIMESHEET
from integrations.odoo.pull.round import pull_round
from tests.bench import databases
from tests.bench.figures import Figure
from tests.bench.odoo import BenchOdoo
from tests.contract.world import COMPANIES

NAME = "cockpit_bench_hints"
MOVE = "account.move"
HINTS, WARM, INVOICES, LINES = 200, 20, 10, 5
PAUSE_S = 0.1  # from one row to the next hint
PATIENCE_S, SETTLED_S = 60, 2.1


def figures(odoo: BenchOdoo, scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    """Each invoice is changed, hinted at, awaited, and read once more by the bare calls, in turn."""
    client, count = odoo.client(), max(20, round(HINTS * scale))
    databases.make(NAME)
    moves = _invoices(client)
    try:
        time.sleep(SETTLED_S)
        _load(client)
        with _processes(odoo) as address:
            for number in range(WARM):
                _hint(odoo, address, moves[number % INVOICES], f"warm {number}")
            turns = []
            for number in range(count):
                move = moves[number % INVOICES]
                answered, row = _hint(odoo, address, move, f"hint {number}")
                turns.append((answered, row, _bare(client, move)))
                time.sleep(PAUSE_S)
    finally:
        databases.drop(NAME)
        client.call(MOVE, "unlink", moves)
    answers, rows, bare = (sorted(each) for each in zip(*turns, strict=True))
    say(f"hints: {count}; until the row {median(rows):.0f} ms, of which Odoo {median(bare):.0f} ms (medians)")
    yield Figure(f"{count} hints: the endpoint's answer, p95", _p95(answers), most=20)
    yield Figure("hint → row, p95, less Odoo's median answer", _p95(rows) - median(bare), most=300)
    yield Figure("hint → row, p95 / Odoo's answer to the same reads, p95", _p95(rows), _p95(bare))


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20)[-1]


# --- what is there before -------------------------------------------------------------------------


def _invoices(client: OdooClient) -> list[int]:
    [company] = client.call("res.company", "search", domain=[("name", "=", COMPANIES["de"])])
    [partner] = client.call("res.partner", "create", vals_list=[{"name": "Bench"}])
    lines = [[0, 0, {"name": f"Item {n}", "quantity": 1, "price_unit": 100, "tax_ids": []}] for n in range(LINES)]
    values = {"move_type": "out_invoice", "company_id": company, "partner_id": partner, "invoice_line_ids": lines}
    context = {"allowed_company_ids": [company], "tracking_disable": True}
    moves: list[int] = client.call(MOVE, "create", vals_list=[values] * INVOICES, context=context)
    return moves


def _load(client: OdooClient) -> None:
    """All but the timesheets: what is told of an invoice asks for its company, client and currency."""
    models = [each.odoo_model for each in MAPS if each is not TIMESHEET]
    runs = pull_round(client, at=timezone.now(), models=models, compare_ids=False)
    if failed := [run.sentence for run in runs if run.status not in (PullStatus.DONE, PullStatus.STOPPED)]:
        raise RuntimeError(f"The round failed: {failed[0]}")


@contextlib.contextmanager
def _processes(odoo: BenchOdoo) -> Iterator[str]:
    """Web process and courier as `make run` starts them, without beat: no round, no sweep. Gives the address."""
    secret.make(at=timezone.now())
    with socket.socket() as probe:
        probe.bind((plan.HOST, 0))
        port = probe.getsockname()[1]
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{NAME}").geturl()
    environment = {**os.environ, **odoo.env, "DATABASE_URL": url}
    serve = f"{plan.SERVE} --host {plan.HOST} --port {port} cockpit.wsgi:application"
    with (
        _running(serve, {**environment, "DATABASE_POOL": "1"}),
        _running(plan.COURIER, {**environment, "DATABASE_POOL": "0"}),
    ):
        address = f"http://{plan.HOST}:{port}"
        _until(lambda: _answers(address), "The web process of the bench does not answer.")
        yield address + reverse("odoo-hint", args=[secret.current()])


@contextlib.contextmanager
def _running(arguments: str, environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, *arguments.split()]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        return urllib3.request("GET", f"{address}/healthz", retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


# --- a turn, in milliseconds ----------------------------------------------------------------------


def _hint(odoo: BenchOdoo, address: str, move: int, said: str) -> tuple[float, float]:
    """Until the endpoint has answered, over a connection of its own as Odoo makes one; and until the row is here."""
    odoo.execute(
        "UPDATE account_move SET ref = %(said)s, write_date = now() AT TIME ZONE 'UTC' WHERE id = %(move)s",
        {"said": said, "move": move},
    )
    body = json.dumps({"_action": "Bench(#1)", "_id": move, "_model": MOVE, "id": move}).encode()
    begun = time.perf_counter()
    answer = urllib3.request(
        "POST", address, body=body, headers={"Content-Type": "application/json", "Connection": "close"}, retries=False
    )
    answered = time.perf_counter()
    if answer.status != 204:
        raise RuntimeError(f"The endpoint answered {answer.status}.")
    _until(lambda: Invoice.objects.filter(pk=move, ref=said).exists(), f"{said} never came to the mirror.")
    return 1000 * (answered - begun), 1000 * (time.perf_counter() - begun)


def _bare(client: OdooClient, move: int) -> float:
    """The reads of a hint, one after the other, parsed and dropped."""
    begun = time.perf_counter()
    for map_ in family_of(MOVE):
        fitted = map_.fit(describing.fields_of(client, map_, at=timezone.now()))
        field = "id" if map_.odoo_model == MOVE else map_.owner
        domain = [*map_.domain, [field, "in", [move]]]
        client.search_read(map_.odoo_model, domain, fitted.fields, order="id", context=fitted.context)
    return 1000 * (time.perf_counter() - begun)


def _until(condition: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(otherwise)
        time.sleep(0.002)
