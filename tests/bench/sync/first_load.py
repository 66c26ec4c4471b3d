"""A first load of timesheets: our whole way against the bare reading, parsing and writing of the same rows.

*Bare* is what nobody can do without: the columns over HTTP, by two connections at once, into nothing; then parsing
them; then COPY of prepared text into a table like the mirror's, and its indexes. Each is timed alone, and added.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from unittest import mock

import urllib3
from django.conf import settings
from django.db import connection
from django.utils import timezone

from integrations.mirror.models import Cursor, PullRun, Timesheet
from integrations.odoo.client import connect
from integrations.odoo.pull import ahead, loading
from integrations.odoo.pull import round as rounds
from integrations.odoo.pull.catalogue import TIMESHEET
from integrations.odoo.pull.maps import FittedMap
from integrations.odoo.pull.reader import described_fields
from integrations.odoo.pull.round import pull_round
from tests.bench import databases
from tests.bench.figures import Figure
from tests.bench.odoo import BenchOdoo

NAME = "cockpit_bench_sync"
RUNS = 3
PAGES = (5_000, 20_000)  # of the rows' reader: the better one counts
Say = Callable[[str], None]


def figures(odoo: BenchOdoo, scale: float, say: Say) -> Iterator[Figure]:
    databases.make(NAME)
    try:
        fitted = TIMESHEET.fit(described_fields(odoo.client(), TIMESHEET))
        ours, bare = [], []
        for number in range(RUNS):
            ours.append(our_load(odoo))
            bare.append(sum(bare_load(odoo, fitted, say if not number else None)))
            say(f"load {number + 1} of {RUNS}: ours {ours[-1]:.1f} s, bare {bare[-1]:.1f} s")
        best, rows = median(ours), odoo.lines
        yield Figure(
            f"first load of {rows:,} / bare read, parse, COPY and index", best, median(bare), "s", ratio_most=1.15
        )
        plain = min(by_rows(odoo, fitted, page, readers) for page in PAGES for readers in (1, 2))
        yield Figure("our rows/s / a bare search_read reader's, at its best", rows / best, rows / plain, "/s",
                     gain_least=1.3)  # fmt: skip
        part = min(rows, 100_000)
        loop = part / odoorpc_loop(odoo, fitted, part)
        yield Figure(f"our rows/s / a plain odoorpc loop's (over {part:,})", rows / best, loop, "/s")
        if (dlt := dlt_load(odoo, fitted, part, say)) is not None:
            yield Figure(f"our rows/s / dlt's into PostgreSQL (over {part:,})", rows / best, part / dlt, "/s")
        few = peak(odoo, part)
        many = peak(odoo, rows)
        yield Figure(f"peak memory of our process, {rows:,} / {part:,} rows", many, few, "MB", most=250, ratio_most=1.1)
    finally:
        databases.drop(NAME)


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE mirror_timesheet, mirror_cursor, mirror_pullrun, mirror_dirty")


def our_load(odoo: BenchOdoo) -> float:
    """Seconds until the mirror holds every row, with its indexes."""
    empty()
    client, began = odoo.client(), time.perf_counter()
    pull_round(client, at=timezone.now(), models=[TIMESHEET.odoo_model], compare_ids=False)
    seconds = time.perf_counter() - began
    run = PullRun.objects.get(model=TIMESHEET.odoo_model)
    if run.read != odoo.lines or run.status != "done" or run.sentence or Cursor.objects.get(pk=run.model).indexes_due:
        raise RuntimeError(f"The load is not whole: {run.read:,} of {odoo.lines:,}, {run.status}. {run.sentence}")
    return seconds


# --- bare -----------------------------------------------------------------------------------------


def bare_load(odoo: BenchOdoo, fitted: FittedMap, say: Say | None) -> tuple[float, float, float]:
    """Seconds of reading (two at once, nothing done with it), parsing, and writing with indexes."""
    bounds = list(stretches(odoo, fitted))
    bodies, read = timed(lambda: read_columns(odoo, fitted, bounds))
    pages, parsed = timed(lambda: [json.loads(body)[0] for body in bodies])
    texts = [prepared(fitted, page) for page in pages]  # not counted: bare COPY begins with the text
    names = ["odoo_id", "odoo_write_date", *fitted.columns]
    _, written = timed(lambda: write(names, texts))
    if say:
        say(f"bare: reading {read:.1f} s, parsing {parsed:.1f} s, COPY and indexes {written:.1f} s")
    return read, parsed, written


def timed(work: Callable) -> tuple:
    began = time.perf_counter()
    answer = work()
    return answer, time.perf_counter() - began


def stretches(odoo: BenchOdoo, fitted: FittedMap) -> Iterator[tuple[int, int]]:
    ids = odoo.client().call(
        TIMESHEET.odoo_model, "search", domain=list(TIMESHEET.domain), order="id", context=fitted.context
    )
    for start in range(0, len(ids), ahead.ROWS):
        some = ids[start : start + ahead.ROWS]
        yield some[0], some[-1]


def post(pool: urllib3.PoolManager, odoo: BenchOdoo, method: str, body: dict) -> bytes:
    answer = pool.request(
        "POST", f"{odoo.config.url}/json/2/{TIMESHEET.odoo_model}/{method}", body=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {odoo.config.api_key}", "X-Odoo-Database": odoo.config.db,
                 "Content-Type": "application/json"},
        timeout=300,
    )  # fmt: skip
    if answer.status != 200:
        raise RuntimeError(f"{method}: {answer.status} {answer.data[:200]!r}")
    return answer.data


def read_columns(odoo: BenchOdoo, fitted: FittedMap, bounds: list[tuple[int, int]]) -> list[bytes]:
    pool = urllib3.PoolManager(maxsize=2)

    def one(bound: tuple[int, int]) -> bytes:
        domain = [*TIMESHEET.domain, ["id", ">=", bound[0]], ["id", "<=", bound[1]]]
        wanted = [f"{name}:array_agg" for name in fitted.fields]
        body = {"domain": domain, "groupby": [], "aggregates": wanted, "context": fitted.context}
        return post(pool, odoo, "formatted_read_group", body)

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(one, bounds))


def prepared(fitted: FittedMap, page: dict) -> bytes:
    """The page as COPY reads it."""
    columns = fitted.convert({name: page[f"{name}:array_agg"] for name in fitted.fields})
    return "".join(loading.text_of(list(columns.values()), ["1", "2026-11-28T00:00:00+00:00"])).encode()


def write(names: list[str], texts: list[bytes]) -> None:
    table = Timesheet._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS bare; CREATE TABLE bare (LIKE {table} INCLUDING DEFAULTS)")
        cursor.execute("ALTER TABLE bare ADD PRIMARY KEY (odoo_id)")
        columns = ", ".join([*names, "row_version", "pulled_at"])
        for text in texts:
            with cursor.copy(f"COPY bare ({columns}) FROM STDIN") as copy:
                copy.write(text)
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table])
        for number, (definition,) in enumerate(cursor.fetchall()):
            if "UNIQUE" not in definition:
                _name, _, rest = definition.partition(" ON ")
                cursor.execute(f"CREATE INDEX bare_{number} ON {rest.replace(table, 'bare')}")
        cursor.execute("ANALYZE bare; DROP TABLE bare")


# --- others ---------------------------------------------------------------------------------------


def by_rows(odoo: BenchOdoo, fitted: FittedMap, page: int, readers: int) -> float:
    """Seconds of a bare reader: rows by `search_read`, plain ids, parsed, by id; `readers` share the ids."""
    bounds = list(stretches(odoo, fitted))
    low, high = bounds[0][0], bounds[-1][1]
    cuts = [low + (high - low + 1) * part // readers for part in range(readers)] + [high + 1]
    pool = urllib3.PoolManager(maxsize=readers)

    def share(begin: int, end: int) -> int:
        last, count = begin - 1, 0
        while True:
            domain = [*TIMESHEET.domain, ["id", ">", last], ["id", "<", end]]
            body = {"domain": domain, "fields": fitted.fields, "order": "id", "limit": page, "load": None,
                    "context": fitted.context}  # fmt: skip
            rows = json.loads(post(pool, odoo, "search_read", body))
            count += len(rows)
            if len(rows) < page:
                return count
            last = rows[-1]["id"]

    began = time.perf_counter()
    with ThreadPoolExecutor(readers) as threads:
        count = sum(threads.map(share, cuts[:-1], cuts[1:]))
    if count != odoo.lines:
        raise RuntimeError(f"The rows' reader read {count:,} of {odoo.lines:,}.")
    return time.perf_counter() - began


def odoorpc_loop(odoo: BenchOdoo, fitted: FittedMap, count: int) -> float:
    """Seconds for `count` rows as odoorpc's page describes it: search, then read in hundreds."""
    import odoorpc

    host, _, port = odoo.config.url.removeprefix("http://").partition(":")
    plain = odoorpc.ODOO(host, port=int(port), timeout=300, version="19.0")
    plain.login(odoo.config.db, odoo.config.login, odoo.config.api_key)
    began = time.perf_counter()
    model = plain.env[TIMESHEET.odoo_model]
    ids = model.search(list(TIMESHEET.domain), order="id", limit=count)
    for start in range(0, len(ids), 100):
        model.read(ids[start : start + 100], fitted.fields)
    return time.perf_counter() - began


