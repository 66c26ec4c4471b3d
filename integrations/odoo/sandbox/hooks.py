"""Webhooks as Odoo sends them: after the commit, one record after another, in the user's own call, at most a second
each, without a signature, and never again. What nobody receives is a line in the log.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import urllib3

if TYPE_CHECKING:
    from .records import Env

PATIENCE_S = 1
Waiting = list[tuple[str, dict]]
_waiting: ContextVar[Waiting | None] = ContextVar("hooks that wait for the commit", default=None)


@contextmanager
def after_commit() -> Iterator[None]:
    """Around a transaction: what it asked for is sent when it is committed, and forgotten when it isn't."""
    token = _waiting.set([])
    try:
        yield
        asked = _waiting.get() or []
    finally:
        _waiting.reset(token)
    for url, payload in asked:
        _send(url, payload)


def ask(env: Env, name: str, one: int, action: dict) -> None:
    """Remember what is to be sent about a record, as it is now."""
    waiting = _waiting.get()
    fields = [data["name"] for data in env.data("ir.model.fields", action.get("webhook_field_ids") or []).values()]
    sql = """SELECT to_char(write_date, 'YYYY-MM-DD HH24:MI:SS.US') AS write_date FROM record
        WHERE model = %s AND id = %s"""
    known = env.one(name, one) | env.rows(sql, [name, one])[0] | {"id": one}
    values = {word: known.get(word) for word in ("id", *fields)} if fields else {}
    payload = {"_action": f"{action['name']}(#{action['id']})", "_id": one, "_model": name, **values}
    if waiting is not None:
        waiting.append((action["webhook_url"], payload))


def _send(url: str, payload: dict) -> None:
    body = json.dumps(payload, sort_keys=True).encode()
    headers = {"Content-Type": "application/json"}
    try:
        urllib3.request("POST", url, body=body, headers=headers, timeout=PATIENCE_S, retries=False)
    except (urllib3.exceptions.HTTPError, ValueError) as problem:
        print(f"webhook of {payload['_model']} {payload['_id']} failed: {problem}", file=sys.stderr, flush=True)
