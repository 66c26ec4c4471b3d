"""Promises 9 and 10 with everything at once: a firm at work, long transactions, SQL past Odoo, and a puller whose
process and whose connection to the database are killed at random. Afterwards nothing is missing, nothing is doubled.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from cockpit.exception_queue.models import Case
from integrations.mirror.models import Cursor, PullRun, PullStatus, Timesheet
from integrations.odoo.pull.catalogue import MAPS, TIMESHEET
from integrations.odoo.pull.reader import described_fields, read_page
from integrations.odoo.pull.round import pull_round
from integrations.odoo.pull.window import Window
from tests.live.crowd import Client, Known, Slow
from tests.live.test_pulling import odoos_sums, our_sums

SEEDS = [1]
FAILED_ONCE: list[int] = []  # kept for good
DEEP = [*range(100, 110)] if os.environ.get("DEEP") else []
CLIENTS, ACTS = 3, 60
MADE_HERE = {"res.partner", "res.partner.category", "project.project", "account.analytic.line", "account.move"}
ONCE_EACH = {"write_slowly", "write_by_sql", "tag_from_the_other_side", "archive", "delete_hours", "change_invoice"}


class Puller:
    """The process that pulls, started again whenever it was killed."""

    def __init__(self, odoo_env: dict[str, str], said: Path) -> None:
        names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
        database = {ours: connection.settings_dict[theirs] or None for ours, theirs in names.items()}
        self.env = os.environ | odoo_env | {"DATABASE_URL": make_conninfo(**database), "ODOO_PAGE_SIZE": "40"}
        self.said, self.process = said, None

    def start(self) -> None:
        with self.said.open("a") as said:
            self.process = subprocess.Popen([sys.executable, "-m", "tests.live.puller"], env=self.env, stderr=said)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def lose_its_database(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@contextmanager
def pulling(odoo_env: dict[str, str], said: Path) -> Iterator[Puller]:
    puller = Puller(odoo_env, said)
    puller.start()
    try:
        yield puller
    finally:
        puller.kill()


def harass(puller: Puller, clients: list[Client], chance: random.Random) -> Counter:
    """While they work, kill the process or its connection to the database, at moments that the seed says."""
    did: Counter[str] = Counter()
    while any(client.is_alive() for client in clients):
        time.sleep(chance.uniform(0.5, 6))
        if chance.random() < 0.5:
            puller.kill()
            puller.start()
            did["killed"] += 1
        else:
            puller.lose_its_database()
            did["lost its database"] += 1
    return did


def settle(odoo) -> None:
    """Rounds until Odoo is quiet and everything was compared. What differs is repaired by the first."""
    time.sleep(2.1)  # the last second is over
    for _ in range(2):
        runs = pull_round(odoo.client, at=timezone.now(), compare_ids=True, accept_vanished=True)
        assert [run.sentence for run in runs if run.status != PullStatus.DONE] == []


def rows_of(odoo, map_) -> tuple[dict, dict]:
    """Every column of every record, in Odoo and in the mirror."""
    fitted = map_.fit(described_fields(odoo.client, map_))
    window = Window(None, odoo.client.server_now().replace(year=2099), wide=True)
    columns = fitted.convert(read_page(odoo.client, fitted, window, limit=1_000_000).columns)
    names = [name for name in columns if name not in ("odoo_id", "odoo_write_date")]
    here = map_.mirror_model.objects.live().in_bulk()
    there = {id_: [plain(columns[name][at]) for name in names] for at, id_ in enumerate(columns["odoo_id"])}
    return there, {id_: [plain(getattr(row, name)) for name in names] for id_, row in here.items()}


def plain(value):
    """A number, a moment and a day as text, the same from JSON and from the database."""
    if value is None or isinstance(value, bool | list | str):
        return value
    if hasattr(value, "strftime"):
        return value.strftime("%Y-%m-%d %H:%M:%S" if hasattr(value, "hour") else "%Y-%m-%d")
    return f"{float(value):.9g}"


@pytest.mark.django_db(transaction=True)
class TestAFirmAtWork:
    @pytest.mark.parametrize("seed", [*SEEDS, *FAILED_ONCE, *DEEP])
    def test_leaves_mirror_and_odoo_equal(self, odoo, odoo_env, seed, tmp_path):
        known, slow, chance = Known(), Slow(odoo), random.Random(seed)
        clients = [Client(odoo, f"{seed}/{number}", ACTS, known, slow) for number in range(CLIENTS)]
        with pulling(odoo_env, tmp_path / "puller") as puller:
            for client in clients:
                client.start()
            harassed = harass(puller, clients, chance)
        did = sum((client.did for client in clients), Counter())
        assert [client.problem for client in clients] == [None] * CLIENTS
        assert did.total() == CLIENTS * ACTS
        assert did["refused"] < did.total() / 3
        assert set(did) >= ONCE_EACH
        assert harassed.total() > 2, harassed

        settle(odoo)
        absent = set(Cursor.objects.exclude(absent="").values_list("model", flat=True))
        assert not absent & MADE_HERE
        for map_ in MAPS:
            if map_.odoo_model in absent:
                continue
            there, here = rows_of(odoo, map_)
            assert here == there, map_
            if map_.mirror_model.objects.exists():
                inserted = sum(run.inserted for run in PullRun.objects.filter(model=map_.odoo_model))
                assert inserted == map_.mirror_model.objects.count(), f"{map_}: a row came twice, or uncounted"
        for amounts in (["unit_amount", "amount"],):
            assert our_sums(Timesheet, "date", *amounts) == odoos_sums(odoo.client, TIMESHEET, "date", *amounts)
        assert not Cursor.objects.filter(reconciled_at=None, absent="").exists()
        assert not Cursor.objects.exclude(last_id=0).exists()
        assert not Case.objects.exclude(state="resolved").exists()
