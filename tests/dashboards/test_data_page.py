from datetime import timedelta

import pytest
from django.urls import reverse

from cockpit.accounts import grants
from cockpit.audit.models import Entry
from cockpit.outbox import RetryLater
from cockpit.outbox.models import Message
from dashboards import data
from integrations.mirror.models import Cursor, PullRun
from integrations.odoo import resync
from integrations.odoo.pull.catalogue import MAPS
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
