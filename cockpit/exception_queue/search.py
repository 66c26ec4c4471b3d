"""Cases for ⌘K."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from cockpit.accounts.models import User
from cockpit.exception_queue.forms import case_number
from cockpit.exception_queue.kinds import kind_of
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.reading.seen import visible_to
from cockpit.pages.search import Found


def cases(user: User, text: str, limit: int) -> list[Found]:
    """Living ones whose title has each of the words, or that have this number; the latest first. One query."""
    words = Q()
    for word in text.split()[:8]:
        words &= Q(title__icontains=word)
    number = case_number(text)
    wanted = words | Q(pk=number) if number else words
    rows = Case.objects.filter(visible_to(user)).filter(wanted).exclude(state=Case.State.RESOLVED)
    found = rows.select_related("unit").order_by("-pk")[:limit]
    return [
        Found(
            label=kind_of(case.kind).title_of(case),
            url=reverse("case", args=[case.pk]),
            kind=_("Exceptions"),
            detail=" · ".join(part for part in (case.number, str(case.unit or "")) if part),
        )
        for case in found
    ]
