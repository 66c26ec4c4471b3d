"""The contract on the real server: pulling. And what only a real server adds up: amounts per month."""

from decimal import Decimal

import pytest
from django.db.models import Count, F, Sum
from django.db.models.functions import TruncMonth

from integrations.mirror.models import Invoice, InvoiceLine, Timesheet
from integrations.odoo.client import OdooClient
from integrations.odoo.pull.catalogue import INVOICE, TIMESHEET
from tests.contract.test_pulling import *  # noqa: F403
from tests.contract.test_pulling import pull
from tests.contract.world import unique

CENT = Decimal("0.01")


def odoos_sums(client: OdooClient, map_, day: str, *amounts: str) -> dict[str | None, tuple]:
    """Month → count and sums, as Odoo's database adds them up."""
    groups = client.call(
        map_.odoo_model, "formatted_read_group", domain=list(map_.domain), groupby=[f"{day}:month"],
        aggregates=["__count", *(f"{amount}:sum" for amount in amounts)], context={"active_test": False},
    )  # fmt: skip
    return {
        group[f"{day}:month"][0][:7] if group[f"{day}:month"] else None: (
            group["__count"], *(Decimal(repr(group[f"{amount}:sum"])).quantize(CENT) for amount in amounts)
        )
        for group in groups
    }  # fmt: skip


def our_sums(model, day: str, *amounts: str) -> dict[str | None, tuple]:
    months = model.objects.live().annotate(month=TruncMonth(day)).values_list("month")
    found = months.annotate(count=Count("pk"), **{f"sum_{amount}": Sum(amount) for amount in amounts})
    return {
        month and f"{month:%Y-%m}": (count, *(Decimal(each).quantize(CENT) for each in sums))
        for month, count, *sums in found
    }


class TestPromiseNine:
    """After quiet, mirror and Odoo have equal counts and sums per model and month."""

    @pytest.fixture
    def quiet(self, odoo):
        for amount, company, day in ((1234.56, "de", "2026-09-30"), (99.99, "us", "2026-10-01"), (-50.0, "de", False)):
            odoo.invoice(amount, company=company, invoice_date=day)
        project = odoo.client.call("project.project", "create", vals_list=[{"name": unique("Data platform")}])[0]
        ann = odoo.client.search_read("hr.employee", [("name", "=like", "Ann %")], ["id"])[0]["id"]
        hours = {"project_id": project, "employee_id": ann, "name": "Workshop", "date": "2026-10-05"}
        vals = [hours | {"unit_amount": 7.5}, hours | {"unit_amount": 0.1, "date": "2026-11-02"}]
        odoo.client.call("account.analytic.line", "create", vals_list=vals)
        pull(odoo)

    @pytest.mark.parametrize(
        ("map_", "model", "day", "amounts"),
        [
            (INVOICE, Invoice, "invoice_date", ["amount_total", "amount_untaxed", "amount_total_signed"]),
            (TIMESHEET, Timesheet, "date", ["unit_amount", "amount"]),
        ],
        ids=["invoices", "timesheets"],
    )
    def test_counts_and_sums_are_equal_in_every_month(self, odoo, quiet, map_, model, day, amounts):
        assert our_sums(model, day, *amounts) == odoos_sums(odoo.client, map_, day, *amounts)

    def test_lines_add_up_to_their_invoices(self, odoo, quiet):
        lines = InvoiceLine.objects.live().values("move_id").annotate(sum=Sum("price_total"))
        headers = Invoice.objects.live().annotate(sum=F("amount_total"))
        totals = {invoice.pk: invoice.sum.quantize(CENT) for invoice in headers}
        added = dict.fromkeys(totals, Decimal(0).quantize(CENT))
        assert added | {line["move_id"]: line["sum"].quantize(CENT) for line in lines} == totals
