"""A first load: whole columns, read ahead, straight into the empty table; then its indexes, whatever dies when."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection

from integrations.mirror.models import Cursor, Partner, PullRun, Timesheet
from integrations.odoo.client import BusyError, RefusedError
from integrations.odoo.pull import ahead, loading
from integrations.odoo.pull.ahead import Pace
from integrations.odoo.pull.merge import RowsRefusedError, bury, merge
from integrations.odoo.pull.round import Round, pull_round

from .fake import START, FakeOdoo
from .test_merge import page

pytestmark = pytest.mark.django_db
LINE, PARTNER = "account.analytic.line", "res.partner"


@pytest.fixture
def odoo():
    """Forty hours, with gaps between their ids."""
    odoo = FakeOdoo(gathers=True)
    for number in range(40):
        odoo.put(
            LINE, 7 * number + 3, name=f"Work\t{number}\\", date="2026-11-23", unit_amount=number / 4, project_id=2
        )
    return odoo


@pytest.fixture(autouse=True)
def _small(settings):
    settings.ODOO = {**settings.ODOO, "PAGE_SIZE": 4, "READERS": 3}


def load(odoo, after_s=60, **more) -> PullRun:
    odoo.now += timedelta(seconds=after_s)
    return next(
        run for run in pull_round(odoo, at=odoo.now, models=[LINE], compare_ids=False, **more) if run.model == LINE
    )


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s", [Timesheet._meta.db_table])
        return {name for (name,) in cursor.fetchall()}


def rows() -> list[tuple]:
    return list(Timesheet.objects.order_by("pk").values_list())


def methods(odoo) -> list[str]:
    return [method for model, method in odoo.calls if model == LINE]


class TestAFirstLoad:
    def test_holds_what_a_load_by_rows_holds(self, odoo):
        run = load(odoo)
        assert (run.status, run.read, run.inserted, run.expected) == ("done", 40, 40, 40)
        assert "search_read" not in methods(odoo)
        by_columns = rows()
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE mirror_timesheet, mirror_cursor")
        odoo.fields[LINE] = {name: {"type": said["type"]} for name, said in odoo.fields[LINE].items()}
        pull_round(odoo, at=odoo.now, models=[LINE], compare_ids=False)
        assert rows() == by_columns

    def test_leaves_all_indexes_and_no_trace_of_itself(self, odoo):
        before = indexes()
        load(odoo)
        assert indexes() == before
        assert len(before) > 1
        cursor = Cursor.objects.get(model=LINE)
        assert (cursor.filling, cursor.indexes_due, cursor.window_to) == (False, [], None)

    def test_is_merged_where_the_table_holds_something(self, odoo):
        load(odoo)
        odoo.put(LINE, 3, name="Other")
        run = load(odoo, whole=True)
        assert (run.read, run.updated, run.unchanged) == (40, 1, 39)

    def test_reads_rows_where_odoo_refuses_columns_and_says_so(self, odoo):
        def refuse(model, method, answer):
            if method == "formatted_read_group":
                raise RefusedError("No such aggregate")
            return answer

        odoo.spoil = refuse
        run = load(odoo)
        assert (run.status, run.read) == ("done", 40)
        assert "refuses whole columns" in run.sentence

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda group: {**group, "name:array_agg": group["name:array_agg"][1:]},
            lambda group: {**group, "id:array_agg": group["id:array_agg"][::-1]},
            lambda group: {**group, "id:array_agg": [*group["id:array_agg"][:-1], 10_000_000]},
            lambda group: "nothing",
        ],
        ids=["a value lost", "another order", "beyond what was asked", "no group"],
    )
    def test_takes_no_crooked_columns(self, odoo, spoil):
        def crooked(model, method, answer):
            return [spoil(answer[0])] if method == "formatted_read_group" and answer[0].get("id:array_agg") else answer

        odoo.spoil = crooked
        load(odoo)  # what begins crooked is read by rows; what becomes so fails, and begins so in the next round
        assert load(odoo).status == "done"
        assert [row["id"] for row in odoo.rows(LINE)] == [row[0] for row in rows()]

    def test_that_meets_a_strange_row_goes_on_by_merging(self, odoo, monkeypatch):
        keep = Round.keep

        def with_a_stranger(self, *args, **more):
            if not Timesheet.objects.filter(pk=31).exists() and Timesheet.objects.exists():
                merge(Timesheet, {"odoo_id": [31], "unit_amount": [0], "amount": [0]}, at=START)
            return keep(self, *args, **more)

        monkeypatch.setattr(Round, "keep", with_a_stranger)
        before = indexes()
        assert load(odoo).status == "done"
        assert Timesheet.objects.count() == 40
        assert Timesheet.objects.get(pk=31).name == "Work\t4\\"
        assert indexes() == before


class TestAKill:
    def test_before_the_indexes_are_made_leaves_them_to_the_next_round(self, odoo, monkeypatch):
        before = indexes()
        monkeypatch.setattr(loading, "make_indexes", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            load(odoo)
        assert len(indexes()) == 1
        monkeypatch.undo()
        odoo.put(LINE, 500, name="New", project_id=2)
        assert load(odoo).status == "done"
        assert indexes() == before
        assert Timesheet.objects.count() == 41

    def test_in_the_middle_goes_on_straight(self, odoo, monkeypatch):
        keep, kept = Round.keep, []

        def die(self, *args, **more):
            if len(kept) == 3:
                raise KeyboardInterrupt
            kept.append(1)
            return keep(self, *args, **more)

        monkeypatch.setattr(Round, "keep", die)
        with pytest.raises(KeyboardInterrupt):
            load(odoo)
        there = Timesheet.objects.count()
        assert 0 < there < 40
        monkeypatch.setattr(Round, "keep", keep)
        run = load(odoo)
        assert (run.status, run.inserted) == ("done", 40 - there)
        assert set(Timesheet.objects.values_list("row_version", flat=True)) == {1}
        assert len(indexes()) > 1


class TestReadingAhead:
    def test_asks_for_the_next_stretches_while_one_is_written(self, odoo, monkeypatch):
        keep, asked = Round.keep, []

        def slow(self, *args, **more):
            time.sleep(0.05)
            asked.append(methods(odoo).count("formatted_read_group"))
            return keep(self, *args, **more)

        monkeypatch.setattr(Round, "keep", slow)
        load(odoo)
        assert asked[0] >= 3  # as the first page is written two more are on their way

    def test_uses_one_connection_in_one_thread(self, odoo, monkeypatch):
        used: dict[int, set[int]] = {}
        gather = ahead.gather

        def spy(client, *args, **more):
            used.setdefault(id(client), set()).add(threading.get_ident())
            return gather(client, *args, **more)

        monkeypatch.setattr(ahead, "gather", spy)
        monkeypatch.setattr(FakeOdoo, "twin", lambda self: Twin(self))
        load(odoo)
        assert 1 <= len(used) <= 3
        assert all(len(threads) == 1 for threads in used.values())

    def test_waits_while_odoo_is_busy_and_asks_for_less(self, odoo, monkeypatch):
        naps, busy = [], [BusyError("Odoo is busy")] * 2
        monkeypatch.setattr(ahead.time, "sleep", naps.append)

        def sometimes(model, method, answer):
            if method == "formatted_read_group" and busy:
                raise busy.pop()
            return answer

        odoo.spoil = sometimes
        assert load(odoo).read == 40
        assert sum(naps) >= 2

    def test_gives_up_after_some_tries_and_loses_nothing(self, odoo, monkeypatch):
        monkeypatch.setattr(ahead.time, "sleep", lambda seconds: None)
        odoo.spoil = lambda model, method, answer: (
            (_ for _ in ()).throw(BusyError("Odoo is busy")) if method == "formatted_read_group" else answer
        )
        assert load(odoo).status == "failed"
        odoo.spoil = lambda model, method, answer: answer
        assert load(odoo).read == 40


class Twin:
    def __init__(self, other):
        self.other = other

    def __getattr__(self, name):
        return getattr(self.other, name)


class TestPace:
    def test_asks_for_more_ids_where_few_are_records(self):
        pace = Pace(2, rows=1000)
        pace.went(10, 1000, 0.1)
        assert pace.ids == 2000
        pace.went(0, 2000, 0.1)
        assert pace.ids == 8000

    def test_asks_for_less_and_alone_where_odoo_is_slow_or_busy(self):
        for how in ({"seconds": 9.0}, {"seconds": 0.1, "waited": True}):
            pace = Pace(4, rows=10_000)
            pace.went(10_000, 10_000, **how)
            assert (pace.ids, pace.allowed) == (5_000, 1)
            pace.went(5_000, 5_000, 0.5)
            assert pace.allowed == 2

    def test_is_never_below_or_beyond_its_bounds(self):
        pace = Pace(2, rows=1000)
        for _ in range(40):
            pace.went(0, pace.ids, 0.1)
        assert pace.ids == ahead.LONGEST
        for _ in range(40):
            pace.went(10**6, pace.ids, 20.0)
        assert (pace.ids, pace.allowed) == (ahead.SHORTEST, 1)


class TestFill:
    PAGE = page(
        odoo_id=[1, 2, 3],
        odoo_write_date=["2026-11-23 08:00:00", None, "2026-11-23 08:00:01"],
        name=["A\tb\\c\nd\r", None, "\\N"],
        active=[True, False, True],
        parent_id=[None, 1, None],
        category_id=[[], [1, 2], [3]],
    )

    def test_writes_what_merge_writes(self):
        loading.fill(Partner, self.PAGE, at=START)
        filled = list(Partner.objects.order_by("pk").values())
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE mirror_partner")
        merge(Partner, self.PAGE, at=START)
        assert list(Partner.objects.order_by("pk").values()) == filled
        assert filled[0]["name"] == "A\tb\\c\nd\r"

    def test_refuses_what_the_table_cannot_hold_and_what_is_there_already(self):
        with pytest.raises(RowsRefusedError, match="invalid input syntax"):
            loading.fill(Partner, {**self.PAGE, "parent_id": [None, "x", None]}, at=START)
        loading.fill(Partner, self.PAGE, at=START)
        with pytest.raises(loading.NotEmptyError):
            loading.fill(Partner, self.PAGE, at=START)
        assert Partner.objects.count() == 3


class TestALaterReading:
    def test_is_not_overwritten_by_an_earlier_one(self):
        merge(Partner, page(odoo_id=[1], name=["later"]), at=START + timedelta(seconds=5))
        merged = merge(Partner, page(odoo_id=[1], name=["earlier"]), at=START)
        assert (Partner.objects.get().name, merged.unchanged) == ("later", 1)
        merge(Partner, page(odoo_id=[1], name=["next"]), at=START + timedelta(seconds=6))
        assert Partner.objects.get().name == "next"

    def test_keeps_a_record_that_was_seen_since_from_being_buried(self):
        merge(Partner, page(odoo_id=[1], name=["later"]), at=START + timedelta(seconds=5))
        assert bury(Partner, [1], at=START) == []
        assert bury(Partner, [1], at=START + timedelta(seconds=6)) == [1]
