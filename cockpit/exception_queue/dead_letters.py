"""Dead letters become cases. The outbox, a floor below, knows these two by their names in settings."""

from datetime import datetime

from cockpit.exception_queue.scopes import unit_of
from cockpit.exception_queue.services import clear_case, open_case
from cockpit.outbox.models import Message
from cockpit.outbox.standing import behind


def open_for(message: Message, *, at: datetime) -> None:
    """A case for the stream that the dead letter holds, with what waits behind it."""
    refused = message.outcome == "refused"
    verb = "refused" if refused else "did not take"
    open_case(
        _fingerprint(message),
        kind="outbox.refused" if refused else "outbox.dead",
        title=f"{message.destination} {verb} {message.subject}: {message.last_error}",
        at=at,
        severity="high",
        unit=unit_of(message.origin),
        subject=message.origin or message.subject,
        detail={
            "message": message.pk,
            "handler": message.handler,
            "stream": message.stream,
            "attempts": message.attempt,
            "error": message.last_error,
            "waiting_behind": behind(message.stream),
        },
    )


def clear_for(message: Message, *, at: datetime, reason: str) -> None:
    clear_case(_fingerprint(message), at=at, reason=reason)


def _fingerprint(message: Message) -> str:
    return f"outbox.dead:{message.stream}"
