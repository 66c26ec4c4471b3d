from django.urls import reverse
from django.utils.translation import gettext as _

from cockpit.accounts.models import User
from cockpit.exception_queue.reading.seen import may_look, open_count
from cockpit.pages.frame import NavEntry


def entries(user: User) -> list[NavEntry]:
    """Only for those who work on cases, or own one."""
    count = open_count(user)
    if not count and not may_look(user):
        return []
    return [NavEntry(_("Exceptions"), reverse("exceptions"), "exceptions", count=count, key="e")]
