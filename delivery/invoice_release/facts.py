"""What the mirror knows of a draft invoice, as the facts that its policy and its approver read."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from delivery import own_facts
from delivery.classifying import client_tier
from delivery.invoice_release.kinds import KEY
from delivery.record_facts import CENT, Found, codes, company_of, day, documents, money, named, person, rates
from integrations.mirror.models import (
    Invoice,
    InvoiceLine,
    Partner,
    Project,
    SaleOrder,
    SaleOrderLine,
)
from integrations.odoo.links import record_url


def of_invoice(invoice: Invoice) -> Found:
    """Facts of one mirrored invoice. Raises FactsMissingError while its company or unit has not been pulled."""
    company, unit = company_of(invoice.company_id)
    names = codes()
    own = names[company.currency_id]
    author, salesperson = person(invoice.create_uid), person(invoice.invoice_user_id)
    client = Partner.objects.filter(pk=invoice.commercial_partner_id or invoice.partner_id).first()
    facts = {
        "amount": money(
            invoice.amount_total,
            invoice.amount_total_signed,
            names[invoice.currency_id],
            own,
            rates(invoice.company_id, _rated_on(invoice), names),
        ),
        "net": money(invoice.amount_untaxed, None, names[invoice.currency_id], own, {}),
        "client": {"id": invoice.partner_id, "name": client.name} if client else None,
        "client_tier": client_tier(client),
        "company": {"id": invoice.company_id, "name": company.name},
        "due_date": day(invoice.invoice_date_due),
        "invoice_date": day(invoice.invoice_date),
        "reference": invoice.ref or None,
        "origin": invoice.invoice_origin or None,
        "author": named(invoice.create_uid, author),
        "salesperson": named(invoice.invoice_user_id, salesperson),
        "lines": _lines(invoice, names[invoice.currency_id]),
        "evidence": documents("account.move", invoice.pk),
        "odoo": {"text": invoice.name or f"#{invoice.pk}", "url": record_url("account.move", invoice.pk)},
        **_owed(invoice, own),
        **_own(invoice, client),
    }
    barred = frozenset(person.pk for person in (author, salesperson) if person)
    return Found(unit, facts, author, barred, invoice.commercial_partner_id)


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


def _rated_on(invoice: Invoice) -> date:
    return invoice.invoice_date or (invoice.odoo_write_date.date() if invoice.odoo_write_date else date.min)


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
