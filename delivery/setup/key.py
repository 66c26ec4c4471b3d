"""The key that `make run` prints lets one in before anybody has a sign-in; it ends with the first administrator."""

from secrets import compare_digest

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from cockpit.accounts import grants
from cockpit.accounts.models import User
from cockpit.accounts.roles import SETUP
from delivery.setup.acting import has_admin

HELD = "setup_key_shown"


def may_set_up(user: User) -> bool:
    return bool(user.is_authenticated and grants.units_where(user, SETUP))


def show(key: str, session: SessionBase) -> bool:
    """Remember that the right key was shown; whether it was."""
    fits = bool(settings.SETUP_KEY) and compare_digest(key.encode(), settings.SETUP_KEY.encode())
    if fits:
        session[HELD] = True
    return fits


def is_open(session: SessionBase) -> bool:
    """Whether whoever holds this session may make the first administrator."""
    return bool(session.get(HELD)) and not has_admin()
