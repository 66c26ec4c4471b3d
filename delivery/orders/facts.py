"""What the mirror knows of a quotation, as the facts that its policies and approvers read."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from cockpit.accounts.models import Person
from delivery.classifying import client_tier, service_line
from delivery.guarded import id_of, product_row, text_of
from delivery.record_facts import (
    CENT,
    Found,
    as_fact,
    codes,
    company_of,
    day,
    director_of,
    documents,
    money,
    named,
    number,
    person,
    rates,
    record,
)
from integrations.mirror.models import Partner, PaymentTerm, SaleOrder, SaleOrderLine
from integrations.odoo.links import record_url

MODEL = "sale.order"
TENTH = Decimal("0.1")
HUNDRED = Decimal(100)


def of_order(order: SaleOrder) -> Found:
    """Facts of one mirrored quotation. Raises FactsMissingError while its company or unit has not been pulled."""
    company, unit = company_of(order.company_id)
    names = codes()
    code, own = names[order.currency_id], names[company.currency_id]
    lines = sold(order)
    author, salesperson = person(order.create_uid), person(order.user_id)
    client = _client(order)
    before, after = _before_discount(lines), sum((line.price_subtotal for line in lines), Decimal(0))
    of_day = rates(order.company_id, _rated_on(order), names)
    facts = {
        "amount": money(order.amount_total, _in_company(order), code, own, of_day),
        "net": money(after, None, code, own),
        "list_amount": money(before, None, code, own),
        "discount": number(max((line.discount or Decimal(0) for line in lines), default=Decimal(0))),
        "average_discount": number(((before - after) * HUNDRED / before).quantize(TENTH)) if before else None,
        "margin": _margin(order),
        "terms": _terms(order),
        "payment_term": record(order.payment_term_id, _terms(order)),
        "client": record(order.partner_id, client.name if client else None),
        "client_tier": client_tier(client),
        "service_line": service_line(lines, order=order),
        "company": {"id": order.company_id, "name": company.name},
        "order": order.name,
        "valid_until": day(order.validity_date),
        "salesperson": named(order.user_id, salesperson),
        "account_director": as_fact(director_of(client)),
        "author": named(order.create_uid, author),
        "lines": [_line(line, code) for line in lines],
        "evidence": documents(MODEL, order.pk),
        "odoo": {"text": order.name or f"#{order.pk}", "url": record_url(MODEL, order.pk)},
    }  # fmt: skip
    asking: Person | None = salesperson or author
    barred = frozenset(someone.pk for someone in (author, salesperson) if someone)
    return Found(unit, facts, asking, barred, client.pk if client else None, order.project_id)


def sold(order: SaleOrder) -> list[SaleOrderLine]:
    """What is offered, as it is printed; without down payments and rebilled expenses, which Odoo adds by itself."""
    lines = SaleOrderLine.objects.live().filter(order_id=order.pk, display_type__isnull=True)
    return list(lines.exclude(is_downpayment=True).exclude(is_expense=True).order_by("sequence", "odoo_id"))


def release_text(facts: Mapping[str, Any]) -> str:
    """company|partner|currency|payment term|digest of what is sold; the code in Odoo makes the same."""
    head = [
        id_of(facts["company"]),
        id_of(facts["client"]),
        facts["amount"]["currency"],
        id_of(facts.get("payment_term")),
    ]
    return text_of(head, map(product_row, facts["lines"]))


def _client(order: SaleOrder) -> Partner | None:
    partner = Partner.objects.filter(pk=order.partner_id).first()
    if partner is None or partner.commercial_partner_id in {None, partner.pk}:
        return partner
    return Partner.objects.filter(pk=partner.commercial_partner_id).first() or partner


def _in_company(order: SaleOrder) -> Decimal:
    """In the company's currency, at the rate that Odoo keeps with the order."""
    return order.amount_total / order.currency_rate if order.currency_rate else order.amount_total


def _rated_on(order: SaleOrder) -> date:
    when = order.date_order or order.create_date
    return when.date() if when else date.min


def _before_discount(lines: list[SaleOrderLine]) -> Decimal:
    return sum((line.price_unit * line.product_uom_qty for line in lines), Decimal(0))


def _margin(order: SaleOrder) -> str | None:
    """Odoo says 0.25; people say 25 per cent."""
    return None if order.margin_percent is None else number((order.margin_percent * HUNDRED).quantize(TENTH))


def _terms(order: SaleOrder) -> str | None:
    return PaymentTerm.objects.filter(pk=order.payment_term_id or 0).values_list("name", flat=True).first()


def _line(line: SaleOrderLine, currency: str) -> dict[str, Any]:
    return {
        "product": line.product_id,
        "text": line.name or "",
        "quantity": f"{line.product_uom_qty:f}",
        "unit_price": f"{line.price_unit:f}",
        "discount": f"{line.discount or 0:f}",
        "net": {"amount": str(line.price_subtotal.quantize(CENT)), "currency": currency},
        "price": {"amount": str(line.price_total.quantize(CENT)), "currency": currency},
    }
