"""Tell the workers that there is something to do. For speed only: the sweep finds everything anyway."""

import threading
from collections import defaultdict

import structlog
from celery import current_app
from django.db import connection, transaction

SWEEP = "cockpit.outbox.tasks.sweep"
BUDGET_S = 0.08  # and starting a thread on a busy machine

log = structlog.get_logger(__name__)
_sending: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def nudge() -> None:
    """After the commit, send the sweep task by name: once per transaction, ≤ 100 ms, never raises."""
    if not any(hook[1] is _nudge_workers for hook in connection.run_on_commit):
        transaction.on_commit(_nudge_workers, robust=True)


def _nudge_workers() -> None:
    wake(SWEEP, wait_s=BUDGET_S)


def wake(task: str, *, wait_s: float) -> None:
    """Send from a thread, and wait no longer than `wait_s`: a broker that hangs must not hang a page. Never raises."""
    if not _sending[task].acquire(blocking=False):
        return  # one is under way (perhaps stuck): it wakes a worker for this, too, or the sweep does
    sender = threading.Thread(target=_send, args=(task,), name="outbox-nudge", daemon=True)
    try:
        sender.start()
    except RuntimeError as problem:  # no more threads, or the interpreter is going down
        _sending[task].release()
        log.info("outbox.nudge_failed", problem=str(problem))
        return
    sender.join(wait_s)


def _send(task: str) -> None:
    try:
        current_app.send_task(task, ignore_result=True, retry=False)
    except Exception as problem:
        log.info("outbox.nudge_failed", problem=f"{type(problem).__name__}: {problem}")
    finally:
        _sending[task].release()
