"""Asking by form: what a person wrote becomes the facts of a request, with no record in Odoo behind it."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from approvals import kinds
from approvals.kinds import Fact, FactType
from approvals.models import Request
from approvals.services.asking import ask
from approvals.services.refusing import DecisionRefused
from cockpit.accounts.models import Person, Unit

Given = Mapping[str, Any]


class AskRefusedError(DecisionRefused):
    """It cannot be asked so; the sentence says what to do."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence


def ask_by_form(kind_key: str, *, unit: Unit, given: Given, token: UUID, actor: Person, at: datetime) -> Request:
    """Put what `actor` wrote before those whom the policy in force names. The same `token` again is the same request.

    `given`: by fact of the kind's form: Decimal for money (in the unit's currency) and numbers, date, text, and for
    persons a Person. Raises AskRefusedError: something needed is missing, or the policy asks nobody about it.
    """
    kind = kinds.get(kind_key)
    known = {key: given[key] for key in kind.form if given.get(key) not in (None, "")}
    if missing := [str(kind.fact(key).label) for key in kind.needed if key not in known]:
        raise AskRefusedError(_("Still missing: %(what)s.") % {"what": ", ".join(missing)})
    facts = {key: _fact(kind.fact(key), value, currency_of(unit)) for key, value in known.items()}
    request = ask(
        kind_key,
        subject=f"{kinds.BY_FORM}{kind_key}:{token}",
        unit=unit,
        facts=facts,
        at=at,
        actor=actor,
        requester=actor,
        barred=[actor.pk, *(value.pk for value in known.values() if isinstance(value, Person))],
        client_name=str((facts.get("client") or {}).get("name") or ""),
    )
    if request is None:
        raise AskRefusedError(
            _("No policy asks anybody about this in %(unit)s: it needs no decision.") % {"unit": unit}
        )
    if request.state == Request.State.OBSERVED:
        raise AskRefusedError(_("The policy on this only observes so far: nobody is asked. It was noted."))
    return request


def currency_of(unit: Unit) -> str:
    """Amounts are written in the currency of the unit's company."""
    return unit.currency or Unit.objects.values_list("currency", flat=True).get(pk=unit.company_id)


def _fact(fact: Fact, value: Any, currency: str) -> Any:
    match fact.type:
        case FactType.MONEY:
            amount = str(Decimal(value).quantize(Decimal("0.01")))
            own = {"company_amount": amount, "company_currency": currency, "rates": {}}
            return {"amount": amount, "currency": currency, **own}
        case FactType.NUMBER:
            return f"{Decimal(value):f}"
        case FactType.DATE:
            return value.isoformat() if isinstance(value, date) else str(value)
        case FactType.PERSON:
            return {"id": value.pk, "name": value.name}
        case FactType.RECORD:
            return {"name": str(value)}
    return str(value)
