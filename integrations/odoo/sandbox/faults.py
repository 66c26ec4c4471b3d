"""Faults on request. Before a call: a delay. Instead of it: a 500, a proxy's 429, a closed connection ("away").
After its commit: the connection is dropped, half of the answer is sent ("half"), or the answer is no JSON ("garbage").
"""

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

from .store import Store

FIELDS = {"kind": str, "seconds": (int, float), "model": str, "method": str, "count": int}
KINDS = ("delay", "500", "429", "away", "drop", "half", "garbage")


class BadFaultError(ValueError):
    """The request for a fault makes no sense; the sentence says why."""


class InsteadError(Exception):
    """Answer this status, as a proxy would, instead of calling."""

    def __init__(self, status: int) -> None:
        self.status = status


class SpoiltError(Exception):
    """The call is done; its answer gets lost on the way, as `kind` says."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


def before(kind: str, seconds: float) -> None:
    if kind == "delay":
        time.sleep(seconds)
    if kind in ("500", "429"):
        raise InsteadError(int(kind))
    if kind == "away":
        raise ConnectionAbortedError("closed on request, before anything was done")


def after(kind: str) -> None:
    if kind == "drop":
        raise ConnectionAbortedError("dropped on request, after the commit")  # the server closes without a byte
    if kind in ("half", "garbage"):
        raise SpoiltError(kind)


def half(body: bytes) -> Iterator[bytes]:
    """The first bytes of a body whose length was said, then nothing."""
    yield body[: len(body) // 2]
    raise ConnectionAbortedError("dropped on request, in the middle of the answer")


def take(store: Store, model: str, method: str) -> tuple[str, float]:
    """The oldest fault that fits this call, used up by one; ("", 0) when there is none."""
    with store.faults_lock:
        for fault in store.faults:
            if fault["count"] > 0 and fault["model"] in ("", model) and fault["method"] in ("", method):
                fault["count"] -= 1
                return fault["kind"], fault["seconds"]
    return "", 0.0


def control(store: Store, token: str, method: str, sender: str, authorization: str, body: bytes) -> tuple[int, Any]:
    """POST adds a fault, GET lists what is left, DELETE clears. Only from this machine, only with the token."""
    if not token or sender not in ("127.0.0.1", "::1"):
        return 404, {"message": "no such page"}
    if not secrets.compare_digest(authorization, f"Bearer {token}"):
        return 401, {"message": "the token of SANDBOX_TOKEN is needed"}
    try:
        added = [parse(body)] if method == "POST" else []
    except BadFaultError as problem:
        return 422, {"message": str(problem)}
    with store.faults_lock:
        store.faults += added
        if method == "DELETE":
            store.faults.clear()
        return 200, [fault for fault in store.faults if fault["count"] > 0]


def parse(body: bytes) -> dict:
    try:
        fault = json.loads(body)
    except ValueError:
        raise BadFaultError("the body is no JSON") from None
    if not isinstance(fault, dict) or fault.get("kind") not in KINDS:
        raise BadFaultError(f"give a kind: one of {', '.join(KINDS)}")
    for name, value in fault.items():
        if name not in FIELDS or not isinstance(value, FIELDS[name]):  # type: ignore[arg-type]
            raise BadFaultError(f"{name}={value!r} is not understood; known are {', '.join(FIELDS)}")
    return {"seconds": 0.0, "model": "", "method": "", "count": 1} | fault
