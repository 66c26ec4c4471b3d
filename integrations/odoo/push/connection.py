"""One connection per thread, kept between messages: signing in costs more than a push."""

import threading
import time
from datetime import datetime, timedelta

from integrations.odoo.client import OdooClient, OdooConfig, connect
from integrations.odoo.client.config import config_from_settings
from integrations.odoo.credentials import current_config
from integrations.odoo.pull.installation import check_installation

CHECKED_FOR = timedelta(minutes=5)  # then it is looked again which database answers
KNOWN_FOR_S = 1  # then it is looked again whether another key was kept


class _Kept(threading.local):
    config: OdooConfig | None = None
    client: OdooClient | None = None
    checked_at: datetime | None = None
    settings: OdooConfig | None = None
    looked_at: float = -KNOWN_FOR_S


_kept = _Kept()


def client(*, at: datetime) -> OdooClient:
    """This thread's connection to the Odoo of the settings, once it is seen to be the one that is mirrored.

    Raises an OdooError, WrongDatabaseError if there is another database now: nothing must be written into that.
    """
    config = _config()
    if _kept.client is None or _kept.config != config:
        forget()
        fresh = connect(config)
        check_installation(fresh, at=at)
        _kept.client, _kept.config, _kept.checked_at = fresh, config, at
    elif _kept.checked_at is None or not _kept.checked_at <= at < _kept.checked_at + CHECKED_FOR:
        check_installation(_kept.client, at=at)
        _kept.checked_at = at
    return _kept.client


def _config() -> OdooConfig:
    """As `credentials.current_config`, but many effects within a second ask once."""
    now, settings = time.monotonic(), config_from_settings()
    if _kept.config is None or _kept.settings != settings or now - _kept.looked_at >= KNOWN_FOR_S:
        _kept.settings, _kept.looked_at = settings, now
        return current_config()
    return _kept.config


def forget() -> None:
    """Sign in anew next time: the key or the database may be another."""
    _kept.client = _kept.config = _kept.checked_at = None
