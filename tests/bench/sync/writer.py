"""`python -m tests.bench.sync.writer ours | bare`: a process that writes, and says when it is through."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta

from integrations.odoo.client import OdooClient


def main() -> None:
    import logging

    import django
    import structlog

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cockpit.settings")
    django.setup()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    from django.utils import timezone

    from integrations.odoo.push import connection

    client = connection.client(at=timezone.now())  # signed in, as a worker is
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    work = json.loads(sys.stdin.readline())
    if sys.argv[1] == "bare":
        bare(client, work["ids"], work["ref"])
    else:
        ours()
    sys.stdout.write("done\n")


def bare(client: OdooClient, ids: list[int], ref: str) -> None:
    for one in ids:
        client.call("res.partner", "read", [one], fields=["ref"], load=None)
        client.call("res.partner", "write", [one], vals={"ref": ref})
        client.call("res.partner", "read", [one], fields=["ref"], load=None)


def ours() -> None:
    """What the sweep of a Celery worker does, until nothing is due."""
    from django.utils import timezone

    from cockpit.outbox import drain
    from cockpit.outbox.models import Message

    while Message.objects.filter(state="pending", not_before__lte=timezone.now() + timedelta(seconds=1)).exists():
        drain(timezone.now(), limit=500)


if __name__ == "__main__":
    main()
