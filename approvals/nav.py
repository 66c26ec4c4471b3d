from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from approvals.editor.access import may_read
from approvals.reading.queue import needs_count
from cockpit.accounts import grants
from cockpit.accounts.models import User
from cockpit.accounts.roles import DUTIES
from cockpit.pages.frame import NavEntry


def entries(user: User) -> list[NavEntry]:
    count = needs_count(user, timezone.now())
    short = pgettext("a short word for the telephone's bar", "Queue")
    shown = "" if count == "0" else count
    return [NavEntry(_("Queue"), reverse("queue"), "queue", count=shown, key="q", short=short)]


def people(user: User) -> list[NavEntry]:
    """Who decides for whom: for everybody who is a person here."""
    if getattr(user, "person", None) is None:
        return []
    found = [NavEntry(_("Deputies"), reverse("deputies"), "person")]
    if grants.units_where(user, DUTIES):
        found.append(NavEntry(_("Duties"), reverse("grants"), "lock"))
    return found


def policies(user: User) -> list[NavEntry]:
    """For those who run the cockpit, answer for its data or audit it."""
    return [NavEntry(_("Policies"), reverse("policies"), "policies", key="p")] if may_read(user) else []
