"""One of the clients who decide at once: `python -m tests.bench.approvals.client ours PERSON`, requests by stdin."""

from __future__ import annotations

import json
import os
import sys

import django


def main() -> None:
    who, pk = sys.argv[1], int(sys.argv[2])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cockpit.settings")
    django.setup()
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    from cockpit.accounts.models import Person
    from tests.bench.approvals import bare, decisions

    person = Person.objects.select_related("user").get(pk=pk)
    waiting = [bare.Waiting(*row) for row in json.loads(sys.stdin.readline())]
    if who == "ours":
        work = lambda one: decisions.decide(one, person)  # noqa: E731
    else:
        import psycopg

        plain = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        work = lambda one: decisions.by_sql(plain, one, person)  # noqa: E731
    work(waiting.pop())  # to warm up
    _say("ready")
    sys.stdin.readline()
    for one in waiting:
        work(one)
    _say("done")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


main()
