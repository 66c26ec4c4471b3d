"""One decision until it has taken effect, and sixteen clients who decide at once: beside the same rows by bare SQL."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone

from approvals import services
from approvals.keys import keys_of
from approvals.services.settling import settle_one
from cockpit.accounts.models import Person
from tests.bench import databases
from tests.bench.approvals import bare
from tests.bench.approvals.mixed import fill
from tests.bench.figures import Figure, medians

OPEN, CLIENTS, EACH, TURNS = 100_000, 16, 25, 3
NAME = "cockpit_bench_decisions"
WINDOW = timedelta(seconds=21)  # then it can't be undone any more


def figures(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    databases.make(NAME)
    try:
        count = max(10_800, round(OPEN * scale))
        cast = fill(count, count, at=timezone.now() - timedelta(seconds=60))
        say(f"{NAME}: {count:,} open requests")
        ann = cast["ann"]
        pool = bare.waiting(connection, [key for key in keys_of(ann.user) if key.startswith("finance@")])
        say(f"{len(pool):,} wait for one yes")
        with psycopg.connect(address(), autocommit=True) as plain:
            _check(pool, ann, plain)
            ours, same = medians(
                [lambda: decide(pool.pop(), ann), lambda: by_sql(plain, pool.pop(), ann)], runs=40, warm=8
            )
        yield Figure("decision with audit, clock, messages / the same rows", ours, same, ratio_most=4)
        many = min(EACH, len(pool) // (2 * TURNS * CLIENTS))
        fast, most = _at_once(pool, ann, many, say)
        yield Figure(f"decisions a second, {CLIENTS} clients / the same rows", fast, most, unit="/s", gain_least=0.3)
    finally:
        databases.drop(NAME)


def decide(one: bare.Waiting, person: Person) -> None:
    at = timezone.now()
    services.decide(one.step, actor=person, verdict="approve", snapshot_id=one.snapshot, at=at)
    if not settle_one(one.request, at=at + WINDOW):
        raise RuntimeError(f"R-{one.request} did not settle.")


def by_sql(plain: psycopg.Connection, one: bare.Waiting, person: Person) -> None:
    bare.decide(plain, one, person.pk, settings.EVENT_HANDLERS["approvals.decided"], timezone.now())


def address(name: str = NAME) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def _check(pool: list[bare.Waiting], person: Person, plain: psycopg.Connection) -> None:
    """Both add the same numbers of rows, or the ratio says nothing."""
    decide(pool.pop(), person)  # the person's first act also makes who they are in the trail
    before = bare.counted(connection)
    decide(pool.pop(), person)
    between = bare.counted(connection)
    by_sql(plain, pool.pop(), person)
    after = bare.counted(connection)
    ours = {table: between[table] - before[table] for table in before}
    theirs = {table: after[table] - between[table] for table in before}
    if ours != theirs:
        raise RuntimeError(f"The cockpit adds {ours}, the bare SQL {theirs}.")


def _at_once(pool: list[bare.Waiting], person: Person, each: int, say: Callable[[str], None]) -> tuple[float, float]:
    """Decisions a second of as many processes at once; the median of each."""
    spent: dict[str, list[float]] = {"ours": [], "bare": []}
    for turn in range(TURNS):
        for who in ("bare", "ours") if turn % 2 else ("ours", "bare"):
            taken = [pool.pop() for _ in range(CLIENTS * each)]
            seconds = _together(who, taken, person)
            say(f"{who}: {len(taken):,} decisions of {CLIENTS} clients, {len(taken) / seconds:.0f} a second")
            spent[who].append(len(taken) / seconds)
    return statistics.median(spent["ours"]), statistics.median(spent["bare"])


def _together(who: str, taken: list[bare.Waiting], person: Person) -> float:
    """Seconds from the word to begin until the last process is through."""
    command = [sys.executable, "-m", "tests.bench.approvals.client", who, str(person.pk)]
    environment = {**os.environ, "DATABASE_URL": address()}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    clients = [subprocess.Popen(command, env=environment, **pipes) for _ in range(CLIENTS)]  # type: ignore[call-overload]
    try:
        for place, client in enumerate(clients):
            client.stdin.write(json.dumps(taken[place::CLIENTS]) + "\n")
            client.stdin.flush()
        for client in clients:
            _expect(client, "ready")
        begin = time.perf_counter()
        for client in clients:
            client.stdin.write("go\n")
            client.stdin.flush()
        for client in clients:
            _expect(client, "done")
        return time.perf_counter() - begin
    finally:
        for client in clients:
            client.communicate()


def _expect(client: Any, word: str) -> None:
    said = client.stdout.readline().strip()
    if said != word:
        raise RuntimeError(f"A client of the bench said {said!r} instead of {word!r}.")
