"""Workers that die by SIGKILL in the middle of a push.

`Reaper` starts a process; for each kill a fork of it claims one message and dies at a point: "before the call", "during
the call" (it is sent, the answer is not awaited), "after the call", "before the read-back", "before completing"; or
"before it is pressed", when a wizard is made.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

WIZARD = "sale.advance.payment.inv"


class Reaper:
    """`with Reaper(environment) as reaper: reaper.kill("after the call", at)`; the database is that of the tests."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        from tests.sandbox import test_database

        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.killed_worker"],
            env={**environment, "DATABASE_URL": test_database()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> "Reaper":
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.communicate()

    def kill(self, point: str, at: datetime) -> None:
        """Have the message that is due at `at` claimed, and its worker killed."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{at.isoformat()} {point}\n")
        answer = self._process.stdout.readline().strip()
        assert answer == "killed", f"{point}: {answer or 'the workers could not start'}"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Doomed:
    """A client that kills its process at `point`."""

    def __init__(self, client: Any, point: str) -> None:
        self._client, self._point, self._called = client, point, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def call(self, model: str, method: str, *given: Any, **named: Any) -> Any:
        if method in {"read", "search_read", "check_object_reference"}:
            if self._called:
                die()
            return self._client.call(model, method, *given, **named)
        if model == WIZARD and method == "create":
            answer = self._client.call(model, method, *given, **named)
            return die() if self._point == "before it is pressed" else answer
        if self._point == "before the call":
            die()
        if self._point == "during the call":
            threading.Timer(0.3, die).start()
        answer = self._client.call(model, method, *given, **named)
        if self._point == "after the call":
            die()
        self._called = self._point == "before the read-back"
        return answer

    def search_read(self, *given: Any, **named: Any) -> Any:
        if self._called:
            die()
        return self._client.search_read(*given, **named)


def work(point: str, at: datetime) -> None:
    from cockpit.outbox import worker
    from integrations.odoo.push import connection

    if point == "before completing":
        worker.complete = lambda *_, **__: die()  # type: ignore[assignment]
    real = connection.client
    connection.client = lambda *, at: Doomed(real(at=at), point)  # type: ignore[assignment]
    worker.run_one(at)


def main() -> None:
    import django

    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # the log goes elsewhere
    django.setup()
    for line in sys.stdin:
        at, _, point = line.strip().partition(" ")
        child = os.fork()
        if not child:
            work(point, datetime.fromisoformat(at))
            os._exit(1)  # nothing to do, or it lived
        _, status = os.waitpid(child, 0)
        answers.write("killed\n" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else "lived\n")


if __name__ == "__main__":
    main()
