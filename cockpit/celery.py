"""The Celery application. Its settings are `CELERY_…` in `cockpit.settings`; the beat schedule is there too."""

import logging
import os

from celery import Celery
from celery.signals import after_setup_logger

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cockpit.settings")


def redbeat_settings() -> dict[str, object]:
    """redbeat reads its own settings without Celery's prefix, so they can't come from the namespace."""
    from django.conf import settings

    return {
        "redbeat_redis_url": settings.REDIS_URL,
        "redbeat_redis_options": {"socket_timeout": 10, "socket_connect_timeout": 5},
        "redbeat_key_prefix": "beat:",
        # Two beats may run: one sends, the other takes over this many seconds after the first one died.
        "redbeat_lock_timeout": 15,
    }


app = Celery("cockpit")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.add_defaults(redbeat_settings)
app.autodiscover_tasks()


@after_setup_logger.connect
def say_less(**_: object) -> None:
    """Sweeps run every other second: that they were sent, received and done is no news. Failures stay."""
    for name in ("celery.beat", "celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)