DLT = """
import json, os, sys, dlt, psycopg2, requests
url, db, key, count = os.environ["B_URL"], os.environ["B_DB"], os.environ["B_KEY"], int(os.environ["B_COUNT"])
fields, domain = json.loads(os.environ["B_FIELDS"]), json.loads(os.environ["B_DOMAIN"])

@dlt.resource(name="timesheet", primary_key="id", write_disposition="replace")
def lines():
    last = done = 0
    while done < count:
        answer = requests.post(f"{url}/json/2/account.analytic.line/search_read", timeout=300,
            headers={"Authorization": f"Bearer {key}", "X-Odoo-Database": db},
            json={"domain": [*domain, ["id", ">", last]], "fields": fields, "order": "id", "limit": 5000, "load": None})
        rows = answer.json()[: count - done]
        if not rows:
            return
        last, done = rows[-1]["id"], done + len(rows)
        yield rows

# dlt's credentials are an address, which has no place for the folder of a socket: its driver is told instead.
into = json.loads(os.environ["B_INTO"])
connect = psycopg2.connect
psycopg2.connect = lambda dsn, **options: connect(**into, **options)
into_postgres = dlt.destinations.postgres("postgresql://somebody:unused@localhost/bench")
pipeline = dlt.pipeline("bench", destination=into_postgres, dataset_name="dlt_bench",
                        pipelines_dir=sys.argv[1])
pipeline.run(lines())
"""


