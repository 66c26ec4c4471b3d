"""Pulling: what Odoo holds, and what the mirror holds after a round."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from cockpit.accounts.models import Person, Unit
from cockpit.events.models import Event
from integrations.mirror.models import (
    CalendarLeave,
    Company,
    Currency,
    Cursor,
    Invoice,
    InvoiceLine,
    Partner,
    PartnerTag,
    PullRun,
    PullStatus,
)
from integrations.odoo.client import OdooClient
from integrations.odoo.pull.catalogue import INVOICE, MAPS, TIMESHEET
from integrations.odoo.pull.round import pull_round
from tests.contract.world import unique

EVERY = {"active_test": False}
pytestmark = pytest.mark.django_db


class Ahead:
    """A client whose server's clock is two seconds ahead: what was written a moment ago is settled without waiting."""

    def __init__(self, client: OdooClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def server_now(self) -> datetime:
        return self._client.server_now() + timedelta(seconds=2)


def pull(odoo, **options) -> list[PullRun]:
    runs = pull_round(Ahead(odoo.client), at=timezone.now(), **options)
    assert [run.sentence for run in runs if run.status != PullStatus.DONE] == []
    return runs


def in_odoo(odoo, map_, *aggregates, groupby=()):
    return odoo.client.call(
        map_.odoo_model, "formatted_read_group", domain=list(map_.domain), groupby=list(groupby),
        aggregates=["__count", *aggregates], context=EVERY,
    )  # fmt: skip


def by_month(odoo, map_, day):
    """Month → count, sum of ids and newest stamp; in Odoo and here."""
    there = {
        group[f"{day}:month"][0][:7] if group[f"{day}:month"] else None: (
            group["__count"], group["id:sum"], group["write_date:max"][:19]
        )
        for group in in_odoo(odoo, map_, "id:sum", "write_date:max", groupby=[f"{day}:month"])
    }  # fmt: skip
    months = map_.mirror_model.objects.live().annotate(month=TruncMonth(day)).values_list("month")
    found = months.annotate(count=Count("pk"), sum=Sum("pk"), newest=Max("odoo_write_date"))
    here = {
        month and f"{month:%Y-%m}": (count, total, f"{newest:%Y-%m-%d %H:%M:%S}")
        for month, count, total, newest in found
    }
    return there, here


class TestFirstLoad:
    def test_brings_everything_and_tells_it_once(self, odoo):
        odoo.invoice(1234.56)
        pull(odoo)
        absent = set(Cursor.objects.exclude(absent="").values_list("model", flat=True))
        for map_ in MAPS:
            if map_.odoo_model in absent:
                continue
            there = in_odoo(odoo, map_, "id:sum")[0]
            here = map_.mirror_model.objects.live().aggregate(count=Count("pk"), sum=Sum("pk"))
            assert (str(map_), here["count"], here["sum"] or 0) == (str(map_), there["__count"], there["id:sum"] or 0)
        for map_, day in ((INVOICE, "invoice_date"), (TIMESHEET, "date")):
            there, here = by_month(odoo, map_, day)
            assert here == there
        unit = Unit.objects.get(odoo_model="res.company", odoo_id=odoo.companies["de"])
        ann = Person.objects.get(name__startswith="Ann")
        assert (unit.currency, unit.active, ann.unit.company_id) == ("EUR", True, unit.pk)
        assert ann.manager.name.startswith("Lea")
        assert not CalendarLeave.objects.filter(name__icontains="time off").exists()
        assert list(Event.objects.values_list("name", flat=True)) == ["mirror.loaded"]

        again = pull(odoo, compare_ids=False)
        assert sum(run.inserted + run.updated + run.deleted for run in again) == 0
        assert Event.objects.count() == 1


class TestChanges:
    def test_of_every_kind_come_with_the_next_round(self, odoo):
        models = ["account.move", "res.partner"]
        invoice = odoo.invoice(125.5)
        vals = [{"name": unique("Tier")}, {"name": unique("Tier")}]
        tag, other = odoo.admin.call("res.partner.category", "create", vals_list=vals)
        first, second = odoo.partner(), odoo.partner(category_id=[[6, 0, [tag]]])
        pull(odoo, models=models)
        renamed = unique("Renamed")
        odoo.client.call("res.partner", "write", [first], vals={"name": renamed})
        odoo.client.call("res.partner", "write", [second], vals={"active": False, "category_id": [[4, other, 0]]})
        odoo.client.call("account.move", "write", [invoice], vals={"ref": "PO 4711"})
        gone = odoo.invoice(10)
        runs = pull(odoo, models=models, compare_ids=False)

        assert Partner.objects.get(pk=first).name == renamed
        archived = Partner.objects.get(pk=second)
        assert (archived.active, archived.category_id) == (False, sorted([tag, other]))
        mirrored = Invoice.objects.get(pk=invoice)
        assert (mirrored.ref, mirrored.row_version, mirrored.odoo_state) == ("PO 4711", 2, "draft")
        told = Event.objects.filter(name="odoo.invoice.changed").values_list("subject", flat=True)
        assert sorted(told) == sorted([f"odoo.account.move:{invoice}", f"odoo.account.move:{gone}"])
        assert next(run for run in runs if run.model == "account.move").window_from is not None

        odoo.client.call("account.move", "unlink", [gone])
        pull(odoo, models=["account.move"], compare_ids=True)
        assert not Invoice.objects.live().filter(pk=gone).exists()
        assert not InvoiceLine.objects.live().filter(move_id=gone).exists()
        assert Event.objects.order_by("pk").last().payload == {"deleted": True}

    def test_of_one_second_are_all_there(self, odoo, settings):
        settings.ODOO = {**settings.ODOO, "PAGE_SIZE": 3}
        pull(odoo, models=["res.partner.category"])
        made = [
            odoo.admin.call("res.partner.category", "create", vals_list=[{"name": unique("Tier")}])[0] for _ in range(8)
        ]
        pull(odoo, models=["res.partner.category"])
        assert PartnerTag.objects.filter(pk__in=made).count() == 8

    def test_of_a_line_alone_change_its_invoice(self, odoo):
        invoice = odoo.invoice(lines=[odoo.line(100.0), odoo.line(50.0)])
        pull(odoo, models=["account.move"], compare_ids=False)
        first, second = InvoiceLine.objects.filter(move_id=invoice, display_type="product").order_by("pk")
        vals = {"invoice_line_ids": [[2, first.pk, 0], [1, second.pk, {"price_unit": 70.25}]]}
        odoo.client.call("account.move", "write", [invoice], vals=vals)
        pull(odoo, models=["account.move"], compare_ids=False)
        live = InvoiceLine.objects.live().get(move_id=invoice, display_type="product")
        assert (live.pk, live.price_unit) == (second.pk, Decimal("70.25"))
        assert Invoice.objects.get(pk=invoice).amount_total == Decimal("70.25")


class TestValues:
    def test_are_those_that_odoo_gives(self, odoo):
        invoice = odoo.invoice(1234.56, company="us")
        pull(odoo, models=["account.move", "res.company", "res.currency"], compare_ids=False)
        there = odoo.move(
            invoice, "amount_total", "amount_total_signed", "currency_id", "invoice_date", "name", "state"
        )
        here = Invoice.objects.get(pk=invoice)
        assert here.amount_total == Decimal(repr(there["amount_total"])) == Decimal("1234.56")
        assert here.amount_total_signed == Decimal(repr(there["amount_total_signed"]))
        assert (here.currency_id, str(here.invoice_date)) == (there["currency_id"], there["invoice_date"])
        assert (here.name, here.odoo_state) == (there["name"] or None, there["state"])
        assert Currency.objects.get(pk=Company.objects.get(pk=here.company_id).currency_id).name == "USD"
