"""What the simulated firm wants to reach."""

from datetime import date, datetime
from decimal import Decimal

from cockpit.accounts.models import Person, Unit
from dashboards.models import Target
from dashboards.targets import set_target
from delivery.demo import AMERICA, GERMANY, MAIL

TARGETS = {GERMANY: Decimal(55), AMERICA: Decimal(50)}
DEPARTMENTS = {"Management": 0, "Finance": 0, "PMO": 20, "Delivery": 70}  # by the first word of its name


def set_up(*, at: datetime) -> None:
    """A target of billable utilization for each company and department, owned by who leads. Twice changes nothing.

    Who runs the house is not there to bill, and what is not named is held to its company's.
    """
    if Target.objects.exists():
        return
    lea = Person.objects.get(email=f"lea@{MAIL}")
    for name, percent in TARGETS.items():
        company = Unit.objects.get(name=name, parent__isnull=True)
        set_target(company, percent, since=date(at.year - 1, 1, 1), owner=lea, actor=lea, at=at)
        for unit in Unit.objects.filter(path__startswith=company.path, odoo_model="hr.department"):
            own = Decimal(DEPARTMENTS.get(unit.name.split()[0], percent))
            set_target(unit, own, since=date(at.year - 1, 1, 1), owner=lea, actor=lea, at=at)
