from django.urls import reverse
from django.utils.translation import gettext as _

from cockpit.accounts.models import User
from cockpit.pages.frame import NavEntry
from delivery.setup.key import may_set_up


def entries(user: User) -> list[NavEntry]:
    """Only for who may set the cockpit up."""
    return [NavEntry(_("Set-up"), reverse("setup"), "setup")] if may_set_up(user) else []
