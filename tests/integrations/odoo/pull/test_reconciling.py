"""Promise 9: what windows cannot see is found by counts and sums, and mended by reading again; what stays is a case."""

from datetime import timedelta

import pytest

from cockpit.accounts.models import Person
from cockpit.events.models import Event
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.repairs import run_repair
from cockpit.outbox.models import Message
from integrations.mirror.models import Cursor, Invoice, Partner, PartnerTag, PullRun
from integrations.odoo import resync
from integrations.odoo.client import ServerFaultError
from integrations.odoo.pull import reconcile
from integrations.odoo.pull.catalogue import MAPS

INVOICE, PARTNER, TAG = "account.move", "res.partner", "res.partner.category"
DAYS = {1: "2026-08-31", 2: "2026-09-01", 3: "2026-09-30", 4: False}


@pytest.fixture
def invoices(odoo, pull):
    """Four invoices in three months of company 1, long ago; then a round that compares."""
    for id_, day in DAYS.items():
        values = {"invoice_date": day, "amount_total": 100.0 * id_, "partner_id": 7, "company_id": 1}
        odoo.put(INVOICE, id_, name=f"INV/{id_}", move_type="out_invoice", state="draft", **values)
    pull(models=[INVOICE], compare_ids=True)
    odoo.now += timedelta(hours=1)
    pull(models=[INVOICE], compare_ids=True)
    return lambda *args, **options: next(
        run
        for run in pull(*args, **({"models": [INVOICE], "compare_ids": True} | options))
        if (run.model, run.kind) == (INVOICE, "reconcile")
    )


class TestPastOdoo:
    """Written by SQL, a cascade, or from the other side: no stamp moves, so no window brings it."""

    def test_a_number_is_found_and_only_its_month_is_read(self, odoo, invoices):
        asked = []
        search = odoo._search
        odoo._search = lambda model, domain: asked.append((model, domain)) or search(model, domain)
        odoo.alter(INVOICE, 2, amount_total=250.0)
        run = invoices()
        assert (run.status, run.read, run.updated) == ("done", 1, 1)
        assert Invoice.objects.get(pk=2).amount_total == 250
        months = [
            domain for model, domain in asked if model == INVOICE and ["invoice_date", ">=", "2026-09-01"] in domain
        ]
        assert len(months) == 1
        assert not [domain for _, domain in asked if ["invoice_date", ">=", "2026-08-01"] in domain]

    @pytest.mark.parametrize(
        ("altered", "column"),
        [
            ({"partner_id": False}, "partner_id"),
            ({"partner_id": 8}, "partner_id"),
            ({"invoice_date": "2026-10-01"}, "invoice_date"),
            ({"invoice_date": False}, "invoice_date"),
            ({"company_id": 2}, "company_id"),
            ({"amount_residual": 0.01}, "amount_residual"),
        ],
    )
    @pytest.mark.parametrize("id_", DAYS)
    def test_a_link_a_day_a_company_and_a_cent_are_found(self, odoo, invoices, id_, altered, column):
        odoo.alter(INVOICE, id_, **altered)
        invoices()
        there = next(row for row in odoo.rows(INVOICE) if row["id"] == id_)[column] or None
        here = getattr(Invoice.objects.get(pk=id_), column)
        assert (str(here) if here else None) == (str(there) if there else None)

    def test_is_told_like_any_change(self, odoo, invoices):
        odoo.alter(INVOICE, 3, amount_total=1.0)
        invoices(models=[INVOICE])
        assert list(Event.objects.filter(name="odoo.invoice.changed").values_list("subject", flat=True)) == [
            "odoo.account.move:3"
        ]

    def test_a_deleted_and_a_changed_record_of_one_month_are_both_seen(self, odoo, invoices):
        odoo.drop(INVOICE, 2)
        odoo.alter(INVOICE, 3, amount_total=5.0)
        run = invoices()
        assert (run.deleted, run.updated) == (1, 1)
        assert list(Invoice.objects.live().values_list("pk", flat=True).order_by("pk")) == [1, 3, 4]

    def test_links_of_many_to_many_are_found(self, odoo, pull):
        odoo.put(PARTNER, 1, name="Azure", category_id=[1, 2])
        odoo.put(PARTNER, 2, name="Brandt", category_id=[2])
        odoo.put(PARTNER, 3, name="Castell", category_id=[3])
        pull(models=[PARTNER], compare_ids=True)
        pull(after_s=3600, models=[PARTNER], compare_ids=True)
        odoo.alter(PARTNER, 1, category_id=[1])
        odoo.alter(PARTNER, 2, category_id=[2, 3])
        odoo.alter(PARTNER, 3, category_id=[])
        run = pull(models=[PARTNER], compare_ids=True)[-1]
        assert run.updated == 3
        assert dict(Partner.objects.values_list("pk", "category_id")) == {1: [1], 2: [2, 3], 3: []}

    def test_a_record_without_a_stamp_is_compared_too(self, odoo, invoices):
        rows = odoo.rows
        odoo.rows = lambda model: [
            row | ({"write_date": False} if row["id"] == 2 and model == INVOICE else {}) for row in rows(model)
        ]
        invoices()
        odoo.alter(INVOICE, 2, amount_total=7.0)
        invoices()
        assert Invoice.objects.get(pk=2).amount_total == 7


