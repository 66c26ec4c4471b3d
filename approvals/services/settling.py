"""What time does by itself: a decision takes effect when its undo window ends; clocks warn."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from approvals.models import Request, Step
from approvals.services import climbing
from approvals.services.moving import release_idle
from approvals.services.routing import clock_of, close_round, keep_due, lock
from approvals.services.turning import overtake
from approvals.services.unanswerable import recheck_approvers
from cockpit.events.services import emit
from cockpit.sweeping import each
from cockpit.time import services as time
from cockpit.transitions import TransitionError, advance

SYSTEM = "system:settle"


def settle_due(at: datetime, limit: int = 500) -> int:
    """Let every decision whose undo window has ended take effect; how many did. Safe in many places at once."""
    due = Request.objects.filter(state=Request.State.SETTLING, settles_at__lte=at).order_by("settles_at")[:limit]
    return each(due.values_list("pk", flat=True), lambda pk: settle_one(pk, at=at))


@transaction.atomic
def settle_one(request_id: int, *, at: datetime) -> bool:
    """The state, its audit entry and the event that carries the effects are one transaction; False: it is not due."""
    request = lock(request_id)
    if request.state != Request.State.SETTLING or request.settles_at is None or request.settles_at > at:
        return False  # undone, or another sweep was faster
    round_ = request.rounds.defer("route").get(closed_at__isnull=True)
    try:
        advance(
            request,
            {"approved": "approve", "rejected": "reject"}[request.outcome],
            actor=SYSTEM,
            at=at,
            locked=True,
            closed_at=at,
        )
    except TransitionError:
        return False
    overtake(round_, at=at)
    close_round(round_, at=at, beside=[request.audit_subject])
    emit(
        "approvals.decided",
        subject=request.audit_subject,
        key=f"{request.number}/{round_.number}",
        at=at,
        payload={"request": request.pk, "round": round_.pk, "outcome": request.outcome},
        origin=request.audit_subject,
    )
    return True


def sweep_clocks(at: datetime, limit: int = 1000) -> int:
    """Mark the clocks that have passed a warning or their goal; returns how many and what else moved.

    Where a calendar has changed, steps and requests show what their clocks say now; what somebody took on and left goes
    back to everybody who is asked.
    """
    parts: tuple[Callable[[], int | None], ...] = (
        partial(follow_clocks, limit),
        partial(release_idle, at=at),
        partial(recheck_approvers, at=at),
        partial(reach_due, at, limit),
    )
    return each(parts, lambda part: part())


def reach_due(at: datetime, limit: int = 1000) -> int:
    """A step's clock moves its step; of other clocks the level is noted."""
    due = time.due(at, limit)
    steps = [clock for clock in due if clock.subject.startswith("approvals.step:")]
    others = [clock for clock in due if not clock.subject.startswith("approvals.step:")]
    parts: tuple[Callable[[], int], ...] = (
        lambda: climbing.reached_all(steps, at=at),
        lambda: len(time.reach_all(others, at=at)),
    )
    return each(parts, lambda part: part())


def follow_clocks(limit: int = 1000) -> int:
    """Copy onto open steps, and so onto their requests, the due times that a changed calendar has moved; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT r.request_id FROM approvals_step s
            JOIN approvals_round r ON r.id = s.round_id
            JOIN time_clock c ON c.subject = 'approvals.step:' || s.id
            WHERE s.state = 'open' AND c.state = 'running' AND s.due_at IS DISTINCT FROM c.due_at
            ORDER BY r.request_id LIMIT %s
            """,
            [limit],
        )
        moved = [request_id for (request_id,) in cursor.fetchall()]
    each(moved, _follow)
    return len(moved)


@transaction.atomic
def _follow(request_id: int) -> None:
    request = lock(request_id)
    for step in Step.objects.filter(round__request=request, state=Step.State.OPEN):
        step.due_at = clock_of(step).due_at
        step.save(update_fields=["due_at"])
    keep_due(request)
