"""Promise 10: no row is missed, none counted twice; whatever is committed late, killed, or written in one second."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from integrations.mirror.models import Cursor, PartnerTag, PullRun
from integrations.odoo.pull.keeping import the_only_round
from integrations.odoo.pull.round import Round, pull_round

from .fake import FakeOdoo

TAG = "res.partner.category"
ids = st.integers(1, 9)
waits = st.one_of(st.floats(0, 3), st.floats(0, 200))
steps = st.one_of(
    st.tuples(st.just("write"), ids, st.sampled_from("abc"), st.one_of(st.just(0), st.floats(0, 600))),
    st.tuples(st.just("wait"), waits),
    st.tuples(st.just("pull"), waits),
    st.tuples(st.just("die"), st.integers(0, 3)),  # killed at its n-th page
)


class Killed(BaseException):
    """The process ends here; nothing after it is run."""


def die_at_page(patch: pytest.MonkeyPatch, count: int) -> None:
    keep, pages = Round.keep, []

    def killed(self, *args, **options):
        if len(pages) == count:
            raise Killed
        pages.append(args)
        return keep(self, *args, **options)

    patch.setattr(Round, "keep", killed)


def perform(odoo: FakeOdoo, step: tuple) -> None:
    match step:
        case "write", id_, name, late:
            odoo.put(TAG, id_, name=name, commits_after=late)
        case "wait", seconds:
            odoo.now += timedelta(seconds=seconds)
        case "pull", seconds:
            odoo.now += timedelta(seconds=seconds)
            pull_round(odoo, at=odoo.now, models=[TAG], compare_ids=False)
        case "die", page:
            with pytest.MonkeyPatch.context() as patch, suppress(Killed):
                die_at_page(patch, page)
                pull_round(odoo, at=odoo.now, models=[TAG], compare_ids=False)


@pytest.mark.django_db
class TestMirror:
    @given(script=st.lists(steps, min_size=3, max_size=25), gathers=st.booleans())
    @settings(
        suppress_health_check=[HealthCheck.function_scoped_fixture],
        deadline=None,
        max_examples=settings().max_examples // 2,
    )
    def test_equals_odoo_after_quiet_and_each_row_came_once(self, script, gathers):
        with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.conf.settings.ODOO", {"PAGE_SIZE": 2, "READERS": 2, "URL": ""})
            odoo = FakeOdoo(gathers=gathers)
            for step in script:
                perform(odoo, step)
            for quiet in (601, 301, 2):
                perform(odoo, ("pull", quiet))

            here = list(PartnerTag.objects.order_by("pk").values_list("pk", "name"))
            assert here == [(row["id"], row["name"]) for row in odoo.rows(TAG)]
            runs = PullRun.objects.filter(model=TAG)
            assert sum(run.inserted for run in runs) == len(here)
            assert sum(run.inserted + run.updated for run in runs) == sum(
                PartnerTag.objects.values_list("row_version", flat=True)
            )
            assert all(run.read == run.inserted + run.updated + run.unchanged for run in runs)
            cursor = Cursor.objects.get(model=TAG)
            assert (cursor.window_to, cursor.last_id) == (None, 0)
            transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
class TestTwoRounds:
    def test_never_overlap_the_second_returns_at_once(self):
        odoo, other = FakeOdoo(), FakeOdoo()
        odoo.put(TAG, 1, name="Gold")
        odoo.now = other.now = odoo.now + timedelta(minutes=1)
        reading, go_on = threading.Event(), threading.Event()

        def hold(model, method, answer):
            if (model, method) == (TAG, "search_read"):
                reading.set()
                assert go_on.wait(20)
            return answer

        odoo.spoil = hold
        done: list[PullRun] = []

        def first():
            done.extend(pull_round(odoo, at=odoo.now, models=[TAG]))
            connection.close()

        thread = threading.Thread(target=first)
        thread.start()
        try:
            assert reading.wait(20)
            assert pull_round(other, at=other.now, models=[TAG]) == []
            assert PullRun.objects.get().status == "running"  # and its run was not taken for a dead one
        finally:
            go_on.set()
            thread.join()
        assert [run.status for run in done] == ["done", "done"]
        assert PartnerTag.objects.count() == 1


CHILD = """
import os
import time
import django
django.setup()
from integrations.odoo.pull.round import Round, pull_round
from tests.integrations.odoo.pull.fake import FakeOdoo
from tests.integrations.odoo.pull.test_no_row_missed import firm

keep, pages = Round.keep, []

def hang_at_the_third(self, *args, **options):
    if len(pages) == 2:
        print("two pages", flush=True)
        time.sleep(60)
    pages.append(args)
    return keep(self, *args, **options)

Round.keep = hang_at_the_third
odoo = firm(gathers=os.environ["GATHERS"] == "yes")
pull_round(odoo, at=odoo.now, models=["res.partner.category"])
"""


def firm(*, gathers: bool = False) -> FakeOdoo:
    odoo = FakeOdoo(gathers=gathers)
    for id_ in range(1, 8):
        odoo.put(TAG, id_, name=f"Tag {id_}")
    odoo.now += timedelta(minutes=1)
    return odoo


@pytest.mark.django_db(transaction=True)
class TestKilledProcess:
    @pytest.mark.parametrize(("size", "gathers"), [("2", "no"), ("1", "yes")], ids=["by rows", "by columns"])
    def test_leaves_its_pages_its_place_and_no_lock_behind(self, settings, size, gathers):
        settings.ODOO = {**settings.ODOO, "PAGE_SIZE": int(size)}
        names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
        database = {ours: connection.settings_dict[theirs] or None for ours, theirs in names.items()}
        environ = os.environ | {"DATABASE_URL": make_conninfo(**database), "ODOO_PAGE_SIZE": size, "GATHERS": gathers}
        with subprocess.Popen([sys.executable, "-c", CHILD], env=environ, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout
            assert child.stdout.readline() == "two pages\n"
            child.kill()
        wait_for_the_lock()

        odoo = firm(gathers=gathers == "yes")
        runs = pull_round(odoo, at=odoo.now, models=[TAG], compare_ids=False)
        assert [(run.status, run.read) for run in PullRun.objects.order_by("pk")] == [("interrupted", 4), ("done", 3)]
        assert runs[0].inserted == 3
        assert PartnerTag.objects.count() == 7
        assert set(PartnerTag.objects.values_list("row_version", flat=True)) == {1}


def wait_for_the_lock() -> None:
    """PostgreSQL needs a moment to see that a process is gone."""
    for _ in range(200):
        with the_only_round() as mine:
            if mine:
                return
        time.sleep(0.05)
    raise AssertionError("the lock of the killed process was never given back")
