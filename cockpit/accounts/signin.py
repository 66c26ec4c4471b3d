"""Giving a person a sign-in. Who a person is comes from Odoo; that they may enter is said here."""

from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from cockpit.accounts.models import Person, User
from cockpit.audit import record


class SignInError(ValueError):
    """No sign-in can be made as asked; the message says why."""


@transaction.atomic
def give_sign_in(person: Person, password: str, *, actor: Any, at: datetime) -> User:
    """Let `person` sign in with their e-mail address and this password; sets a new one if they could already.

    Raises SignInError without an e-mail address, and ValidationError for a password that is too weak.
    """
    if not person.email:
        raise SignInError(f"{person} has no work e-mail in Odoo, and that is what people sign in with.")
    validate_password(password)
    user = (
        person.user or User.objects.filter(email__iexact=person.email).first() or User.objects.create_user(person.email)
    )
    user.set_password(password)
    user.save()
    person.user = user
    person.save(update_fields=["user"])
    record(f"accounts.person:{person.pk}", "accounts.sign_in", actor=actor, at=at)
    return user
