"""What ⌘K finds of requests: by number, client, title, invoice or amount; the open ones first."""

from django.urls import reverse
from django.utils.translation import gettext as _

from approvals.models import Request
from approvals.reading.filters import matching
from cockpit.accounts.models import User
from cockpit.pages import words
from cockpit.pages.search import Found


def requests(user: User, text: str, limit: int) -> list[Found]:
    """One query for the open ones, another only where they are too few."""
    seen = matching(Request.objects.visible_to(user), text)
    found = list(seen.open().order_by("-cost_of_delay", "pk")[:limit])
    if len(found) < limit:
        found += seen.exclude(state__in=Request.OPEN).order_by("-pk")[: limit - len(found)]
    return [_found(one) for one in found]


def _found(request: Request) -> Found:
    amount = words.money(request.amount, request.currency) if request.amount is not None else ""
    parts = [request.number, amount, request.record_name, str(request.get_state_display())]
    return Found(
        request.title, reverse("request", args=[request.pk]), _("Requests"), " · ".join(part for part in parts if part)
    )
