"""The pull over HTTP, with the faults that servers have: 500, a dropped connection, silence, another database."""

import time
from collections.abc import Iterator

import pytest
from django.utils import timezone

from cockpit.accounts.models import Unit
from integrations.mirror import freshness
from integrations.mirror.models import Currency, Invoice, PartnerTag, PullRun
from integrations.odoo import tasks
from integrations.odoo.client import connect
from integrations.odoo.pull.round import pull_round
from integrations.odoo.sandbox.server import listen
from tests.contract.world import World
from tests.sandbox import Running, running

pytestmark = pytest.mark.django_db
CURRENCY = "res.currency"


@pytest.fixture(scope="module")
def sandbox(django_db_setup, django_db_blocker) -> Iterator[Running]:
    with django_db_blocker.unblock(), running("pulling") as sandbox:
        yield sandbox


@pytest.fixture
def world(sandbox) -> World:
    return World(sandbox.env, "json2")


def pull(world, *models, **options) -> list[PullRun]:
    return pull_round(world.client, at=timezone.now(), models=models or None, compare_ids=False, **options)


class TestFaults:
    @pytest.mark.parametrize("kind", ["500", "drop"])
    def test_of_one_call_fail_its_run_and_the_next_round_brings_it(self, sandbox, world, kind):
        sandbox.fault(kind, model=CURRENCY, method="search_read")
        run = pull(world, CURRENCY)[0]
        assert (run.status, run.read) == ("failed", 0)
        assert run.sentence.startswith("res.currency: ")
        assert not Currency.objects.exists()
        assert pull(world, CURRENCY)[0].status == "done"
        assert Currency.objects.exists()

    def test_in_the_middle_of_the_pages_keep_those_before(self, sandbox, world, settings, monkeypatch):
        settings.ODOO = {**settings.ODOO, "PAGE_SIZE": 1}
        monkeypatch.setattr("integrations.odoo.pull.reader.ABOUT", ["type"])  # a server that gives no columns
        count = world.client.call(CURRENCY, "search_count", domain=[], context={"active_test": False})
        assert count > 1
        seen = []

        def fault_after_the_first(model, read, total):
            if read and not seen:
                sandbox.fault("500", model=CURRENCY, method="search_read")
            seen.extend([(read, total)] if read else [])

        assert pull(world, CURRENCY, progress=fault_after_the_first)[0].read == 1
        again = pull(world, CURRENCY)[0]
        assert (again.status, again.read) == ("done", count - 1)
        assert Currency.objects.count() == count

    def test_when_odoo_is_away_are_said_and_end_when_it_is_back(self, sandbox, world):
        pull(world, CURRENCY)
        sandbox.stop()
        try:
            run = pull(world, CURRENCY)[0]
            at = timezone.now()
            assert (run.model, run.status) == ("", "failed")
            assert "127.0.0.1" in run.sentence
            assert freshness(at=at)[CURRENCY].state == "failed"
            assert freshness(at=at)[CURRENCY].sentence == run.sentence
        finally:
            sandbox.restart()
        assert pull(world, CURRENCY)[0].status == "done"
        assert freshness(at=timezone.now())[CURRENCY].state == "fresh"


class TestAnotherDatabase:
    def test_under_the_same_address_is_refused_before_any_row(self, sandbox, world):
        pull(world, "res.partner.category")
        known = PartnerTag.objects.count()
        time.sleep(1.1)  # databases are told apart by the second of their birth until one has its mark
        with running("stranger") as stranger:
            port = sandbox.server.server_port
            sandbox.stop()
            stranger.stop()
            stranger.server = listen(stranger.app, port)
            stranger.start()
            try:
                other = World(stranger.env | {"ODOO_URL": sandbox.url}, "json2")
                other.admin.call("res.partner.category", "create", vals_list=[{"name": "A stranger's"}])
                run = pull(other, "res.partner.category")[0]
            finally:
                stranger.stop()
                sandbox.restart()
                stranger.server = listen(stranger.app, 0)  # `running` ends it once more
                stranger.start()
        assert (run.model, run.status) == ("", "failed")
        assert "there is now another database" in run.sentence
        assert PartnerTag.objects.count() == known


class TestTask:
    @pytest.fixture
    def configured(self, sandbox, settings):
        env = sandbox.env
        odoo = {"URL": sandbox.url, "DB": env["ODOO_DB"], "LOGIN": "cockpit", "API_KEY": env["ODOO_API_KEY"]}
        settings.ODOO = {**settings.ODOO, **odoo, "TRANSPORT": "auto"}
        return settings

    def test_pulls_everything(self, configured, world):
        tasks.pull_round()
        assert Invoice.objects.live().count() == connect().call(
            "account.move", "search_count", domain=[["move_type", "in", ["out_invoice", "out_refund"]]]
        )

    def test_does_nothing_where_no_odoo_is_configured(self, settings):
        settings.ODOO = {**settings.ODOO, "URL": ""}
        tasks.pull_round()
        assert not PullRun.objects.exists()

    def test_writes_down_that_the_key_was_refused(self, configured):
        configured.ODOO = {**configured.ODOO, "API_KEY": "a key that was revoked"}
        tasks.pull_round()
        run = PullRun.objects.get()
        assert (run.model, run.status) == ("", "failed")
        assert "does not accept these credentials" in run.sentence

    def test_projects_the_directory_once_a_day(self, configured):
        tasks.pull_round()
        Unit.objects.filter(odoo_model="res.company").update(active=False)
        tasks.project_directory()
        assert Unit.objects.filter(odoo_model="res.company", active=True).count() == 2
