"""Sweeps go over what is due. One that breaks must not hold up the others, and must not pass in silence either."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog

log = structlog.get_logger(__name__)
T = TypeVar("T")


def each(items: Iterable[T], work: Callable[[T], int | None]) -> int:
    """Give every item its turn; returns the sum of what `work` returned (`True` counts one).

    What broke is logged at once, and raised together as an ExceptionGroup when all have had their turn: each piece of
    work is a transaction of its own, so the others stand.
    """
    done, problems = 0, []
    for item in items:
        try:
            done += work(item) or 0
        except Exception as problem:
            log.exception("sweep.failed", item=str(item))
            problems.append(problem)
    if problems:
        raise ExceptionGroup(f"{len(problems)} of what was due broke; the rest was done", problems)
    return done
