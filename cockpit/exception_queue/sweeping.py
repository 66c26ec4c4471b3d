"""What time does to cases: those that were set aside wake, and what nobody owned gets its owner."""

from datetime import datetime

from django.db import transaction

from cockpit.exception_queue.models import Case
from cockpit.exception_queue.ownership import own_the_unowned
from cockpit.exception_queue.services import AWAKE, resolve
from cockpit.transitions import TransitionError, advance_all

ACTOR = "system:cases"
AT_ONCE = 500


def sweep(*, at: datetime) -> int:
    """Wake what is due, resolve what was ignored and is in order by now; how many cases moved."""
    calm = 0
    for case in Case.objects.filter(state=Case.State.IGNORED, calm_since__isnull=False, wakes_at__lte=at)[:AT_ONCE]:
        calm += _resolve_calm(case, at=at)
    due = Case.objects.filter(state__in=[Case.State.SNOOZED, Case.State.IGNORED], wakes_at__lte=at)
    woken = advance_all(due, "wake", actor=ACTOR, at=at, **AWAKE)
    own_the_unowned()
    return calm + len(woken)


@transaction.atomic
def _resolve_calm(case: Case, *, at: datetime) -> bool:
    locked = Case.objects.select_for_update().filter(pk=case.pk, calm_since__isnull=False).first()
    if locked is None:
        return False  # it was seen again at this moment
    try:
        resolve(locked, actor=ACTOR, at=at, reason=locked.closed_because)
    except TransitionError:
        return False
    return True
