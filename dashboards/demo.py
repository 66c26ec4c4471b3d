"""What the simulated firm wants to reach."""

from datetime import date, datetime
from decimal import Decimal

from cockpit.accounts.models import Person, Unit
from dashboards.models import Target
from dashboards.targets import set_target
from delivery.demo import AMERICA, GERMANY, MAIL

TARGETS = {GERMANY: Decimal(55), AMERICA: Decimal(50)}


def set_up(*, at: datetime) -> None:
    """A target of billable utilization for each company, owned by who leads. Twice changes nothing."""
    if Target.objects.exists():
        return
    lea = Person.objects.get(email=f"lea@{MAIL}")
    for name, percent in TARGETS.items():
        company = Unit.objects.get(name=name, parent__isnull=True)
        set_target(company, percent, since=date(at.year - 1, 1, 1), owner=lea, actor=lea, at=at)
