from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from integrations.mirror.models import Invoice, Partner
from integrations.odoo.pull.merge import RowsRefusedError, bury, merge

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)
pytestmark = pytest.mark.django_db


def page(**columns):
    """Rows of partners: given columns by list, the others empty."""
    count = len(columns["odoo_id"])
    blank = {"active": True, "is_company": False, "category_id": [], "customer_rank": 0}
    stamps = {"odoo_write_date": ["2026-11-23 08:00:00"] * count}
    return {**stamps, **{name: [value] * count for name, value in blank.items()}, **columns}


class TestMerge:
    def test_tells_inserted_updated_and_unchanged_apart(self):
        first = merge(Partner, page(odoo_id=[1, 2], name=["Azure", "Beech"]), at=AT)
        second = merge(Partner, page(odoo_id=[1, 2, 3], name=["Azure", "Birch", "Cedar"]), at=LATER)
        assert (sorted(first.inserted), first.updated) == ([1, 2], [])
        assert (second.inserted, second.updated, second.unchanged) == ([3], [2], 1)

    def test_makes_a_new_version_only_of_what_changed(self):
        merge(Partner, page(odoo_id=[1, 2], name=["Azure", "Beech"]), at=AT)
        merge(Partner, page(odoo_id=[1, 2], name=["Azure", "Birch"]), at=LATER)
        assert list(Partner.objects.order_by("pk").values_list("row_version", "pulled_at")) == [(1, AT), (2, LATER)]

    def test_leaves_an_equal_row_physically_untouched(self):
        from django.db import connection

        def places():
            with connection.cursor() as cursor:
                cursor.execute("SELECT odoo_id, ctid::text FROM mirror_partner ORDER BY 1")
                return cursor.fetchall()

        merge(Partner, page(odoo_id=[1, 2], name=["Azure", "Beech"], category_id=[[1, 2], []]), at=AT)
        before = places()
        merge(Partner, page(odoo_id=[1, 2], name=["Azure", "Beech"], category_id=[[1, 2], []]), at=LATER)
        assert places() == before

    def test_follows_a_stamp_that_moved_without_a_change_and_makes_no_version_of_it(self):
        merge(Partner, page(odoo_id=[1], name=["Azure"]), at=AT)
        merged = merge(Partner, page(odoo_id=[1], name=["Azure"], odoo_write_date=["2026-11-23 08:30:00"]), at=LATER)
        partner = Partner.objects.get()
        assert (merged.changed, partner.row_version) == ([], 1)
        assert partner.odoo_write_date == datetime(2026, 11, 23, 8, 30, tzinfo=UTC)

    def test_takes_a_tombstone_away_when_the_record_is_back(self):
        merge(Partner, page(odoo_id=[1], name=["Azure"]), at=AT)
        bury(Partner, [1], at=AT)
        merged = merge(Partner, page(odoo_id=[1], name=["Azure"]), at=LATER)
        partner = Partner.objects.get()
        assert (merged.updated, partner.odoo_deleted_at, partner.row_version) == ([1], None, 3)

    def test_keeps_numbers_dates_and_times_as_odoo_said_them(self):
        columns = {field.attname: [None] for field in Invoice._meta.concrete_fields}
        for name in ("odoo_deleted_at", "row_version", "pulled_at"):
            del columns[name]
        columns |= {name: [0] for name in columns if name.startswith("amount") or name.endswith("_rate")}
        columns |= {"odoo_id": [1], "odoo_write_date": ["2026-11-23 08:00:00"], "invoice_date": ["2026-02-28"]}
        merge(Invoice, columns | {"amount_total": [1234.5], "invoice_currency_rate": [1.0869565217391304]}, at=AT)
        invoice = Invoice.objects.get()
        assert (str(invoice.amount_total), str(invoice.invoice_currency_rate)) == ("1234.5", "1.0869565217391304")
        assert invoice.amount_total == Decimal("1234.5")
        assert invoice.invoice_date == date(2026, 2, 28)
        assert invoice.odoo_write_date == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def test_writes_nothing_of_a_page_with_a_value_that_does_not_fit(self):
        bad = page(odoo_id=[1, 2], name=["Azure", "Beech"], odoo_write_date=["2026-11-23 08:00:00", "soon"])
        with pytest.raises(RowsRefusedError, match='invalid input syntax for type timestamp with time zone: "soon"'):
            merge(Partner, bad, at=AT)
        assert not Partner.objects.exists()

    def test_writes_nothing_of_an_empty_page(self):
        assert merge(Partner, page(odoo_id=[], name=[]), at=AT).read == 0


class TestBury:
    def test_buries_once(self):
        merge(Partner, page(odoo_id=[1, 2], name=["Azure", "Beech"]), at=AT)
        assert bury(Partner, [1, 99], at=AT) == [1]
        assert bury(Partner, [1], at=LATER) == []
        assert list(Partner.objects.live().values_list("pk", flat=True)) == [2]
        assert Partner.objects.get(pk=1).odoo_deleted_at == AT
