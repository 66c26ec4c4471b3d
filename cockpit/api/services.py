"""Issue, revoke and recognise tokens."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from cockpit.accounts.models import Person
from cockpit.api.models import Scope, Token
from cockpit.audit import record

BEGIN = "ck_"  # so that a key that leaked into a file is found by a scan
LONGEST_DAYS = 365
MOST = 20  # good ones of one person
SHOWN = 11

# Recognise, count and note the use as one statement: two calls at once count as two.
ENTER = """
UPDATE api_token SET used_at = %(at)s, minute = date_trunc('minute', %(at)s::timestamptz),
    calls = CASE WHEN minute = date_trunc('minute', %(at)s::timestamptz) THEN calls + 1 ELSE 1 END
WHERE digest = %(digest)s AND revoked_at IS NULL AND expires_at > %(at)s
RETURNING *
"""


class TokenRefusedError(Exception):
    """No token was made; the text says why."""


@dataclass(frozen=True)
class Issued:
    """`key`: shown once."""

    token: Token
    key: str


@transaction.atomic
def issue(*, actor: Person, name: str, scopes: Collection[str], days: int, at: datetime) -> Issued:
    """A token for oneself. Raises TokenRefusedError."""
    name, chosen = " ".join(name.split()), [scope for scope in Scope.values if scope in set(scopes)]
    if not name or len(name) > 60:
        raise TokenRefusedError(_("Say what will use it, in at most 60 characters."))
    if not chosen or len(chosen) != len(set(scopes)):
        raise TokenRefusedError(_("Choose what it may do."))
    if not 1 <= days <= LONGEST_DAYS:
        raise TokenRefusedError(_("It may last from 1 to %(days)d days.") % {"days": LONGEST_DAYS})
    Person.objects.select_for_update().get(pk=actor.pk)
    if Token.objects.filter(person=actor, revoked_at__isnull=True, expires_at__gt=at).count() >= MOST:
        raise TokenRefusedError(_("You have %(count)d tokens already. Revoke one first.") % {"count": MOST})
    key = BEGIN + secrets.token_urlsafe(32)
    made = Token.objects.create(
        person=actor, name=name, prefix=key[:SHOWN], digest=digest(key), scopes=chosen, made_at=at,
        expires_at=at + timedelta(days=days),
    )  # fmt: skip
    data = {"scopes": chosen, "expires_at": made.expires_at.isoformat()}
    record(f"api.token:{made.pk}", "api.token.issue", actor=actor, at=at, data=data)
    return Issued(made, key)


@transaction.atomic
def revoke(token_id: int, *, actor: Person, at: datetime) -> None:
    """From now on it opens nothing; twice is as good as once. Raises Token.DoesNotExist for another's."""
    token = Token.objects.select_for_update().get(pk=token_id, person=actor)
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        record(f"api.token:{token.pk}", "api.token.revoke", actor=actor, at=at, data={})


def enter(key: str, *, at: datetime) -> Token | None:
    """The good token that this key belongs to, with its person and user, its use noted; None for any other text."""
    if not key.startswith(BEGIN):
        return None
    token = next(iter(Token.objects.raw(ENTER, {"digest": digest(key), "at": at})), None)
    if token is None:
        return None
    person = Person.objects.select_related("user").get(pk=token.person_id)
    if not person.active or person.user is None or not person.user.is_active:
        return None
    token.person = person
    return token


def is_too_much(token: Token) -> bool:
    return token.calls > settings.API_CALLS_A_MINUTE


def digest(key: str) -> str:
    """A key has 256 random bits: nothing slower than a hash is needed, and it is looked up by it."""
    return hashlib.sha256(key.encode()).hexdigest()
