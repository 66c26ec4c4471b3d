"""The table of faults in docs/failure-modes.md, row by row: what people read, what is tried again, and that nothing is
lost or doubled."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from cockpit.exception_queue.models import Case
from integrations.mirror import freshness
from integrations.mirror.models import Invoice, Partner, PullRun
from integrations.odoo.pull.catalogue import INVOICE, MAPS, PARTNER
from integrations.odoo.pull.round import pull_round
from integrations.odoo.pull.stale import ALL, ONE, watch
from integrations.odoo.sandbox.who import keep_secret
from tests.contract.test_pulling import Ahead
from tests.contract.world import World, unique
from tests.sandbox import KEYS, Running, running

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Fault:
    """`arrange` makes it and, at the end, unmakes it. `ends_round`: the models after it are not asked either."""

    arrange: Callable[[Running, World], Iterator[None]]
    words: str
    ends_round: bool
    model: str = "res.partner"  # "": none could be asked at all
    case: str = f"{ONE}:res.partner"


def on_request(kind: str, **more) -> Callable[[Running, World], Iterator[None]]:
    def arrange(sandbox: Running, world: World) -> Iterator[None]:
        sandbox.fault(kind, model="res.partner", method="search_read", count=9, **more)
        yield
        sandbox.store.faults.clear()

    return arrange


def with_an_expired_key(sandbox: Running, world: World) -> Iterator[None]:
    uid = world.client.uid
    sandbox.store.run(lambda cursor: cursor.execute("DELETE FROM secret WHERE uid = %s", [uid]))
    yield
    sandbox.store.run(lambda cursor: keep_secret(cursor, "key", KEYS["cockpit"], uid))


def with_a_lost_right(sandbox: Running, world: World) -> Iterator[None]:
    user = world.client.uid
    groups = world.admin.search_read("res.users", [["id", "=", user]], ["group_ids"])[0]["group_ids"]
    kept = [group for group in groups if group not in invoicing(world)]
    world.admin.call("res.users", "write", [user], vals={"group_ids": [[6, 0, kept]]})
    yield
    world.admin.call("res.users", "write", [user], vals={"group_ids": [[6, 0, groups]]})


def invoicing(world: World) -> set[int]:
    names = ("group_account_invoice", "group_account_manager")
    return {
        world.admin.call("ir.model.data", "check_object_reference", module="account", xml_id=name)[1] for name in names
    }


def away(sandbox: Running, world: World) -> Iterator[None]:
    sandbox.stop()
    yield
    sandbox.restart()


FAULTS = {
    "slow": Fault(on_request("delay", seconds=1.2), "gave no answer within 0.5 s", ends_round=True),
    "500": Fault(on_request("500"), "answers 500 without a word from Odoo", ends_round=False),
    "half of the answer": Fault(on_request("half"), "broke before it answered", ends_round=True),
    "dropped after its commit": Fault(on_request("drop"), "broke before it answered", ends_round=True),
    "garbage": Fault(on_request("garbage"), "not as Odoo does", ends_round=False),
    "429": Fault(on_request("429"), "answers 429: Odoo is busy", ends_round=False),
    "expired key": Fault(with_an_expired_key, "does not accept these credentials", ends_round=True, model="", case=ALL),
    "lost right": Fault(
        with_a_lost_right, "does not let this user", ends_round=False, model="account.move", case=f"{ONE}:account.move"
    ),
    "away": Fault(away, "cannot be reached: nothing listens there", ends_round=True, model="", case=ALL),
}


@pytest.fixture(scope="module")
def sandbox(django_db_setup, django_db_blocker) -> Iterator[Running]:
    with django_db_blocker.unblock(), running("faulty") as sandbox:
        yield sandbox


@pytest.fixture
def world(sandbox) -> Iterator[World]:
    sandbox.reset()
    yield World(sandbox.env, "json2")
    sandbox.store.faults.clear()


def pull(world: World, **options) -> list[PullRun]:
    return pull_round(Ahead(world.new_client()), at=timezone.now(), **options)


@pytest.mark.parametrize("name", FAULTS)
class TestFault:
    def test_is_said_ends_by_itself_and_loses_or_doubles_nothing(self, sandbox, world, settings, name):
        fault = FAULTS[name]
        assert {run.status for run in pull(world)} == {"done"}
        client = world.new_client()
        hasty = Ahead(type(world)(sandbox.env, "json2").client)
        hasty._client._wire = type(client._wire)(sandbox.url, 0.5)
        partner = world.partner(unique("Written before the fault"))
        invoice = world.invoice(77.5)

        with contextmanager(fault.arrange)(sandbox, world):
            at = timezone.now()
            runs = pull_round(hasty, at=at)
            failed = [run for run in runs if run.status == "failed"]
            assert fault.model in {run.model for run in failed}
            sentence = next(run.sentence for run in failed if run.model == fault.model)
            assert fault.words in sentence
            assert "Traceback" not in sentence
            reached = {run.model for run in runs} >= {each.odoo_model for each in MAPS}
            assert reached is not fault.ends_round
            seen = freshness(at=at)[fault.model or "res.partner"]
            assert (seen.state, seen.sentence) == ("failed", sentence)
            assert Invoice.objects.live().count() >= 1  # a lost right takes nothing away

            later = at + timedelta(minutes=11)
            watch(at=later)
            case = Case.objects.get(fingerprint=fault.case)
            assert (case.state, fault.words in case.detail["sentence"]) == ("open", True)

        again = pull(world, compare_ids=True)
        assert {run.status for run in again} == {"done"}
        watch(at=timezone.now())
        assert not Case.objects.exclude(state="resolved").exists()
        assert Partner.objects.get(pk=partner).row_version == 1
        assert Invoice.objects.get(pk=invoice).row_version == 1
        for map_ in (PARTNER, INVOICE):
            count = world.client.call(
                map_.odoo_model, "search_count", domain=list(map_.domain), context={"active_test": False}
            )
            runs_of = PullRun.objects.filter(model=map_.odoo_model)
            assert map_.mirror_model.objects.live().count() == count == sum(run.inserted for run in runs_of)
            assert not any(run.deleted for run in runs_of)
