"""A record that Odoo hinted at is in the mirror, and told, without a round; whatever is wrong with the hint."""

from datetime import timedelta

import pytest

from cockpit.events.models import Event
from integrations.mirror.models import Cursor, Invoice, InvoiceLine, Leave, SaleOrder
from integrations.odoo.client import UnreachableError
from integrations.odoo.hints import keeping, reading
from integrations.odoo.hints.models import Hint
from integrations.odoo.hints.reading import read_hints
from integrations.odoo.pull.catalogue import INVOICE
from integrations.odoo.pull.keeping import the_only_round
from integrations.odoo.pull.merge import merge

MOVE, LINE = "account.move", "account.move.line"
CHANGED = "odoo.invoice.changed"


def told() -> list[str]:
    return list(Event.objects.filter(name=CHANGED).order_by("pk").values_list("subject", flat=True))


@pytest.fixture
def loaded(odoo, pull):
    odoo.put(MOVE, 7, move_type="out_invoice", state="draft", amount_total=100.0)
    odoo.put(LINE, 70, move_id=7, display_type="product", price_total=100.0)
    odoo.put("sale.order", 5, name="S5", state="draft")
    pull()


@pytest.fixture
def hear(odoo, loaded):
    """Hint at records and read what is due, `after_s` later by all clocks."""

    def run(*ids, model=MOVE, after_s=1.0):
        odoo.now += timedelta(seconds=after_s)
        for id_ in ids:
            keeping.hear(model, id_, at=odoo.now)
        return read_hints(lambda: odoo.now, client_at=lambda at: odoo)

    return run


def total(id_: int = 7) -> float:
    return float(Invoice.objects.get(pk=id_).amount_total)


class TestHint:
    def test_brings_the_record_with_its_parts_and_tells_it(self, odoo, hear):
        odoo.put(MOVE, 7, amount_total=120.0)
        odoo.put(LINE, 71, move_id=7, display_type="product", price_total=20.0)
        assert hear(7) == 1
        assert total() == 120
        assert sorted(InvoiceLine.objects.live().values_list("pk", flat=True)) == [70, 71]
        assert told() == ["odoo.account.move:7"]
        assert not Hint.objects.exists()

    def test_brings_a_new_record(self, odoo, hear):
        odoo.put(MOVE, 8, move_type="out_invoice", state="draft", amount_total=9.0)
        hear(8)
        assert total(8) == 9

    def test_that_comes_twice_tells_once(self, odoo, hear):
        odoo.put(MOVE, 7, amount_total=120.0)
        hear(7)
        hear(7)
        assert told() == ["odoo.account.move:7"]

    def test_is_not_told_again_by_the_round(self, odoo, hear, pull):
        odoo.put(MOVE, 7, amount_total=120.0)
        hear(7)
        pull()
        assert told() == ["odoo.account.move:7"]

    def test_that_is_lost_loses_nothing(self, odoo, loaded, pull):
        odoo.put(MOVE, 7, amount_total=120.0)
        pull()
        assert total() == 120
        assert told() == ["odoo.account.move:7"]

    def test_buries_a_part_that_is_gone(self, odoo, hear):
        odoo.drop(LINE, 70)
        hear(7)
        assert not InvoiceLine.objects.live().exists()
        assert told() == ["odoo.account.move:7"]

    def test_asks_each_model_of_a_batch_once(self, odoo, hear):
        for id_ in range(100, 150):
            odoo.put(MOVE, id_, move_type="out_invoice", state="draft", amount_total=1.0)
        odoo.calls.clear()
        hear(*range(100, 150))
        assert Invoice.objects.filter(pk__gte=100).count() == 50
        assert [each for each in odoo.calls if each[1] == "search_read"] == [
            (MOVE, "search_read"),
            (LINE, "search_read"),
        ]

    def test_of_a_model_without_events_is_read_too(self, odoo, hear):
        odoo.put("sale.order", 5, name="S5b")
        hear(5, model="sale.order")
        assert SaleOrder.objects.get(pk=5).name == "S5b"


class TestGone:
    def test_gets_a_tombstone_with_its_parts(self, odoo, hear):
        odoo.drop(MOVE, 7)
        odoo.drop(LINE, 70)
        hear(7)
        assert not Invoice.objects.live().filter(pk=7).exists()
        assert not InvoiceLine.objects.live().exists()
        assert told() == ["odoo.account.move:7"]

    def test_does_not_if_it_is_only_hidden(self, odoo, hear):
        odoo.closed.add(MOVE)
        odoo.drop(MOVE, 7)  # what a rule hides is not found
        hear(7)
        assert Invoice.objects.live().filter(pk=7).exists()
        assert InvoiceLine.objects.live().exists(), "nor do its parts"
        assert told() == []

    def test_does_not_if_too_many_are_gone_at_once(self, odoo, hear, pull):
        ids = list(range(100, 160))
        for id_ in ids:
            odoo.put(MOVE, id_, move_type="out_invoice", state="draft", amount_total=1.0)
        pull(models=[MOVE])
        odoo.drop(MOVE, *ids)
        hear(*ids)
        assert Invoice.objects.live().filter(pk__in=ids).count() == 60

    def test_of_which_nobody_knew_is_no_record(self, odoo, hear):
        assert hear(99999) == 1
        assert not Invoice.objects.filter(pk=99999).exists()
        assert told() == []


