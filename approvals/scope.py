"""Where requests belong and what they are worth, for those who know them only by their subject."""

from decimal import Decimal

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat

from approvals.models import Request
from cockpit.accounts.models import Unit


def unit_of(key: str) -> Unit | None:
    """The unit of the request with this id."""
    return Unit.objects.filter(pk__in=Request.objects.filter(pk=key).values("unit")).first() if key.isdigit() else None


def money_of(key: str) -> tuple[Decimal, str] | None:
    """Amount and currency of the request with this id, where it has them."""
    found = Request.objects.filter(pk=key).values_list("amount", "currency").first() if key.isdigit() else None
    return (found[0], found[1]) if found and found[0] is not None and found[1] else None


def subjects_in(units: set[int]) -> QuerySet:
    """The audit subjects of all requests of these units."""
    return Request.objects.filter(unit_id__in=units).values_list(
        Concat(Value("approvals.request:"), Cast("pk", CharField()))
    )
