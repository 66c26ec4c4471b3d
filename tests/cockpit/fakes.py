"""Handlers that answer as a test tells them, and threads that act at once."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from cockpit.exception_queue import open_case
from cockpit.outbox import Done

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ran: list[str] = []  # keys of the messages that were run
script: list[Any] = []  # what the next runs answer: an answer, an exception, or a function of the message
WIRING = {
    "fake": {"run": "tests.cockpit.fakes.run", "timeout_s": 5},
    "brief": {"run": "tests.cockpit.fakes.run", "timeout_s": 5, "max_attempts": 2},
    "lost": {"run": "tests.cockpit.fakes.nowhere", "timeout_s": 5},
    "events.handle": {"run": "cockpit.events.dispatch.handle", "timeout_s": 30},
}


def run(message: Any, *, at: datetime) -> Done:
    ran.append(message.key)
    answer = script.pop(0) if script else Done()
    if callable(answer):
        answer = answer(message)
    if isinstance(answer, BaseException):
        raise answer
    return answer or Done()


def on_event(event: Any, *, at: datetime) -> None:
    """An event handler with an effect that counts how often it happened."""
    ran.append(event.key)
    open_case(f"seen:{event.key}", kind="test", title="Seen", at=at)
    answer = script.pop(0) if script else None
    if callable(answer):
        answer(event)


def other_handler(event: Any, *, at: datetime) -> None:
    ran.append(f"other:{event.key}")


def broken_hook(message: Any, *, at: datetime) -> None:
    raise RuntimeError("no case today")


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Each act in a thread with a connection of its own, all started together; their results or exceptions in order."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def play(number: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait(10)
            results[number] = act()
        except Exception as problem:
            results[number] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=play, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    return results
