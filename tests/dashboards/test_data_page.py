from datetime import timedelta

import pytest
from django.urls import reverse

from cockpit.accounts import grants
from cockpit.audit.models import Entry
from cockpit.outbox import RetryLater
from cockpit.outbox.models import Message
from dashboards import data
from dashboards.loading import loading
from integrations.mirror.models import Cursor, PullRun
from integrations.odoo import resync
from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.pull.keeping import the_only_round
from tests import cast
from tests.cast import MONDAY
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db
LEAVES = "hr.leave"


@pytest.fixture
def firm(time_machine):
    time_machine.move_to(MONDAY, tick=False)
    made = cast.firm()
    for each in MAPS:
        Cursor.objects.create(model=each.odoo_model, fresh_at=MONDAY - timedelta(seconds=8), status="done")
    begun = MONDAY - timedelta(seconds=9)
    PullRun.objects.create(model=LEAVES, status="done", started_at=begun, ended_at=MONDAY, read=60, rate=615.0)
    return made


def fail(model: str) -> None:
    at = MONDAY - timedelta(minutes=10)
    Cursor.objects.filter(model=model).update(status="failed", sentence="Odoo is away.", fresh_at=at)
    PullRun.objects.create(model=model, status="failed", started_at=at, ended_at=at, sentence="Odoo is away.")


class TestData:
    def test_says_that_all_is_fresh(self, firm):
        said = words(visitor(firm, "lea").get(reverse("data")))
        assert "Everything that is read from Odoo is fresh." in said
        assert "Time off hr. leave fresh 0" in said
        assert "615" in said

    def test_names_what_is_not_and_why(self, firm):
        fail(LEAVES)
        said = words(visitor(firm, "lea").get(reverse("data")))
        assert "Not fresh: Time off. What depends on it is grey." in said
        assert "Odoo is away." in said

    def test_begins_with_what_is_not_fresh_then_what_something_rests_on(self, firm):
        fail(LEAVES)
        Cursor.objects.filter(model=LEAVES).update(fresh_at=MONDAY - timedelta(days=1), status="failed")
        found = data.lines(at=MONDAY)
        assert found[0].model == LEAVES
        needed = [bool(one.needed_by) for one in found[1:]]
        assert needed == sorted(needed, reverse=True)
        assert True in needed
        assert False in needed

    def test_says_what_this_odoo_has_not_and_what_it_would_add(self, firm):
        Cursor.objects.filter(model__in=["purchase.order", "purchase.order.line"]).update(absent="model")
        Cursor.objects.filter(model="crm.lead").update(absent="right")
        said = words(visitor(firm, "lea").get(reverse("data")))
        assert "Purchase orders, Purchase order lines Odoo has no such model subcontractors, and what they cost" in said
        assert "Leads not shown to the integration user demand that is coming" in said
        assert "crm. lead" not in said
        assert "Everything that is read from Odoo is fresh." in said

    def test_shows_ninety_intervals_with_words(self, firm):
        fail(LEAVES)
        bar = data.detail(LEAVES, at=MONDAY).line.bar
        assert [tick.state for tick in bar.ticks].count("late") == 1
        assert bar.said == "Of the last 90 minutes 1 with a good run, 1 with a failed one, 88 without any."

    def test_asks_as_often_for_many_runs_as_for_few(self, firm, django_assert_num_queries):
        def ask():
            with django_assert_num_queries(5 + len(MAPS)):
                data.lines(at=MONDAY)

        ask()
        for number in range(200):
            at = MONDAY - timedelta(seconds=15 * number)
            PullRun.objects.create(model=LEAVES, status="done", started_at=at, ended_at=at, read=1, rate=1)
        ask()

    def test_of_a_model_without_a_map_is_not_there(self, firm):
        assert visitor(firm, "lea").get(reverse("data_model", args=["hr.payslip"])).status_code == 404

    def test_is_not_there_for_those_who_do_not_answer_for_it(self, firm):
        for name in ("eve", "ben"):
            assert visitor(firm, name).get(reverse("data")).status_code == 404


def load(**columns) -> PullRun:
    begun = MONDAY - timedelta(seconds=20)
    return PullRun.objects.create(
        model=LEAVES, status="running", started_at=begun, **{"read": 2_000, "expected": 5_000, "rate": 100.0, **columns}
    )


