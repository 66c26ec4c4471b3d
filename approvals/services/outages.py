"""After an outage of our own: the clocks of the steps have waited, and a case names the incident."""

from datetime import datetime

from django.db import transaction

from approvals.services.settling import sweep_clocks
from cockpit.audit import record
from cockpit.exception_queue.services import open_case
from cockpit.time import outages
from cockpit.time.models import Outage

SYSTEM = "system:clock"
STEPS = "approvals.step:"  # the clock of the whole request goes on: it says how long people waited


def sweep(*, at: datetime) -> int:
    """What beat calls: first what an outage did to the clocks, so that nobody is warned of time that was ours."""
    outages.beat(at=at)
    for outage in outages.unfollowed():
        waited = outages.let_wait(outage, STEPS)
        _tell(outage, waited, at=at)
    return sweep_clocks(at)


@transaction.atomic
def _tell(outage: Outage, waited: int, *, at: datetime) -> None:
    """Once, also by two sweeps; one that dies before is followed by the next."""
    if not Outage.objects.filter(pk=outage.pk, followed_at__isnull=True).update(followed_at=at, clocks=waited):
        return
    span = {"from": outage.start_at.isoformat(), "until": outage.end_at.isoformat(), "clocks": waited}
    record(f"time.outage:{outage.pk}", "approvals.outage", actor=SYSTEM, at=at, data=span)
    open_case(
        f"approvals.outage:{outage.pk}",
        kind="approvals.outage",
        title=f"The cockpit was down, incident {outage.name}",
        at=at,
        severity="medium",
        detail={"incident": outage.name, **span},
    )
