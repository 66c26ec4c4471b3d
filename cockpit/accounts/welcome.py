"""The first sign-in: a link that lets one person choose a password, once, within three days."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordResetConfirmView
from django.db import transaction
from django.urls import reverse, reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from cockpit.accounts.forms import FirstPasswordForm
from cockpit.accounts.models import Person, User
from cockpit.accounts.signin import SignInError
from cockpit.audit import record


@transaction.atomic
def invite(person: Person, *, actor: Any, at: datetime) -> User:
    """A sign-in without a password for who has none yet: `welcome_link` opens it. Doing it twice changes nothing.

    Raises SignInError without an e-mail address, or when it is somebody else's.
    """
    if person.user is not None:
        return person.user
    if not person.email:
        raise SignInError(f"{person} has no work e-mail in Odoo, and that is what people sign in with.")
    user = User.objects.filter(email__iexact=person.email).first() or User.objects.create_user(person.email)
    if Person.objects.filter(user=user).exists():
        raise SignInError(f"Somebody else signs in as {person.email} already.")
    person.user = user
    person.save(update_fields=["user"])
    record(f"accounts.person:{person.pk}", "accounts.invite", actor=actor, at=at)
    return user


def welcome_link(user: User) -> str:
    """Where `user` chooses a password. It ends with its use, with a sign-in and after PASSWORD_RESET_TIMEOUT."""
    token = default_token_generator.make_token(user)
    return settings.PUBLIC_URL + reverse("welcome", args=[urlsafe_base64_encode(force_bytes(user.pk)), token])


class Welcome(PasswordResetConfirmView):
    """Django's, in our frame: it takes the token out of the address before it shows a page."""

    form_class = FirstPasswordForm
    template_name = "account/welcome.html"
    success_url = reverse_lazy("account_login")
