"""Claiming, running and completing messages.

Claiming *is* rescheduling: it moves `not_before` past the handler's time-out and counts `attempt`; completing is
`UPDATE … WHERE attempt = mine`. A worker that is killed anywhere leaves nothing to clean up: the message is due again
by itself, and a worker that answers after that is ignored.
"""

import random
import time
from collections.abc import Callable, Collection
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from cockpit.outbox import breaker, statements
from cockpit.outbox.answers import DestinationAway, Done, Refused, RetryLater
from cockpit.outbox.models import Attempt, Message
from cockpit.outbox.origin import acting_for
from cockpit.outbox.services import tell

TIMEOUT_S = 60  # of a handler that names none
GRACE_S = 15  # between a handler's time-out and the next claim
FIRST_BACKOFF_S = 2
LONGEST_BACKOFF_S = 15 * 60
ERROR_CHARS = 500
State = Message.State

log = structlog.get_logger(__name__)


class LostClaimError(Exception):
    """Another worker has claimed the message meanwhile: what this one did must not count."""


def claim(at: datetime) -> Message | None:
    """Take the message that has been due longest and is the head of its stream; None when there is none.

    Until its handler's time-out plus a grace nobody else gets it.
    """
    while True:
        with transaction.atomic(durable=True):
            message = _take(at)
        message = message or _take_while_away(at)
        if message is None or message.used_attempts <= message.max_attempts:
            return message
        breaker.probe_failed(message.destination, message.pk, at=at)
        _bury(message, at=at, error=message.last_error or "Every worker that tried this died without an answer.")


def complete(message: Message, *, at: datetime, outcome: str, result: dict[str, Any]) -> bool:
    """Mark a claimed message done; False (and logged) when the claim has passed to another worker."""
    with transaction.atomic() if message.dead_at else nullcontext():
        done = statements.complete(message, at=at, outcome=outcome, result=result)
        if done and message.dead_at:
            tell(settings.OUTBOX_ON_CLEAR, message, at=at, reason="The message went through.")
    if not done:
        log.warning("outbox.answered_too_late", message=message.pk, attempt=message.attempt, outcome=outcome)
    return done


def run_one(at: datetime, *, now: Callable[[], datetime] | None = None) -> bool:
    """Claim one message and run it, outside any transaction; False when nothing is due.

    `now` tells the time of the answer; without it `at` stands still.
    """
    message = claim(at)
    if message is None:
        return False
    now = now or (lambda: at)
    with structlog.contextvars.bound_contextvars(message=message.pk, handler=message.handler, origin=message.origin):
        try:
            with acting_for(message.origin):
                answer = _run_function(message)(message, at=at)
        except Exception as problem:
            _settle_failure(message, problem, at=now())
        else:
            _settle_done(message, answer, at=now())
    return True


def drain(at: datetime, limit: int, *, budget_s: float = 60) -> int:
    """Run what is due until nothing is, `limit` messages ran, or `budget_s` passed; returns how many ran.

    Time goes on from `at` while it works: a claim made late must not expire early.
    """
    started = time.monotonic()

    def now() -> datetime:
        return at + timedelta(seconds=time.monotonic() - started)

    ran = 0
    while ran < limit and time.monotonic() - started < budget_s and run_one(now(), now=now):
        ran += 1
    return ran


def _take(at: datetime, resting: Collection[str] | None = None) -> Message | None:
    timeouts = {name: given["timeout_s"] for name, given in settings.OUTBOX_HANDLERS.items() if "timeout_s" in given}
    return statements.take(at, resting, timeouts=timeouts, timeout=TIMEOUT_S, grace=GRACE_S)


def _take_while_away(at: datetime) -> Message | None:
    """The same when a destination may be away: one that rests is left alone, one whose rest is over gets one probe."""
    while True:
        with transaction.atomic(durable=True):
            away = breaker.away()
            resting = [name for name, probe_at in away.items() if probe_at and probe_at > at]
            message = _take(at, resting)
            if message is None or message.destination not in away:
                return message
            if breaker.take_probe(message.destination, message.pk, at=at, until=message.not_before):
                return message
            transaction.set_rollback(True)  # somebody else has probed it, or it answers again, since a moment ago


