"""What the mirror knows of a draft invoice, as the facts that its policy and its approver read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from cockpit.accounts.models import Person, Unit
from delivery import own_facts
from delivery.classifying import client_tier
from delivery.invoice_release.kinds import KEY
from integrations.mirror.models import (
    Attachment,
    Company,
    Currency,
    CurrencyRate,
    Invoice,
    InvoiceLine,
    OdooUser,
    Partner,
    Project,
    SaleOrder,
    SaleOrderLine,
)
from integrations.odoo.links import record_url

CENT = Decimal("0.01")


class FactsMissingError(Exception):
    """The mirror does not hold enough of the record yet; the message names what is missing."""


@dataclass(frozen=True)
class InvoiceFacts:
    unit: Unit
    facts: dict[str, Any]
    author: Person | None
    barred: frozenset[int]


def of_invoice(invoice: Invoice) -> InvoiceFacts:
    """Facts of one mirrored invoice. Raises FactsMissingError while its company or unit has not been pulled."""
    company = _need(Company, invoice.company_id, "company")
    unit = Unit.objects.filter(odoo_model="res.company", odoo_id=invoice.company_id).first()
    if unit is None:
        raise FactsMissingError(f"No unit stands for company {company.name} yet; `manage.py odoo pull` makes them.")
    names = _codes()
    own = names[company.currency_id]
    author, salesperson = _person(invoice.create_uid), _person(invoice.invoice_user_id)
    client = Partner.objects.filter(pk=invoice.commercial_partner_id or invoice.partner_id).first()
    facts = {
        "amount": _money(
            invoice.amount_total, invoice.amount_total_signed, names[invoice.currency_id], own, _rates(invoice, names)
        ),
        "net": _money(invoice.amount_untaxed, None, names[invoice.currency_id], own, {}),
        "client": {"id": invoice.partner_id, "name": client.name} if client else None,
        "client_tier": client_tier(client),
        "company": {"id": invoice.company_id, "name": company.name},
        "due_date": _day(invoice.invoice_date_due),
        "invoice_date": _day(invoice.invoice_date),
        "reference": invoice.ref or None,
        "origin": invoice.invoice_origin or None,
        "author": _named(invoice.create_uid, author),
        "salesperson": _named(invoice.invoice_user_id, salesperson),
        "lines": _lines(invoice, names[invoice.currency_id]),
        "evidence": _documents(invoice),
        "odoo": {"text": invoice.name or f"#{invoice.pk}", "url": record_url("account.move", invoice.pk)},
        **_owed(invoice, own),
        **_own(invoice, client),
    }
    barred = frozenset(person.pk for person in (author, salesperson) if person)
    return InvoiceFacts(unit, facts, author, barred)


def _own(invoice: Invoice, client: Partner | None) -> dict[str, Any]:
    """The firm's own fields; without any, no query."""
    if not own_facts.facts_of(KEY):
        return {}
    return own_facts.values_of(KEY, {"account.move": invoice, "res.partner": client, **_sold(invoice)})


def _sold(invoice: Invoice) -> dict[str, SaleOrder | Project | None]:
    """The one order and the one project that are billed; nothing where there are several."""
    lines = InvoiceLine.objects.live().filter(move_id=invoice.pk).values_list("sale_line_ids", flat=True)
    numbers = {one for ids in lines for one in ids or ()}
    sold = SaleOrderLine.objects.live().filter(pk__in=numbers).values_list("order_id", "project_id")
    orders, projects = {order for order, _ in sold}, {project for _, project in sold if project}
    return {
        "sale.order": SaleOrder.objects.live().filter(pk__in=orders).first() if len(orders) == 1 else None,
        "project.project": Project.objects.live().filter(pk__in=projects).first() if len(projects) == 1 else None,
    }


def _need(model: Any, pk: int | None, what: str) -> Any:
    found = model.objects.filter(pk=pk).first()
    if found is None:
        raise FactsMissingError(f"The {what} {pk} of this invoice has not been pulled from Odoo yet.")
    return found


