"""What ⌘K finds: requests by number, client, title, invoice or amount, open ones first; what one may ask for; pages
that the rail does not name.
"""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from approvals.models import Request
from approvals.raising import askable
from approvals.reading.filters import matching
from approvals.reading.leavers import may_open
from cockpit.accounts import grants
from cockpit.accounts.models import User
from cockpit.accounts.roles import DUTIES
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


def titles(user: User, keys: Iterable[str]) -> dict[str, str]:
    """By the key of a subject: "12" of "approvals.request:12". One query."""
    rows = Request.objects.visible_to(user).filter(pk__in=[int(key) for key in keys])
    return {str(one.pk): one.title for one in rows}


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


def pages(user: User, text: str, limit: int) -> list[Found]:
    """Those that another page leads to, for whom they are."""
    if getattr(user, "person", None) is None:
        return []
    group = _("Pages")
    found = [Found(_("Who can decide in the next two weeks"), reverse("coverage"), group)]
    if grants.units_where(user, DUTIES):
        found.append(Found(_("Who may approve"), reverse("who_may"), group))
        found.append(Found(_("Kept apart"), reverse("apart"), group))
    if may_open(user):
        found.append(Found(_("Hand over what waits for somebody who left"), reverse("hand_overs"), group))
    wanted = text.casefold().split()
    return [one for one in found if all(word in one.label.casefold() for word in wanted)][:limit]
