"""What ⌘K finds: requests by number, client, title, invoice or amount, open ones first; and what one may ask for."""

from django.urls import reverse
from django.utils.translation import gettext as _

from approvals.models import Request
from approvals.raising import askable
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


def asking(user: User, text: str, limit: int) -> list[Found]:
    """What a person can ask for by form. One query."""
    if getattr(user, "person", None) is None:
        return []
    group = _("Ask for")
    found = [Found(_("Ask for something"), reverse("ask_kinds"), group)]
    for kind in askable():
        label = _("Ask for: %(kind)s") % {"kind": kind.label}
        found.append(Found(label, reverse("ask_for", args=[kind.key]), group))
    wanted = text.casefold().split()
    return [one for one in found if all(word in one.label.casefold() for word in wanted)][:limit]
