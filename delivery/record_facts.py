"""Facts that many kinds of records have, from the mirror: money, people, documents, the unit they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from cockpit.accounts.models import Person, Unit
from integrations.mirror.models import Attachment, Company, Currency, CurrencyRate, OdooUser, Partner

CENT = Decimal("0.01")


class FactsMissingError(Exception):
    """The mirror does not hold enough of the record yet; the message names what is missing."""


@dataclass(frozen=True)
class Found:
    """What is known of a record. `barred`: persons who may not decide about it."""

    unit: Unit
    facts: dict[str, Any]
    author: Person | None
    barred: frozenset[int]
    client_odoo_id: int | None = None
    project_odoo_id: int | None = None

    @property
    def client_name(self) -> str:
        return str((self.facts.get("client") or {}).get("name") or "")


def company_of(company_id: int | None) -> tuple[Company, Unit]:
    """Raises FactsMissingError while either has not been pulled."""
    company = Company.objects.filter(pk=company_id or 0).first()
    if company is None:
        raise FactsMissingError(f"The company {company_id} of this record has not been pulled from Odoo yet.")
    unit = Unit.objects.filter(odoo_model="res.company", odoo_id=company_id).first()
    if unit is None:
        raise FactsMissingError(f"No unit stands for company {company.name} yet; `manage.py odoo pull` makes them.")
    return company, unit


def codes() -> Mapping[int | None, str]:
    return dict(Currency.objects.values_list("pk", "name"))


def rates(company_id: int | None, day: date, names: Mapping[int | None, str]) -> dict[str, str]:
    """Units of each currency for one of the company's, as stored on or before that day."""
    stored = (
        CurrencyRate.objects.filter(company_id__in=[company_id], name__lte=day, odoo_deleted_at__isnull=True)
        .order_by("currency_id", "-name")
        .distinct("currency_id")
    )
    return {
        names[rate.currency_id]: f"{rate.company_rate:f}"
        for rate in stored
        if rate.currency_id in names and rate.company_rate
    }


def money(
    amount: Decimal | None, in_company: Decimal | None, currency: str, own: str, of_day: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """In the document's and the company's currency; without `in_company`, in the document's alone."""
    value = (amount or Decimal(0)).quantize(CENT)
    if in_company is None:
        return {"amount": str(value), "currency": currency}
    return {
        "amount": str(value),
        "currency": currency,
        "company_amount": str(abs(in_company).quantize(CENT)),
        "company_currency": own,
        "rates": dict(of_day or {}),
    }


def number(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def documents(model: str, odoo_id: int) -> list[dict[str, Any]]:
    """What is attached, by checksum: a decision on these facts is bound to these contents."""
    attached = Attachment.objects.live().filter(res_model=model, res_id=odoo_id, type="binary")
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


def person(odoo_user_id: int | None) -> Person | None:
    return Person.objects.filter(odoo_user_id=odoo_user_id, active=True).first() if odoo_user_id else None


def as_fact(someone: Person | None) -> dict[str, Any] | None:
    return {"id": someone.pk, "name": someone.name} if someone else None


def director_of(client: Partner | None) -> Person | None:
    """Who looks after the client in Odoo."""
    return person(client.user_id) if client else None


def named(odoo_user_id: int | None, someone: Person | None) -> dict[str, Any] | None:
    if odoo_user_id is None:
        return None
    name = someone.name if someone else OdooUser.objects.filter(pk=odoo_user_id).values_list("name", flat=True).first()
    return {"id": odoo_user_id, "name": name} if name else None


def record(odoo_id: int | None, name: str | None) -> dict[str, Any] | None:
    return {"id": odoo_id, "name": name or str(odoo_id)} if odoo_id else None


def day(value: date | None) -> str | None:
    return value.isoformat() if value else None