def _settle_done(message: Message, answer: Done, *, at: datetime) -> None:
    if not answer.completed:  # its statement also notes that the destination answers
        complete(message, at=at, outcome=answer.outcome, result=answer.result)
    else:
        breaker.answered(message.destination)


def _settle_failure(message: Message, problem: Exception, *, at: datetime) -> None:
    """What each answer but Done means for the message and its destination."""
    if isinstance(problem, LostClaimError):
        _close_attempt(message, at=at, outcome="late")
        log.warning("outbox.answered_too_late", attempt=message.attempt)
    elif isinstance(problem, Refused):
        breaker.answered(message.destination)
        _bury(message, at=at, error=problem.reason, outcome="refused", result=problem.detail)
    elif isinstance(problem, DestinationAway):
        again = breaker.stayed_away(message.destination, message.pk, at=at, reason=problem.reason)
        _reschedule(message, at=at, again=again, outcome="away", error=problem.reason, spare=True)
    elif isinstance(problem, RetryLater):
        breaker.answered(message.destination)
        pause = backoff(message.used_attempts) if problem.after_s is None else timedelta(seconds=problem.after_s)
        _retry_or_bury(
            message, at=at, again=at + pause, outcome=problem.outcome, error=problem.reason, spare=not problem.counts
        )
    else:
        log.exception("outbox.handler_failed", attempt=message.attempt, exc_info=problem)
        breaker.probe_failed(message.destination, message.pk, at=at)
        again = at + backoff(message.used_attempts)
        _retry_or_bury(message, at=at, again=again, outcome="error", error=trimmed(problem), spare=False)


def _retry_or_bury(message: Message, *, at: datetime, again: datetime, outcome: str, error: str, spare: bool) -> None:
    if not spare and message.used_attempts >= message.max_attempts:
        _bury(message, at=at, error=error, attempt_outcome=outcome)
    else:
        _reschedule(message, at=at, again=again, outcome=outcome, error=error, spare=spare)


def _reschedule(message: Message, *, at: datetime, again: datetime, outcome: str, error: str, spare: bool) -> None:
    mine = _mine(message).update(not_before=again, last_error=error, spared=message.spared + spare)
    _close_attempt(message, at=at, outcome=outcome if mine else "late", error=error)


def _bury(
    message: Message,
    *,
    at: datetime,
    error: str,
    outcome: str = "",
    result: dict[str, Any] | None = None,
    attempt_outcome: str = "",
) -> None:
    """Make it a dead letter: it holds its stream until a person retries or skips it. A case says so."""
    with transaction.atomic():
        buried = _mine(message).update(
            state=State.DEAD, dead_at=at, outcome=outcome, last_error=error, result=result or {}
        )
        _close_attempt(
            message, at=at, outcome=(outcome or attempt_outcome or "error") if buried else "late", error=error
        )
        if not buried:
            return
        message.refresh_from_db()
        tell(settings.OUTBOX_ON_DEAD, message, at=at)
    log.error("outbox.dead_letter", message=message.pk, stream=message.stream, error=error)


def _mine(message: Message) -> Any:
    """The row, if this claim still holds it."""
    return Message.objects.filter(pk=message.pk, state=State.PENDING, attempt=message.attempt)


def _close_attempt(message: Message, *, at: datetime, outcome: str, error: str = "") -> None:
    tries = Attempt.objects.filter(message=message, number=message.attempt)
    tries.update(finished_at=at, outcome=outcome, error=error[:ERROR_CHARS])


def backoff(used: int) -> timedelta:
    """2, 4, 8 … seconds up to a quarter of an hour, each ± 20 % so that failures don't come back in step."""
    seconds = min(FIRST_BACKOFF_S * 2 ** min(max(used - 1, 0), 20), LONGEST_BACKOFF_S)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))


def trimmed(problem: Exception) -> str:
    text = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {text}"[:ERROR_CHARS]


def _run_function(message: Message) -> Callable[..., Done]:
    return import_string(settings.OUTBOX_HANDLERS[message.handler]["run"])