def dlt_load(odoo: BenchOdoo, fitted: FittedMap, count: int, say: Say) -> float | None:
    """Seconds of dlt's pipeline for `count` rows, in an environment of its own; None where it can't be installed."""
    folder = Path(tempfile.mkdtemp(prefix="bench-dlt-"))
    try:
        python = folder / "venv" / "bin" / "python"
        for command in (
            [sys.executable, "-m", "venv", str(folder / "venv")],
            [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "dlt[postgres]", "requests"],
        ):
            if (done := subprocess.run(command, capture_output=True, text=True)).returncode:
                say(f"dlt cannot be installed here, so it is not measured: {done.stderr.strip().splitlines()[-1:]}")
                return None
        parts = connection.settings_dict
        into = {"host": parts["HOST"], "port": int(parts["PORT"] or 5432), "dbname": parts["NAME"],
                "user": parts["USER"], "password": parts["PASSWORD"]}  # fmt: skip
        given = {"B_URL": odoo.config.url, "B_DB": odoo.config.db, "B_KEY": odoo.config.api_key, "B_COUNT": str(count),
                 "B_FIELDS": json.dumps(fitted.fields), "B_DOMAIN": json.dumps(list(TIMESHEET.domain)),
                 "B_INTO": json.dumps(into)}  # fmt: skip
        began = time.perf_counter()
        done = subprocess.run(
            [str(python), "-c", DLT, str(folder)], env={**os.environ, **given}, capture_output=True, text=True
        )
        if done.returncode:
            say(f"dlt failed, so it is not measured: {done.stderr.strip().splitlines()[-1:]}")
            return None
        return time.perf_counter() - began
    finally:
        shutil.rmtree(folder, ignore_errors=True)


MEMORY = """
import json, os, sys
import django
django.setup()
from django.conf import settings
from django.db import connection
settings.ODOO = {**settings.ODOO, **json.loads(os.environ["B_ODOO"])}
connection.settings_dict["NAME"] = os.environ["B_NAME"]
from tests.bench.sync.first_load import only
only(int(sys.argv[1]))
"""


def peak(odoo: BenchOdoo, count: int) -> float:
    """Megabytes that a process of ours has at its most while it loads about `count` rows."""
    empty()
    known = {key: settings.ODOO[key] for key in ("URL", "DB", "LOGIN", "API_KEY", "TRANSPORT", "READERS")}
    env = {**os.environ, "B_ODOO": json.dumps(known), "B_NAME": NAME}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", MEMORY, str(count)], env=env, capture_output=True,
                          text=True)  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"The measured process failed: {done.stderr.strip().splitlines()[-1:]}")
    return float(done.stdout.strip().splitlines()[-1])


def only(count: int) -> None:
    """In a process of its own: load the first `count` timesheets, and say the peak of its memory."""
    client = connect()
    domain = list(TIMESHEET.domain)
    [last] = client.call(TIMESHEET.odoo_model, "search", domain=domain, order="id", offset=count - 1, limit=1)
    narrow = replace(TIMESHEET, domain=[*domain, ["id", "<=", last]])
    with mock.patch.object(rounds, "MAPS", (narrow,)):
        pull_round(client, at=timezone.now(), models=[TIMESHEET.odoo_model], compare_ids=False)
    sys.stdout.write(f"{highest()}\n")


def highest() -> float:
    """Megabytes that this process had at most. `getrusage` would also count the process that began it."""
    status = Path("/proc/self/status")
    if not status.exists():  # macOS counts in bytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024
