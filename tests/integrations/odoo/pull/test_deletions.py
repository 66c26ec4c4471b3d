"""Promise 9, the part of the pull: what is gone from Odoo is gone here, unless it looks like a lost right."""

from datetime import timedelta

import pytest

from cockpit.exception_queue.models import Case
from integrations.mirror.models import PartnerTag, PullRun
from integrations.odoo.client import ServerFaultError
from integrations.odoo.pull import comparing, reconcile
from integrations.odoo.pull.deletions import limit_of

TAG = "res.partner.category"


def live() -> list[int]:
    return list(PartnerTag.objects.live().order_by("pk").values_list("pk", flat=True))


@pytest.fixture
def tags(odoo, pull):
    """Pull tags and compare their ids."""
    return lambda *args, **options: pull(*args, models=[TAG], **({"compare_ids": True} | options))[-1]


@pytest.fixture
def hundred(odoo, tags):
    for id_ in range(1, 101):
        odoo.put(TAG, id_, name=f"Tag {id_}")
    tags()


class TestComparison:
    def test_buries_what_is_gone(self, odoo, tags, hundred):
        odoo.drop(TAG, 3, 4)
        run = tags()
        assert (run.kind, run.status, run.deleted) == ("reconcile", "done", 2)
        assert live() == [id_ for id_ in range(1, 101) if id_ not in (3, 4)]
        assert PartnerTag.objects.get(pk=3).odoo_deleted_at == odoo.now

    def test_costs_one_call_when_nothing_is_gone(self, odoo, tags, hundred):
        odoo.calls.clear()
        tags()
        assert [method for model, method in odoo.calls if model == TAG] == [
            "search_read",
            "formatted_read_group",
        ]

    def test_is_due_every_five_minutes(self, odoo, tags, hundred):
        odoo.drop(TAG, 3)
        assert tags(compare_ids=None).kind == "changes"
        assert tags(after_s=300, compare_ids=None).deleted == 1

    def test_goes_through_windows_of_ids(self, odoo, tags, hundred, monkeypatch):
        monkeypatch.setattr(comparing, "IDS_AT_ONCE", 7)
        monkeypatch.setattr(reconcile, "ROWS_AT_ONCE", 7)
        odoo.drop(TAG, 1, 7, 8, 50, 100)
        assert tags().deleted == 5
        assert len(live()) == 95

    def test_takes_no_record_for_gone_that_the_next_window_will_bring(self, odoo, tags, hundred):
        odoo.put(TAG, 101, name="New")
        run = tags(after_s=1.5)
        assert (run.deleted, run.inserted, run.status) == (0, 0, "done")
        tags()
        assert 101 in live()

    def test_takes_in_what_became_visible_by_a_right(self, odoo, tags, hundred):
        tags(after_s=3600)
        everyone = odoo._search
        odoo._search = lambda model, domain: [row for row in everyone(model, domain) if row["id"] != 50]
        tags()
        assert 50 not in live()
        odoo._search = everyone
        run = tags()
        assert (50 in live(), run.updated) == (True, 1)

    def test_fails_with_a_sentence_and_buries_nothing(self, odoo, tags, hundred):
        def fail(model, method, answer):
            if method == "search":
                raise ServerFaultError("Odoo failed in res.partner.category.search.", maybe_done=False)
            return answer

        odoo.drop(TAG, 3)
        odoo.spoil = fail
        run = tags()
        assert (run.status, run.sentence) == ("failed", f"{TAG}: Odoo failed in res.partner.category.search.")
        assert len(live()) == 100

    def test_refuses_ids_out_of_order(self, odoo, tags, hundred):
        odoo.drop(TAG, 3)
        odoo.spoil = lambda model, method, answer: answer[::-1] if method == "search_read" else answer
        assert tags().status == "failed"
        assert len(live()) == 100


class TestManyVanished:
    def test_stop_the_pass_and_open_a_case(self, odoo, tags, hundred):
        odoo.drop(TAG, *range(1, 52))
        run = tags()
        assert (run.status, run.deleted) == ("stopped", 0)
        assert "more than 50 records are gone from Odoo, or hidden" in run.sentence
        assert len(live()) == 100
        case = Case.objects.get()
        assert (case.fingerprint, case.state) == (f"odoo.vanished:{TAG}", "open")

    def test_are_believed_when_a_person_says_so(self, odoo, tags, hundred):
        odoo.drop(TAG, *range(1, 52))
        tags()
        assert tags(accept_vanished=True).deleted == 51
        assert Case.objects.get().state == "resolved"

    def test_are_forgotten_when_they_are_back(self, odoo, tags, hundred):
        everyone = odoo._search
        odoo._search = lambda model, domain: [] if model == TAG else everyone(model, domain)
        assert tags().status == "stopped"
        odoo._search = everyone
        assert tags().status == "done"
        assert Case.objects.get().state == "resolved"
        assert len(live()) == 100

    def test_do_not_stop_the_changes(self, odoo, tags, hundred):
        odoo.drop(TAG, *range(1, 52))
        odoo.put(TAG, 99, name="Platinum")
        tags()
        assert PartnerTag.objects.get(pk=99).name == "Platinum"

    @pytest.mark.parametrize(("count", "limit"), [(0, 50), (5000, 50), (5100, 51), (1_000_000, 10_000)])
    def test_are_more_than_fifty_or_one_per_cent(self, count, limit):
        assert limit_of(count) == limit


def test_a_run_of_its_own_says_what_the_comparison_did(odoo, tags, hundred):
    runs = PullRun.objects.filter(model=TAG).order_by("pk")
    assert [run.kind for run in runs] == ["changes", "reconcile"]
    assert all(run.ended_at - run.started_at >= timedelta() for run in runs)