class TestWhatIsOnItsWay:
    def test_is_left_to_the_next_window(self, odoo, invoices):
        odoo.put(INVOICE, 2, amount_total=999.0)
        run = invoices(0.5)
        assert (run.status, run.updated, run.deleted) == ("done", 0, 0)
        assert Invoice.objects.get(pk=2).amount_total == 200
        assert not Case.objects.exists()
        invoices()
        assert Invoice.objects.get(pk=2).amount_total == 999


class TestNothingDiffers:
    def test_costs_one_call_and_one_for_each_column_of_many_links(self, odoo, pull):
        odoo.put(PARTNER, 1, name="Azure", category_id=[1])
        pull(models=[PARTNER])
        odoo.calls.clear()
        pull(models=[PARTNER], compare_ids=True)
        assert [method for model, method in odoo.calls if model == PARTNER] == [
            "search_read", "formatted_read_group", "formatted_read_group",
        ]  # fmt: skip

    def test_of_numbers_with_all_the_digits_that_a_float_has(self, odoo, invoices):
        odoo.put(INVOICE, 3, amount_total=5.8123456789012345, amount_residual=1e-17)
        invoices()
        odoo.alter(INVOICE, 2, amount_total=1.0)  # of the same month
        run = invoices(3600)
        assert (run.read, run.updated, run.status) == (1, 1, "done")

    def test_is_written_down_with_its_time(self, odoo, invoices):
        run = invoices()
        cursor = Cursor.objects.get(model=INVOICE)
        assert (run.status, run.sentence, run.read) == ("done", "", 0)
        assert cursor.reconciled_at == cursor.swept_at == odoo.now


def says_two_things(model, method, answer):
    """Sums and a few columns say 1 where the whole record says something else."""
    if model == INVOICE and method == "search_read":
        return [row | ({} if "name" in row or "amount_total" not in row else {"amount_total": 1.0}) for row in answer]
    if model == INVOICE and method == "formatted_read_group":
        return [group | ({"amount_total:sum": 1.0} if "amount_total:sum" in group else {}) for group in answer]
    return answer


class TestADifferenceThatStays:
    def test_is_a_case_that_clears_itself(self, odoo, invoices):
        odoo.spoil = says_two_things
        run = invoices()
        assert run.status == "stopped"
        assert run.sentence == "account.move: 4 records differ from Odoo after they were read again."
        case = Case.objects.get()
        assert (case.fingerprint, case.state, case.detail["count"]) == ("odoo.differs:account.move", "open", 4)
        assert case.detail["ids"] == [1, 2, 3, 4]
        reconciled = Cursor.objects.get(model=INVOICE).reconciled_at
        invoices()
        assert Cursor.objects.get(model=INVOICE).reconciled_at == reconciled < odoo.now
        odoo.spoil = lambda model, method, answer: answer
        assert invoices().status == "done"
        case.refresh_from_db()
        assert case.state == "resolved"

    def test_is_a_case_also_when_the_record_cannot_be_taken(self, odoo, invoices):
        def without_its_name(model, method, answer):
            if model == INVOICE and method == "search_read":
                return [row | ({"name": 7} if "name" in row else {}) for row in answer]
            return answer

        odoo.alter(INVOICE, 2, amount_total=5.0)
        odoo.spoil = without_its_name
        run = invoices()
        assert run.status == "failed"
        assert "record 2 has 7 in name" in run.sentence
        assert Case.objects.get().detail["sentence"] == run.sentence


