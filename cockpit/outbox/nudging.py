"""Tell the workers that there is something to do. For speed only: the sweep finds everything anyway."""

import threading

import structlog
from celery import current_app
from django.db import connection, transaction

SWEEP = "cockpit.outbox.tasks.sweep"
BUDGET_S = 0.08  # and starting a thread on a busy machine

log = structlog.get_logger(__name__)
_sending = threading.Lock()


def nudge() -> None:
    """After the commit, send the sweep task by name: once per transaction, ≤ 100 ms, never raises."""
    if not any(hook[1] is _nudge_workers for hook in connection.run_on_commit):
        transaction.on_commit(_nudge_workers, robust=True)


def _nudge_workers() -> None:
    """Send from a thread, and wait no longer than the budget: a broker that hangs must not hang a page."""
    if not _sending.acquire(blocking=False):
        return  # one is under way (perhaps stuck): it wakes a worker for this message too, or the sweep does
    sender = threading.Thread(target=_send, name="outbox-nudge", daemon=True)
    try:
        sender.start()
    except RuntimeError as problem:  # no more threads, or the interpreter is going down
        _sending.release()
        log.info("outbox.nudge_failed", problem=str(problem))
        return
    sender.join(BUDGET_S)


def _send() -> None:
    try:
        current_app.send_task(SWEEP, ignore_result=True, retry=False)
    except Exception as problem:
        log.info("outbox.nudge_failed", problem=f"{type(problem).__name__}: {problem}")
    finally:
        _sending.release()
