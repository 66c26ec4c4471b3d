"""Pulls round after round until it is killed; started by the test as a process of its own.

Windows and pauses are shortened tenfold, so that wide windows and comparisons happen within a test.
"""

import sys
import time
from datetime import timedelta

import django

django.setup()

from django.db import Error, connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from integrations.odoo.client import OdooError, connect  # noqa: E402
from integrations.odoo.pull import reconcile, window  # noqa: E402
from integrations.odoo.pull.round import pull_round  # noqa: E402

window.NARROW, window.WIDE, window.WIDE_EVERY = timedelta(seconds=3), timedelta(seconds=60), timedelta(seconds=10)
reconcile.EVERY, reconcile.SHARE, reconcile.ROWS_AT_ONCE = timedelta(seconds=4), 1, 50


def main() -> None:
    while True:
        try:
            for run in pull_round(connect(), at=timezone.now()):
                if run.status in ("failed", "stopped"):
                    sys.stderr.write(f"{run.model} {run.kind}: {run.sentence}\n")
        except (Error, OdooError) as problem:  # the database's connection was killed: the next round has another
            sys.stderr.write(f"{type(problem).__name__}: {str(problem).splitlines()[0]}\n")
            connection.close()
        sys.stderr.flush()
        time.sleep(0.2)


main()