class TestSlices:
    """Reconciling never hurts Odoo: what takes long is done less often, what is much is done bit by bit."""

    def test_those_compared_longest_ago_come_first_and_no_more_begin_when_time_is_up(self, odoo, pull, monkeypatch):
        pull(compare_ids=False)
        monkeypatch.setattr(reconcile, "ROUND_S", 0)
        seen = []
        for _ in range(3):
            seen += [run.model for run in pull() if run.kind == "reconcile"]
        assert len(seen) == len(set(seen)) == 3

    def test_a_slow_model_waits_a_hundred_times_what_it_took(self, odoo, invoices):
        Cursor.objects.filter(model=INVOICE).update(sweep_s=6, swept_at=odoo.now)
        cursor = Cursor.objects.get(model=INVOICE)
        assert not reconcile.is_due(cursor, at=odoo.now + timedelta(seconds=599))
        assert reconcile.is_due(cursor, at=odoo.now + timedelta(seconds=600))
        cursor.sweep_s = 0.1
        assert reconcile.is_due(cursor, at=odoo.now + timedelta(minutes=5))

    def test_much_that_differs_is_read_in_several_rounds(self, odoo, pull, invoices, monkeypatch):
        monkeypatch.setattr(reconcile, "REPAIRED_AT_MOST", 1)
        for id_ in DAYS:
            odoo.alter(INVOICE, id_, amount_total=float(id_))
        done = []
        for _ in range(5):
            runs = pull(after_s=400 if not done else 60, models=[INVOICE])
            done += [run.read for run in runs if run.kind == "reconcile" and run.model == INVOICE]
        assert done == [1, 1, 1, 1]
        assert [int(each) for each in Invoice.objects.order_by("pk").values_list("amount_total", flat=True)] == [
            1,
            2,
            3,
            4,
        ]
        assert Cursor.objects.get(model=INVOICE).reconciled_at is not None

    def test_many_groups_that_differ_are_read_in_one(self, odoo, invoices, monkeypatch):
        monkeypatch.setattr(reconcile, "GROUPS_AT_MOST", 1)
        monkeypatch.setattr(reconcile, "ROWS_AT_ONCE", 2)
        odoo.alter(INVOICE, 1, amount_total=1.5)
        odoo.alter(INVOICE, 3, amount_total=1.5)
        odoo.drop(INVOICE, 4)
        run = invoices()
        assert (run.updated, run.deleted) == (2, 1)


class TestManyVanished:
    @pytest.fixture
    def gone(self, odoo, pull, db):
        for id_ in range(1, 101):
            odoo.put(TAG, id_, name=f"Tag {id_}")
        pull(models=[TAG], compare_ids=True)
        odoo.drop(TAG, *range(1, 61))
        pull(models=[TAG], compare_ids=True)
        return Case.objects.get(kind="odoo.vanished")

    def test_are_buried_when_a_person_presses_the_button(self, odoo, pull, gone, monkeypatch):
        person = Person.objects.create(name="Mia Moreau")
        run_repair(gone.pk, "accept", actor=person, at=odoo.now, note="An import was undone.")
        message = Message.objects.get(handler="odoo.resync")
        assert message.payload["accept_vanished"] is True
        monkeypatch.setattr(resync.connection, "client", lambda at: odoo)
        odoo.now += timedelta(minutes=1)
        resync.run(message, at=odoo.now)
        assert PartnerTag.objects.live().count() == 40
        gone.refresh_from_db()
        assert gone.state == "resolved"
        assert PullRun.objects.filter(kind="reconcile").order_by("pk").last().deleted == 60


class TestReadingAgain:
    """The last net: a page of everything in each round."""

    @pytest.fixture
    def again(self, pull, monkeypatch):
        monkeypatch.setattr("integrations.odoo.pull.rereading.PAGE", 2)
        monkeypatch.setattr(
            "integrations.odoo.pull.round.MAPS", [each for each in MAPS if each.odoo_model in (TAG, INVOICE)]
        )
        return pull

    @pytest.fixture
    def tags(self, odoo, again):
        for id_ in range(1, 6):
            odoo.put(TAG, id_, name=f"Tag {id_}")
        again(models=[TAG, INVOICE], compare_ids=False)
        again(after_s=3600, models=[TAG, INVOICE], compare_ids=True)

    def test_finds_a_text_that_was_changed_past_odoo(self, odoo, again, tags):
        odoo.alter(TAG, 5, name="Changed by SQL")
        again(compare_ids=True)
        assert PartnerTag.objects.get(pk=5).name == "Tag 5"  # no sum shows it
        seen = [run for _ in range(5) for run in again(models=None) if run.kind == "reconcile" and run.updated]
        assert [(run.model, run.read, run.updated) for run in seen] == [(TAG, 1, 1)]
        assert PartnerTag.objects.get(pk=5).name == "Changed by SQL"

    def test_goes_round_model_after_model(self, odoo, again, tags):
        for _ in range(4):
            again(models=None)
        ended = dict(Cursor.objects.filter(model__in=[TAG, INVOICE]).values_list("model", "reread_at"))
        assert set(ended) == {TAG, INVOICE}
        assert None not in ended.values()

    def test_is_left_out_when_a_round_was_long_or_by_hand(self, odoo, again, tags, monkeypatch):
        again(models=[TAG])
        again(models=None, compare_ids=True)
        monkeypatch.setattr("integrations.odoo.pull.round.QUIET_S", 0)
        again(models=None)
        assert set(Cursor.objects.values_list("reread_id", "reread_at")) == {(0, None)}

    def test_says_that_it_failed_and_lets_the_others_come(self, odoo, again, tags):
        def closed(model, method, answer):
            if model == TAG and method == "search_read" and answer:
                raise ServerFaultError("Odoo failed.", maybe_done=False)
            return answer

        odoo.spoil = closed
        runs = [run for _ in range(3) for run in again(models=None) if run.kind == "reconcile"]
        assert next((run.model, run.status, run.sentence) for run in runs if run.status == "failed") == (
            TAG, "failed", f"{TAG}: Odoo failed.",
        )  # fmt: skip
        assert Cursor.objects.get(model=INVOICE).reread_at is not None
