from django.urls import reverse
from django.utils.translation import gettext as _

from cockpit.accounts import grants
from cockpit.accounts.models import User
from cockpit.accounts.roles import DATA, SETUP
from cockpit.pages.frame import NavEntry


def entries(user: User) -> list[NavEntry]:
    """For those who answer for the data, or for the cockpit."""
    sees = grants.units_where(user, DATA) or grants.units_where(user, SETUP)
    return [NavEntry(_("Odoo connection"), reverse("odoo_connection"), "keys", short=_("Odoo"))] if sees else []
