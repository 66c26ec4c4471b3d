"""How effects stand, for pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from cockpit.outbox.models import Attempt, Destination, Message

State = Message.State


@dataclass(frozen=True)
class Standing:
    """One effect of an origin, and since or at when: waiting, running, trying_again, done, refused, dead, skipped."""

    message_id: int
    key: str
    handler: str
    destination: str
    subject: str
    kind: str
    at: datetime | None
    reason: str
    outcome: str
    attempts: int
    result: dict[str, Any]
    since: datetime | None = None  # how long the destination has been away

    @property
    def words(self) -> str:
        """A phrase in the reader's language and the active time zone: "trying again at 14:03:20 (…)"."""
        at = localtime(self.at).strftime("%Y-%m-%d %H:%M:%S") if self.at else ""
        phrases = {
            "waiting": _("waiting"),
            "running": _("being done now"),
            "trying_again": _("trying again at %(at)s: %(reason)s"),
            "done": _("done at %(at)s"),
            "refused": _("refused: %(reason)s"),
            "dead": _("given up after %(attempts)s tries: %(reason)s"),
            "skipped": _("skipped"),
        }
        return phrases[self.kind] % {"at": at, "reason": self.reason, "attempts": self.attempts}


def status(origin: str) -> list[Standing]:
    """The effects of `origin` ("approvals.request:12") in the order they were put; three queries."""
    return status_of([origin]).get(origin, [])


def status_of(origins: Iterable[str]) -> dict[str, list[Standing]]:
    """`status` of many origins at once, also in three queries; an origin without effects is left out."""
    messages = list(Message.objects.filter(origin__in=[origin for origin in origins if origin]).order_by("id"))
    names = {message.destination for message in messages if message.state == State.PENDING}
    away = Destination.objects.filter(name__in=names).exclude(breaker=Destination.Breaker.CLOSED)
    rests = {row.name: row for row in away}
    tried = Attempt.objects.filter(message__in=messages, message__state=State.PENDING, outcome="")
    running = dict(tried.values_list("message_id", "started_at"))
    found: dict[str, list[Standing]] = {}
    for message in messages:
        standing = _standing(message, rests.get(message.destination), running.get(message.pk))
        found.setdefault(message.origin, []).append(standing)
    return found


def behind(stream: str) -> int:
    """How many messages wait behind the head of `stream`."""
    return max(Message.objects.filter(stream=stream, state__in=Message.UNFINISHED).count() - 1, 0)


def _standing(message: Message, rest: Destination | None, since: datetime | None) -> Standing:
    kind, at, reason = ("running", since, "") if since else _kind(message, rest)
    return Standing(
        message_id=message.pk,
        key=message.key,
        handler=message.handler,
        destination=message.destination,
        subject=message.subject,
        kind=kind,
        at=at,
        reason=reason,
        outcome=message.outcome,
        attempts=message.attempt,
        result=message.result,
        since=rest.opened_at if rest else None,
    )


def _kind(message: Message, rest: Destination | None) -> tuple[str, datetime | None, str]:
    if message.state == State.DONE:
        return "done", message.done_at, ""
    if message.state == State.DEAD:
        return "refused" if message.outcome == "refused" else "dead", message.dead_at, message.last_error
    if message.state == State.SKIPPED:
        return "skipped", None, message.last_error
    if rest is not None:
        again = max(message.not_before, rest.next_probe_at or message.not_before)
        return "trying_again", again, message.last_error or rest.last_error
    if message.last_error:
        return "trying_again", message.not_before, message.last_error
    return "waiting", message.not_before, ""
