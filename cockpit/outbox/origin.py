"""Where an effect comes from ("approvals.request:12"), handed down from event to reaction to message."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("outbox_origin", default="")


def current_origin() -> str:
    return _current.get()


@contextmanager
def acting_for(origin: str) -> Iterator[None]:
    """What is put or emitted inside carries `origin` unless it names its own."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)
