from django.urls import reverse
from django.utils.translation import gettext as _

from cockpit.accounts.models import User
from cockpit.pages.frame import NavEntry
from cockpit.trail.scope import may_read


def entries(user: User) -> list[NavEntry]:
    """Only for auditors."""
    return [NavEntry(_("Audit"), reverse("trail"), "audit", key="a")] if may_read(user) else []
