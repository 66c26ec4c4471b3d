from django.urls import reverse
from django.utils.translation import gettext as _

from cockpit.accounts import grants
from cockpit.accounts.models import User
from cockpit.accounts.roles import DATA
from cockpit.pages.frame import NavEntry
from dashboards.scope import scope_of


def entries(user: User) -> list[NavEntry]:
    """Utilization for everybody who has hours to see, at least one's own; data for those who answer for it."""
    found = []
    if not scope_of(user).nothing:
        found.append(NavEntry(_("Utilization"), reverse("utilization"), "utilization", key="u"))
    if grants.units_where(user, DATA):
        found.append(NavEntry(_("Data"), reverse("data"), "data", key="d"))
    return found
