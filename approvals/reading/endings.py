"""What became of records that moved on outside before anybody decided."""

from collections.abc import Iterable

from approvals.kinds import Ending, registry
from approvals.models import Request
from cockpit.accounts.models import User
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.reading.seen import visible_to


def of(requests: Iterable[Request]) -> dict[int, Ending]:
    """By id, of those that were closed as moved on; the kind knows what its records are now."""
    closed = [one for one in requests if one.closed_reason == Request.Closed.MOVED_IN_ODOO and not one.is_open]
    found: dict[int, Ending] = {}
    for key, kind in registry().items():
        mine = {one.subject: one.pk for one in closed if one.kind_key == key}
        if mine and kind.moved_on is not None:
            found |= {mine[subject]: ending for subject, ending in kind.moved_on(mine).items()}
    return found


def case(ending: Ending | None, user: User) -> Case | None:
    """The latest case about it that this user may see."""
    if ending is None or not ending.case:
        return None
    return Case.objects.filter(visible_to(user), fingerprint=ending.case).order_by("-pk").first()
