"""A round that finds nothing costs one call for each model, and loses nothing by asking ahead."""

import threading
from collections import Counter

import pytest

from integrations.mirror.models import Cursor, InvoiceLine, Partner, PartnerTag, PullRun
from integrations.odoo.client import ServerFaultError, UnreachableError
from integrations.odoo.pull import quiet
from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.pull.round import Round

TAG, PARTNER, MOVE, LINE = "res.partner.category", "res.partner", "account.move", "account.move.line"


@pytest.fixture
def rounds(odoo, pull):
    """Ordinary rounds over every model, after two that brought all; what they ask is counted anew."""
    for id_ in range(1, 4):
        odoo.put(TAG, id_, name=f"Tag {id_}")
        odoo.put(PARTNER, id_, name=f"Firm {id_}")
    pull(compare_ids=False)
    pull(compare_ids=False)
    odoo.calls.clear()
    return lambda *args, **options: pull(*args, **({"compare_ids": False} | options))


def asked(odoo) -> Counter:
    return Counter(model for model, method in odoo.calls if model in {each.odoo_model for each in MAPS})


class TestAQuietRound:
    def test_asks_each_model_once(self, odoo, rounds):
        runs = rounds()
        there = Counter(each.odoo_model for each in MAPS)
        assert asked(odoo) - Counter(["res.users"]) == there  # one more call recognises the database
        assert {method for model, method in odoo.calls if model != "x_cockpit_guard"} == {"search_read"}
        assert {(run.status, run.read) for run in runs} == {("done", 0)}
        assert {run.model for run in runs} == set(there)

    def test_asks_over_two_connections_before_it_writes(self, odoo, rounds):
        threads, both = set(), threading.Barrier(2)

        def meet(model, method, answer):
            """The first call of each thread waits for that of the other: alone, it would wait in vain."""
            name = threading.current_thread().name
            if name.startswith("quiet") and name not in threads:
                threads.add(name)
                both.wait(timeout=60)
            return answer

        odoo.spoil = meet
        rounds()
        assert len(threads) == 2

    def test_writes_down_how_far_it_came(self, odoo, rounds):
        rounds()
        ends = {cursor.done_to for cursor in Cursor.objects.all()}
        assert len(ends) == 1
        assert set(Cursor.objects.values_list("fresh_at", "status", "sentence")) == {(odoo.now, "done", "")}
        assert PullRun.objects.filter(model=TAG).last().window_to == ends.pop()

    def test_compares_a_twentieth_of_the_models(self, odoo, rounds):
        runs = rounds(compare_ids=None)
        assert 0 < len([run for run in runs if run.kind == "reconcile"]) <= len(MAPS) / 20 + 1


class TestFewNews:
    def test_are_taken_from_what_was_asked_ahead(self, odoo, rounds):
        odoo.put(TAG, 2, name="Platinum")
        rounds(31)
        assert PartnerTag.objects.get(pk=2).name == "Platinum"
        assert asked(odoo)[TAG] == 1

    def test_more_than_few_are_read_as_usual(self, odoo, rounds, monkeypatch):
        monkeypatch.setattr(quiet, "FEW", 2)
        for id_ in range(10, 15):
            odoo.put(TAG, id_, name="New")
        rounds()
        assert PartnerTag.objects.filter(name="New").count() == 5
        assert asked(odoo)[TAG] > 1

    def test_of_an_invoice_bury_its_lost_lines_though_lines_are_quiet(self, odoo, rounds):
        odoo.put(MOVE, 1, move_type="out_invoice", state="draft")
        odoo.put(LINE, 5, move_id=1, display_type="product")
        odoo.put(LINE, 6, move_id=1, display_type="product")
        rounds()
        rounds(3600)
        odoo.drop(LINE, 6)
        odoo.put(MOVE, 1, amount_total=1.0)
        rounds()
        assert list(InvoiceLine.objects.live().values_list("pk", flat=True)) == [5]


class TestTrouble:
    def test_of_one_model_is_said_by_itself_and_the_others_are_written_down(self, odoo, rounds):
        def fail(model, method, answer):
            if model == TAG:
                raise ServerFaultError("Odoo failed in it.", maybe_done=False)
            return answer

        odoo.spoil = fail
        runs = {run.model: run for run in rounds()}
        assert (runs[TAG].status, runs[TAG].sentence) == ("failed", f"{TAG}: Odoo failed in it.")
        assert {run.status for run in runs.values() if run.model != TAG} == {"done"}

    def test_of_odoo_itself_ends_the_asking(self, odoo, rounds):
        answered = []

        def fail(model, method, answer):
            answered.append(model)
            if len(answered) > 10:
                raise UnreachableError("Odoo gave no answer.", maybe_done=True)
            return answer

        odoo.spoil = fail
        runs = rounds()
        assert len(answered) < 20
        assert next(run.sentence for run in runs if run.status == "failed").endswith("Odoo gave no answer.")
        odoo.spoil = lambda model, method, answer: answer
        odoo.put(PARTNER, 9, name="New meanwhile")
        assert {run.status for run in rounds()} == {"done"}
        assert Partner.objects.filter(pk=9).exists()

    def test_of_the_process_leaves_the_cursors_where_they_were(self, odoo, rounds, monkeypatch):
        class KilledError(BaseException):
            pass

        def killed(self, map_, end):
            raise KilledError

        before = set(Cursor.objects.values_list("model", "done_to"))
        odoo.put(PARTNER, 2, name="Renamed")
        monkeypatch.setattr(Round, "pull", killed)
        with pytest.raises(KilledError):
            rounds()
        monkeypatch.undo()
        assert set(Cursor.objects.values_list("model", "done_to")) == before
        rounds()
        assert Partner.objects.get(pk=2).name == "Renamed"
