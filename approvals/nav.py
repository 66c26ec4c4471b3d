from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.reading.queue import needs_count
from cockpit.accounts.models import User
from cockpit.pages.frame import NavEntry


def entries(user: User) -> list[NavEntry]:
    count = needs_count(user, timezone.now())
    return [NavEntry(_("Queue"), reverse("queue"), "queue", count="" if count == "0" else count, key="q")]
