"""What a round emits: once per change, after its last model, and never less because a process died."""

from datetime import UTC, datetime

import pytest

from cockpit.events.models import Event
from cockpit.time import services as time
from cockpit.time.models import Calendar
from integrations.mirror.models import Dirty
from integrations.odoo.pull import telling

MOVE, LINE = "account.move", "account.move.line"
CHANGED, LOADED = "odoo.invoice.changed", "mirror.loaded"


def told(name: str = CHANGED) -> list[str]:
    return list(Event.objects.filter(name=name).order_by("pk").values_list("subject", flat=True))


@pytest.fixture
def loaded(odoo, pull):
    odoo.put(MOVE, 7, move_type="out_invoice", state="draft", amount_total=100.0)
    odoo.put(LINE, 70, move_id=7, display_type="product", price_total=100.0)
    pull()


@pytest.fixture
def invoices(pull):
    """Pull invoices only: quicker, and they come with their lines."""
    return lambda *args, **options: pull(*args, models=[MOVE], **options)


class TestFirstLoad:
    def test_is_told_once_and_without_history(self, loaded, odoo, pull):
        assert (told(LOADED), told()) == (["mirror"], [])
        pull()
        assert told(LOADED) == ["mirror"]

    def test_is_told_when_everything_is_here(self, odoo, pull):
        pull(models=[MOVE])
        assert told(LOADED) == []
        pull()
        assert told(LOADED) == ["mirror"]

    def test_is_told_although_one_model_can_not_be_read(self, odoo, pull):
        del odoo.fields["hr.leave"]["date_from"]
        pull()
        assert told(LOADED) == ["mirror"]

    def test_is_told_again_after_everything_was_read_anew(self, loaded, pull):
        pull(models=[MOVE], whole=True)
        assert (told(LOADED), told()) == (["mirror", "mirror"], [])


class TestADayOffThatBecomesKnown:
    MODELS = ("resource.calendar", "resource.calendar.attendance", "resource.calendar.leaves")

    def test_moves_the_clocks_that_run_on_its_calendar(self, odoo, pull):
        odoo.put("resource.calendar", 4, name="Office", tz="UTC")
        for day in range(5):
            hours = {"dayofweek": str(day), "hour_from": 8.0, "hour_to": 16.0}
            plain = {"display_type": False, "week_type": False}
            odoo.put("resource.calendar.attendance", 40 + day, calendar_id=4, **hours, **plain)
        pull(models=self.MODELS)
        monday = datetime(2026, 11, 23, 9, tzinfo=UTC)
        calendar = Calendar.objects.get(odoo_id=4)
        clock = time.start_clock("test:1", calendar=calendar, goal_s=10 * 3600, at=monday)
        assert clock.due_at == datetime(2026, 11, 24, 11, tzinfo=UTC)
        off = {"date_from": "2026-11-24 00:00:00", "date_to": "2026-11-25 00:00:00"}
        odoo.put("resource.calendar.leaves", 9, calendar_id=4, resource_id=False, **off)
        pull(models=self.MODELS)
        clock.refresh_from_db()
        assert clock.due_at == datetime(2026, 11, 25, 11, tzinfo=UTC)


class TestChange:
    def test_of_a_header_is_told(self, loaded, odoo, invoices):
        odoo.put(MOVE, 7, amount_total=120.0)
        invoices()
        assert told() == ["odoo.account.move:7"]

    def test_of_a_line_is_told_of_its_invoice(self, loaded, odoo, invoices):
        odoo.put(LINE, 70, price_total=99.0)
        invoices()
        assert told() == ["odoo.account.move:7"]

    def test_of_header_and_lines_is_told_once(self, loaded, odoo, invoices):
        odoo.put(MOVE, 7, amount_total=120.0)
        odoo.put(LINE, 70, price_total=60.0)
        odoo.put(LINE, 71, move_id=7, display_type="product", price_total=60.0)
        invoices()
        assert told() == ["odoo.account.move:7"]

    def test_of_each_invoice_is_told_with_a_key_of_its_own(self, loaded, odoo, invoices):
        odoo.put(MOVE, 7, amount_total=120.0)
        odoo.put(MOVE, 8, move_type="out_refund")
        invoices()
        odoo.put(LINE, 70, price_total=60.0)
        invoices()
        assert told() == ["odoo.account.move:7", "odoo.account.move:8", "odoo.account.move:7"]
        assert Event.objects.values("key").distinct().count() == Event.objects.count()

    def test_without_new_content_is_not_told(self, loaded, odoo, invoices):
        odoo.put(MOVE, 7, amount_total=100.0)
        invoices()
        assert told() == []

    def test_is_not_told_while_the_lines_could_not_be_read(self, loaded, odoo, invoices):
        odoo.put(MOVE, 7, amount_total=120.0)
        field = odoo.fields[LINE].pop("quantity")
        invoices()
        assert told() == []
        odoo.fields[LINE]["quantity"] = field
        invoices()
        assert told() == ["odoo.account.move:7"]

    def test_of_many_invoices_is_told_completely(self, loaded, odoo, invoices, monkeypatch):
        monkeypatch.setattr(telling, "AT_ONCE", 3)
        for id_ in range(100, 107):
            odoo.put(MOVE, id_, move_type="out_invoice")
        invoices()
        assert len(told()) == 7


class TestCrash:
    def test_between_rows_and_event_loses_nothing(self, loaded, odoo, invoices, monkeypatch):
        def die(*_, **__):
            raise KeyboardInterrupt

        odoo.put(MOVE, 7, amount_total=120.0)
        with monkeypatch.context() as patch:
            patch.setattr(telling, "tell", die)
            with pytest.raises(KeyboardInterrupt):
                invoices()
        assert told() == []
        invoices()  # nothing new in Odoo: the mark is what is told
        assert told() == ["odoo.account.move:7"]

    def test_in_the_middle_of_telling_keeps_mark_and_event_together(self, loaded, odoo, invoices, monkeypatch):
        monkeypatch.setattr(telling, "AT_ONCE", 1)
        emit_all, told_so_far = telling.emit_all, []

        def die_at_the_second(*args, **options):
            if told_so_far:
                raise KeyboardInterrupt
            told_so_far.append(args)
            return emit_all(*args, **options)

        odoo.put(MOVE, 7, amount_total=120.0)
        odoo.put(MOVE, 8, move_type="out_invoice")
        with monkeypatch.context() as patch:
            patch.setattr(telling, "emit_all", die_at_the_second)
            with pytest.raises(KeyboardInterrupt):
                invoices()
        assert Dirty.objects.filter(reason=CHANGED).count() == 1
        invoices()
        assert sorted(told()) == ["odoo.account.move:7", "odoo.account.move:8"]


class TestDeletion:
    def test_of_an_invoice_is_told_as_deleted(self, loaded, odoo, invoices):
        odoo.drop(MOVE, 7)
        odoo.drop(LINE, 70)
        invoices(compare_ids=True)
        assert told() == ["odoo.account.move:7"]
        assert Event.objects.get(name=CHANGED).payload == {"deleted": True}

    def test_of_a_line_is_seen_with_the_change_of_its_header(self, loaded, odoo, invoices):
        odoo.put(LINE, 71, move_id=7, display_type="product", price_total=20.0)
        odoo.put(MOVE, 7, amount_total=120.0)
        invoices()
        odoo.drop(LINE, 71)
        odoo.put(MOVE, 7, amount_total=100.0)
        runs = invoices(compare_ids=False)
        assert runs[1].deleted == 1
        assert told() == ["odoo.account.move:7"] * 2