def _codes() -> Mapping[int | None, str]:
    return dict(Currency.objects.values_list("pk", "name"))


def _rates(invoice: Invoice, names: Mapping[int | None, str]) -> dict[str, str]:
    """Units of each currency for one of the company's, as stored on or before the invoice's date or last change."""
    day = invoice.invoice_date or (invoice.odoo_write_date.date() if invoice.odoo_write_date else date.min)
    rates = (
        CurrencyRate.objects.filter(company_id__in=[invoice.company_id], name__lte=day, odoo_deleted_at__isnull=True)
        .order_by("currency_id", "-name")
        .distinct("currency_id")
    )
    return {
        names[rate.currency_id]: f"{rate.company_rate:f}"
        for rate in rates
        if rate.currency_id in names and rate.company_rate
    }


def _money(
    amount: Decimal | None, signed: Decimal | None, currency: str, own: str, rates: dict[str, str]
) -> dict[str, Any]:
    """In the document's and the company's currency; without `signed`, in the document's alone."""
    value = (amount or Decimal(0)).quantize(CENT)
    if signed is None:
        return {"amount": str(value), "currency": currency}
    return {
        "amount": str(value),
        "currency": currency,
        "company_amount": str(abs(signed).quantize(CENT)),
        "company_currency": own,
        "rates": rates,
    }


def _lines(invoice: Invoice, currency: str) -> list[dict[str, Any]]:
    rows = InvoiceLine.objects.filter(
        move_id=invoice.pk, display_type="product", odoo_deleted_at__isnull=True
    ).order_by("sequence", "odoo_id")
    return [
        {
            "product": line.product_id,
            "text": line.name or "",
            "quantity": f"{line.quantity:f}",
            "unit_price": f"{line.price_unit:f}",
            "discount": f"{line.discount or 0:f}",
            "net": {"amount": str((line.price_subtotal or Decimal(0)).quantize(CENT)), "currency": currency},
            "price": {"amount": str((line.price_total or Decimal(0)).quantize(CENT)), "currency": currency},
        }
        for line in rows
    ]


def _documents(invoice: Invoice) -> list[dict[str, Any]]:
    """What is attached, by checksum: a decision on these facts is bound to these contents."""
    attached = Attachment.objects.live().filter(res_model="account.move", res_id=invoice.pk, type="binary")
    return [
        {
            "id": one.pk,
            "name": one.name or "",
            "mimetype": one.mimetype or "",
            "size": one.file_size,
            "checksum": one.checksum or "",
        }
        for one in attached.order_by("odoo_id")
    ]


def _owed(invoice: Invoice, own: str) -> dict[str, Any]:
    """What the client owes this company by posted invoices, in its currency, and how much of it is overdue."""
    posted = Invoice.objects.filter(
        company_id=invoice.company_id,
        commercial_partner_id=invoice.commercial_partner_id,
        odoo_state="posted",
        odoo_deleted_at__isnull=True,
        amount_residual__gt=0,
        move_type="out_invoice",
    )
    total = posted.aggregate(sum=Sum("amount_residual_signed"))["sum"] or Decimal(0)
    today = invoice.odoo_write_date.date() if invoice.odoo_write_date else date.min
    late = posted.filter(invoice_date_due__lt=today).aggregate(sum=Sum("amount_residual_signed"))["sum"] or Decimal(0)
    return {
        "receivable": {"amount": str(total.quantize(CENT)), "currency": own},
        "overdue": {"amount": str(late.quantize(CENT)), "currency": own},
    }


def _person(odoo_user_id: int | None) -> Person | None:
    return Person.objects.filter(odoo_user_id=odoo_user_id, active=True).first() if odoo_user_id else None


def _named(odoo_user_id: int | None, person: Person | None) -> dict[str, Any] | None:
    if odoo_user_id is None:
        return None
    name = person.name if person else OdooUser.objects.filter(pk=odoo_user_id).values_list("name", flat=True).first()
    return {"id": odoo_user_id, "name": name} if name else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