class TestBesideARound:
    def test_an_older_reading_never_overwrites_a_newer_one(self, odoo, hear):
        before = odoo.now
        fitted = INVOICE.fit(odoo.fields[MOVE])
        old = odoo.search_read(MOVE, [["id", "=", 7]], fitted.fields)
        odoo.put(MOVE, 7, amount_total=120.0)
        hear(7)
        merge(Invoice, fitted.convert({name: [old[0][name]] for name in fitted.fields}), at=before)
        assert total() == 120

    def test_an_older_reading_never_revives_the_dead(self, odoo, hear):
        before = odoo.now
        fitted = INVOICE.fit(odoo.fields[MOVE])
        old = odoo.search_read(MOVE, [["id", "=", 7]], fitted.fields)
        odoo.drop(MOVE, 7)
        hear(7)
        merge(Invoice, fitted.convert({name: [old[0][name]] for name in fitted.fields}), at=before)
        assert not Invoice.objects.live().filter(pk=7).exists()

    @pytest.mark.django_db(transaction=True)
    def test_does_not_wait_for_it(self, odoo, hear):
        odoo.put(MOVE, 7, amount_total=120.0)
        with the_only_round() as mine:
            assert mine
            hear(7)
        assert total() == 120


class TestWaits:
    def test_while_its_model_is_loaded_for_the_first_time(self, odoo, hear):
        Cursor.objects.filter(pk=LINE).update(done_to=None)
        odoo.put(MOVE, 7, amount_total=120.0)
        assert hear(7) == 0
        assert (total(), Hint.objects.count()) == (100, 1)
        Cursor.objects.filter(pk=LINE).update(done_to=odoo.now)
        hear(after_s=10)
        assert (total(), Hint.objects.count()) == (120, 0)

    def test_while_odoo_is_away(self, odoo, hear):
        def away(*_given):
            raise UnreachableError("Odoo is away", maybe_done=False)

        odoo.put(MOVE, 7, amount_total=120.0)
        well, odoo.spoil = odoo.spoil, away
        assert hear(7) == 0
        assert hear(after_s=1) == 0
        assert Hint.objects.get().attempt == 1, "it isn't asked again at once"
        odoo.spoil = well
        hear(after_s=20)
        assert (total(), Hint.objects.count()) == (120, 0)

    def test_not_for_ever(self, odoo, hear):
        def garbage(model, method, answer):
            return [{"id": 7}] if method == "search_read" else answer

        odoo.put(MOVE, 7, amount_total=120.0)
        odoo.spoil = garbage
        for _ in range(reading.ATTEMPTS):
            assert hear(*([7] if not Hint.objects.exists() else []), after_s=20) == 0
        assert not Hint.objects.exists(), "the rounds say what is wrong"
        assert total() == 100

    def test_for_nobody_who_died(self, odoo, hear):
        odoo.put(MOVE, 7, amount_total=120.0)
        keeping.hear(MOVE, 7, at=odoo.now)
        keeping.claim(at=odoo.now)  # and its worker is killed
        assert hear(after_s=1) == 0
        hear(after_s=keeping.CLAIMED_FOR.total_seconds())
        assert (total(), Hint.objects.count()) == (120, 0)


class TestReading:
    def test_refuses_a_record_that_was_not_asked_for(self, odoo, hear):
        odoo.put(MOVE, 7, amount_total=120.0)
        odoo.spoil = lambda model, method, answer: (
            [{**row, "id": 8} for row in answer] if (model, method) == (MOVE, "search_read") else answer
        )
        hear(7)
        assert not Invoice.objects.filter(pk=8).exists()
        assert total() == 100

    def test_writes_nothing_when_the_parts_can_not_be_read(self, odoo, hear):
        def half(model, method, answer):
            if (model, method) == (LINE, "search_read"):
                raise UnreachableError("dropped", maybe_done=False)
            return answer

        odoo.put(MOVE, 7, amount_total=120.0)
        odoo.spoil = half
        hear(7)
        assert (total(), told()) == (100, [])

    def test_of_a_flood_is_one_round_of_the_model(self, odoo, hear):
        ids = range(100, 100 + keeping.WAITING + 50)
        for id_ in ids:
            odoo.put(MOVE, id_, move_type="out_invoice", state="draft", amount_total=1.0)
        hear(*ids)
        hear(after_s=3)
        assert Invoice.objects.filter(pk__gte=100).count() == len(ids)
        assert not Hint.objects.exists()

    def test_of_a_model_that_the_server_lacks_is_nothing(self, odoo, hear):
        Cursor.objects.filter(pk="hr.leave").update(absent="model")
        hear(3, model="hr.leave")
        assert not Hint.objects.exists()
        assert not Leave.objects.exists()
