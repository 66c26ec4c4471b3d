"""Which key opens Odoo: the one that was entered on the page, else the environment's. And entering another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from cockpit import audit
from cockpit.accounts.models import Person
from integrations.odoo.client import AuthenticationError, OdooClient, OdooConfig, OdooError, connect
from integrations.odoo.client.config import config_from_settings
from integrations.odoo.models import GuardianLook, KeptKey
from integrations.odoo.pull.installation import compare_database
from integrations.odoo.secrets import UnreadableSecretError, seal, unseal

SUBJECT = "odoo.connection:1"
log = structlog.get_logger(__name__)


class KeyRefusedError(ValueError):
    """The new key was not taken; the old one goes on. The message says why."""


@dataclass(frozen=True)
class Credentials:
    """`source`: where the secret in `config` comes from. `unreadable`: one is kept that nothing here can open."""

    config: OdooConfig
    source: Literal["page", "environment", "none"]
    unreadable: bool = False


def current() -> Credentials:
    """One query. A kept key counts only for the address and database that it was tried at."""
    config = config_from_settings()
    of_environment: Literal["environment", "none"] = "environment" if config.secret else "none"
    kept = KeptKey.objects.filter(url=config.url, database=config.db).first()
    if kept is None or (config.login and config.login != kept.login):
        return Credentials(config, of_environment)
    try:
        key = unseal(kept.secret)
    except UnreadableSecretError:
        log.warning("kept_key_unreadable")
        return Credentials(config, of_environment, unreadable=True)
    return Credentials(replace(config, api_key=key, login=kept.login, password=""), "page")


def current_config() -> OdooConfig:
    return current().config


def replace_key(key: str, *, actor: Person, at: datetime) -> OdooClient:
    """Try the key against the same database and user; only then it replaces the old one. Twice is as good as once.

    Raises KeyRefusedError; then everything is as it was.
    """
    key = key.strip()
    if not key.isascii() or not key.isprintable() or " " in key or not key:
        raise KeyRefusedError(_("This is no API key: one is a single word of letters and digits."))
    client = _tried(key, at=at)
    with transaction.atomic():
        kept = {"secret": seal(key), "url": config_from_settings().url, "database": client.db}
        KeptKey.objects.update_or_create(pk=1, defaults={**kept, "login": client.login, "kept_at": at})
        audit.record(SUBJECT, "odoo.key.replace", actor=actor, at=at, data={"database": client.db})
    return client


@transaction.atomic
def forget_key(*, actor: Person, at: datetime) -> bool:
    """The environment's key counts again. False: none was kept."""
    gone, _models = KeptKey.objects.all().delete()
    if gone:
        audit.record(SUBJECT, "odoo.key.forget", actor=actor, at=at)
    return bool(gone)


@transaction.atomic
def seal_anew(*, at: datetime) -> int:
    """Encrypt what is kept with the first of ENCRYPTION_KEYS; how many there were. Raises UnreadableSecretError."""
    kept = list(KeptKey.objects.select_for_update())
    for each in kept:
        each.secret = seal(unseal(each.secret))
        each.save(update_fields=["secret"])
    if kept:
        audit.record(SUBJECT, "odoo.key.seal_anew", actor="system:command", at=at)
    return len(kept)


def _tried(key: str, *, at: datetime) -> OdooClient:
    login = current_config().login or _login_of_last_look()
    try:
        client = connect(replace(config_from_settings(), api_key=key, login=login, password=""))
        compare_database(client, at=at)
    except AuthenticationError as problem:
        raise KeyRefusedError(_("Odoo does not take this key. %(why)s") % {"why": problem.sentence}) from problem
    except OdooError as problem:
        raise KeyRefusedError(problem.sentence) from problem
    return client


def _login_of_last_look() -> str:
    """Whose key the present one is, or was, where no setting says so."""
    last = GuardianLook.objects.exclude(connection={}).first()
    return str(last.connection["login"]) if last else ""
