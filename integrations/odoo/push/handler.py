"""Carry out one push: look, call once, read back.

A worker may be killed at any line: the next attempt starts with the look.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings

from cockpit.outbox import DestinationAway, Done, Refused, RetryLater
from cockpit.outbox.models import Message
from integrations.odoo.client import (
    AccessRefusedError,
    AnswerError,
    BusyError,
    MissingRecordError,
    OdooClient,
    OdooError,
    RefusedError,
    ServerFaultError,
    UnknownNameError,
    UnreachableError,
)
from integrations.odoo.push import altered, connection, ids, plan
from integrations.odoo.push.reread import reread

# Odoo ends a request after this time (its limit_time_real): until then a lost call may still be at work there.
SERVER_LIMIT_S = 120
NOES = (AccessRefusedError, MissingRecordError, RefusedError, UnknownNameError)
# Tries of which nobody knows whether their call reached Odoo.
MAYBE_CALLED = ("unknown", "lost", "late", "error")

log = structlog.get_logger(__name__)


def run(message: Message, *, at: datetime) -> Done:
    """The run function of outbox handler `odoo.push`.

    Returns Done: "verified" with result {"at": Odoo's time when it was seen to stand, "values": {field: value}}, or
    "refused" with {"reason": "gone"} or {"reason": "changed", "differences": […], "done": bool}; these let the stream
    go on, as each later message looks for itself. Raises Refused where Odoo said no (detail {"refused": its own
    sentence}), RetryLater and DestinationAway; RetryLater with outcome "unknown": the call may have been carried out.
    """
    started = time.monotonic()
    push = _read(message)
    with structlog.contextvars.bound_contextvars(message=message.pk, key=message.key):
        client = _client(at)
        verdict, no = _look(client, push), None
        if isinstance(verdict, plan.Due):
            _check_that_no_call_is_under_way(message, push, at)
            no = _call(client, push, lambda: _check_that_the_claim_lasts(message, started))
            verdict = _look(client, push)
        return _answer(client, message, push, verdict, no, at=at)


def _read(message: Message) -> plan.Push:
    try:
        return plan.read(message.payload)
    except plan.PayloadError as problem:
        raise Refused(f"This message cannot be pushed. {problem}", {"refused": str(problem)}) from problem


def _client(at: datetime) -> OdooClient:
    try:
        return connection.client(at=at)
    except OdooError as problem:
        raise DestinationAway(problem.sentence) from None


def _look(client: OdooClient, push: plan.Push) -> plan.Verdict:
    with _reading():
        verdict = plan.judge(push, {name: _rows(client, push, look) for name, look in plan.looks(push).items()})
    return plan.Gone() if isinstance(verdict, plan.Due) and push.xmlid and ids.is_used(push.xmlid) else verdict


def _rows(client: OdooClient, push: plan.Push, look: plan.Look) -> list[dict[str, Any]]:
    context = {"active_test": False, **_company(push)}
    if look.xmlid:
        return ids.rows(client, look, context)
    if look.id is not None:  # `read`, not a search: a record that is hidden from us is an error, not a deleted one
        return client.call(look.model, "read", [look.id], fields=list(look.fields), load=None, context=context)
    domain = list(look.domain)
    if look.model == push.find_model:
        domain.append(["create_uid", "=", client.uid])  # others may quote our key: theirs is not ours
    return client.search_read(look.model, domain, look.fields, order=look.order, context=context)


def _call(client: OdooClient, push: plan.Push, check: Callable[[], None]) -> OdooError | None:
    """Make the one call. Returns Odoo's refusal, if it refused; whether it was done is seen by looking.

    A wizard is made first: until it is pressed nothing has happened, and Odoo throws away those that nobody presses.
    """
    model, given = push.wizard or push.model, [push.id] if push.id else list(push.call_ids) or None
    log.info("odoo.push.call", model=model, record=push.id, method=push.method)
    with _writing():
        try:
            if push.prepare:
                check()
                made = push.prepare
                given = client.call(model, made["method"], context=_company(push), **made.get("kwargs", {}))
            check()
            answer = client.call(model, push.method, given, context=_company(push), **push.kwargs)
            _check_load(push, answer)
        except NOES as no:
            log.info("odoo.push.refused", model=model, record=push.id, method=push.method, reason=no.text)
            return no
    return None


def _check_load(push: plan.Push, answer: Any) -> None:
    """`load` reports failure with HTTP 200 and `ids` false; then it wrote nothing."""
    if push.method != "load" or (isinstance(answer, Mapping) and answer.get("ids")):
        return
    found = answer.get("messages", []) if isinstance(answer, Mapping) else []
    text = " ".join(str(one.get("message", one)) if isinstance(one, Mapping) else str(one) for one in found)
    if "concurrent update" in text or "could not serialize" in text:
        raise BusyError("Odoo was busy with the same records; it will be tried again.", text=text)
    raise RefusedError(f"Odoo refused: {text or 'the rows were not taken, without a reason'}", text=text)


def _answer(
    client: OdooClient, message: Message, push: plan.Push, verdict: plan.Verdict, no: OdooError | None, *, at: datetime
) -> Done:
    match verdict:
        case plan.Standing(values):
            log.info("odoo.push.verified", values=values)
            if push.xmlid:
                ids.note(push.xmlid, push.model, values["found"], at=at)
            if push.answers:
                altered.clear(push.answers, at=at)
            with _reading():
                return Done("verified", {"at": client.answered_at().isoformat(), "values": values})
        case plan.Changed(differences, done):
            result = {"reason": "changed", "differences": differences, "done": done}
            return _not_as_decided(message, push, result, at=at)
        case plan.Gone():
            return _not_as_decided(message, push, {"reason": "gone"}, at=at)
        case plan.Due() if no is not None:
            raise Refused(no.sentence, {"refused": no.text or no.sentence})
    sentence = "Odoo took the call and gave no error, but it is not as it should be now. Look at the record in Odoo."
    raise Refused(sentence, {"refused": sentence})


def _not_as_decided(message: Message, push: plan.Push, result: dict[str, Any], *, at: datetime) -> Done:
    """What was decided on is no more: nothing is forced. The mirror reads the record at once; people are asked."""
    log.warning("odoo.push.not_as_decided", **result)
    if push.id:
        reread(push.model, push.id, is_gone=result["reason"] == "gone", at=at)
    if not push.asks_anew:
        altered.open_for(message, push, result, at=at)
    return Done("refused", result)


def _company(push: plan.Push) -> dict[str, Any]:
    return {"allowed_company_ids": [push.company_id]} if push.company_id else {}


def _check_that_no_call_is_under_way(message: Message, push: plan.Push, at: datetime) -> None:
    """A call whose answer was lost may be at work still. If doing it twice would show, wait for its certain end."""
    if not push.creates:
        return  # a second call waits for the record's lock, then finds it done
    lost = message.attempts.filter(number__lt=message.attempt, outcome__in=MAYBE_CALLED).order_by("-number").first()
    if lost is None:
        return
    over = lost.started_at + timedelta(seconds=_timeout_s(message) + SERVER_LIMIT_S)
    if at < over:
        reason = (
            "An earlier try got no answer and Odoo may still be at work on it. It is looked for until that is over."
        )
        raise RetryLater(reason, after_s=(over - at).total_seconds(), counts=False)


def _check_that_the_claim_lasts(message: Message, started: float) -> None:
    """A call must end before another worker may claim the message: one that was stopped for long must not make it."""
    left_s = _timeout_s(message) - (time.monotonic() - started)
    if left_s < settings.ODOO["TIMEOUT_S"]:
        raise RetryLater("Looking at the record took so long that no time is left for the call.")


def _timeout_s(message: Message) -> float:
    return settings.OUTBOX_HANDLERS[message.handler]["timeout_s"]


@contextmanager
def _reading() -> Iterator[None]:
    """What an error means while nothing is changed: only a real answer of Odoo may use up an attempt."""
    try:
        yield
    except NOES as no:
        raise Refused(no.sentence, {"refused": no.text or no.sentence}) from None
    except ServerFaultError as fault:
        if fault.maybe_done:  # not Odoo's own words: a proxy that waits for it
            raise DestinationAway(fault.sentence) from None
        raise RetryLater(fault.sentence) from None
    except OdooError as problem:
        connection.forget()
        raise DestinationAway(problem.sentence) from None


@contextmanager
def _writing() -> Iterator[None]:
    """What an error means for a call: not done, or unknown."""
    try:
        yield
    except (UnreachableError, ServerFaultError, AnswerError) as problem:
        if problem.maybe_done:
            log.warning("odoo.push.unknown", reason=problem.sentence)
            raise RetryLater(problem.sentence, outcome="unknown") from None
        if isinstance(problem, ServerFaultError):
            raise RetryLater(problem.sentence) from None
        raise DestinationAway(problem.sentence) from None
    except BusyError as busy:
        raise RetryLater(busy.sentence) from None
    except OdooError as problem:
        connection.forget()
        raise DestinationAway(problem.sentence) from None