class TestCertainty:
    def test_says_when_mirror_and_odoo_were_last_equal_and_that_they_are_not_now(self, firm):
        hour = timedelta(hours=1)
        Cursor.objects.filter(model=LEAVES).update(reconciled_at=MONDAY - 2 * hour, swept_at=MONDAY - hour)
        said = words(visitor(firm, "lea").get(reverse("data_model", args=[LEAVES])))
        assert "Seen equal 08:00 compared 09:00 : not equal yet" in said
        Cursor.objects.filter(model=LEAVES).update(reconciled_at=MONDAY - hour)
        assert "not equal yet" not in words(visitor(firm, "lea").get(reverse("data_model", args=[LEAVES])))

    def test_names_the_columns_that_this_odoo_lacks(self, firm):
        Cursor.objects.filter(model=LEAVES).update(lacks=["validation_type"])
        assert "This Odoo lacks, or hides validation_type" in words(
            visitor(firm, "lea").get(reverse("data_model", args=[LEAVES]))
        )

    def test_lists_comparisons_among_the_runs(self, firm):
        PullRun.objects.create(
            model=LEAVES, kind="reconcile", status="stopped", started_at=MONDAY, sentence="2 differ."
        )
        said = words(visitor(firm, "lea").get(reverse("data_model", args=[LEAVES])))
        assert "reconciliation stopped 2 differ." in said


class TestLoading:
    def test_shows_rows_how_many_how_fast_and_how_long_still(self, firm):
        load()
        Cursor.objects.update(done_to=MONDAY)
        Cursor.objects.filter(model=LEAVES).update(done_to=None)
        with the_only_round():
            said = words(visitor(firm, "lea").get(reverse("data_progress")))
        assert f"First load: {len(MAPS) - 1} of {len(MAPS)} kinds of records are here." in said
        assert "Time off 2,000 of 5,000 records (40 %) 100 a second, 30 s left" in said

    def test_knows_a_rate_from_the_first_page_on(self, firm):
        load(rate=None)
        with the_only_round():
            assert loading(at=MONDAY).bars[0].rate == "100"

    def test_promises_no_time_after_its_process_died(self, firm):
        load()
        said = words(visitor(firm, "lea").get(reverse("data_progress")))
        assert "The process that read ended" in said
        assert "left" not in said

    def test_says_nothing_when_nothing_is_loaded(self, firm):
        Cursor.objects.update(done_to=MONDAY)
        load(expected=None)
        assert not loading(at=MONDAY).is_shown

    def test_survives_a_server_that_got_more_records_meanwhile_or_has_none(self, firm):
        load(read=6_000)
        load(read=0, expected=0, rate=None)
        assert [bar.percent for bar in loading(at=MONDAY).bars] == [100, 0]

    def test_asks_again_quickly_only_while_something_is_read(self, firm):
        asked = visitor(firm, "lea").get(reverse("data_progress")).content.decode()
        assert 'hx-trigger="every 15s"' in asked
        load()
        with the_only_round():
            assert 'hx-trigger="every 2s"' in visitor(firm, "lea").get(reverse("data_progress")).content.decode()

    def test_is_not_there_for_those_who_do_not_answer_for_it(self, firm):
        assert visitor(firm, "eve").get(reverse("data_progress")).status_code == 404


class TestResync:
    def test_is_asked_for_by_an_operations_admin_once(self, firm):
        grants.grant(firm["ann"], "operations_admin", firm.de, actor="system:test", at=MONDAY)
        ann = visitor(firm, "ann")
        for _ in range(2):
            assert ann.post(reverse("data_resync", args=[LEAVES])).status_code == 302
        message = Message.objects.get(handler="odoo.resync")
        assert message.payload == {"model": LEAVES}
        assert Entry.objects.filter(verb="mirror.resync.ask").exists()
        assert "going to be read anew" in words(ann.get(reverse("data_model", args=[LEAVES])))

    def test_is_not_for_others(self, firm):
        assert visitor(firm, "lea").post(reverse("data_resync", args=[LEAVES])).status_code == 404
        assert not Message.objects.filter(handler="odoo.resync").exists()

    def test_waits_while_another_round_reads(self, firm, monkeypatch):
        monkeypatch.setattr(resync.connection, "client", lambda *, at: None)
        monkeypatch.setattr(resync, "pull_round", lambda *args, **options: [])
        message = resync.ask(LEAVES, actor=firm["ann"], at=MONDAY)
        with pytest.raises(RetryLater):
            resync.run(message, at=MONDAY)
