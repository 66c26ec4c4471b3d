"""The simulated firm's people and policy: what a firm of its own would set up by hand, for the sandbox alone."""

from dataclasses import dataclass
from datetime import datetime
from itertools import product

from django.db import transaction

from approvals import services as approvals
from approvals.models import Policy
from approvals.policy_files import read
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit
from cockpit.accounts.signin import give_sign_in
from delivery.invoice_release.kinds import KEY
from delivery.setup.acting import choose_tiers
from integrations.mirror.models import PartnerTag

ACTOR = "system:demo"
PASSWORD = "look-around-freely"  # noqa: S105 - printed for everybody who starts the demo
GERMANY, AMERICA = "Halden & Roth GmbH", "Halden & Roth Inc."


@dataclass(frozen=True)
class Role:
    """Who plays, and what they hold where."""

    email: str
    does: str
    roles: tuple[str, ...]
    units: tuple[str, ...]


MAIL = "halden-roth.example"
CAST = (
    Role(f"ann@{MAIL}", "approves invoices in Germany", ("finance",), (GERMANY,)),
    Role(f"dan@{MAIL}", "approves there too: try it at the same time", ("finance",), (GERMANY,)),
    Role(f"frank@{MAIL}", "approves invoices in America", ("finance",), (AMERICA,)),
    Role(f"ben@{MAIL}", "drafts invoices, sees his own requests", ("project_manager",), ("Delivery Berlin",)),
    Role(
        f"mia@{MAIL}",
        "runs the PMO, sees all of it, sets the cockpit up",
        ("pmo", "operations_admin"),
        (GERMANY, AMERICA),
    ),
    Role(f"lea@{MAIL}", "leads the firm", ("leadership",), (GERMANY, AMERICA)),
    Role(f"eve@{MAIL}", "has no role and sees nothing", (), ()),
)
TIERS = ("Strategic", "Key account", "Standard")
TABLE = f"""
kind: {KEY}
name: Invoice release
mode: enforce
rules:
  - name: Large invoices in Germany
    unit: {GERMANY}
    when: [{{fact: amount, op: ">", value: 25000, currency: EUR}}]
    ask: [{{role: finance, within: 4 h}}]
  - name: Large invoices in America
    unit: {AMERICA}
    when: [{{fact: amount, op: ">", value: 20000, currency: USD}}]
    ask: [{{role: finance, within: 8 h}}]
  - name: Everything else passes
"""
BESIDE = (
    """
kind: discount
name: Discounts
mode: enforce
rules:
  - name: More than a quarter
    when: [{fact: discount, op: ">", value: 25}]
    ask: [{role: finance, within: 4 h}, {role: leadership, order: 2, within: 8 h}]
  - name: More than fifteen per cent
    when: [{fact: discount, op: ">", value: 15}]
    ask: [{role: finance, within: 8 h}]
  - name: Everything else passes
""",
    f"""
kind: credit_note
name: Credit notes
mode: enforce
rules:
  - name: Large credit notes in Germany
    unit: {GERMANY}
    when: [{{fact: amount, op: ">", value: 2500, currency: EUR}}]
    ask: [{{role: finance, within: 4 h}}]
  - name: Large credit notes in America
    unit: {AMERICA}
    when: [{{fact: amount, op: ">", value: 2000, currency: USD}}]
    ask: [{{role: finance, within: 8 h}}]
  - name: Everything else passes
""",
    f"""
kind: expense
name: Expenses
mode: enforce
rules:
  - name: Large expenses in Germany
    unit: {GERMANY}
    when: [{{fact: amount, op: ">", value: 500, currency: EUR}}]
    ask: [{{role: finance, within: 8 h}}]
  - name: Large expenses in America
    unit: {AMERICA}
    when: [{{fact: amount, op: ">", value: 500, currency: USD}}]
    ask: [{{role: finance, within: 8 h}}]
  - name: Everything else is approved in Odoo
""",
    """
kind: write_off
name: Write-offs
mode: enforce
rules:
  - name: Large
    when: [{fact: amount, op: ">", value: 5000, currency: EUR}]
    ask: [{role: finance, within: 8 h}, {role: leadership, order: 2, within: 16 h}]
  - name: Any other
    ask: [{role: finance, within: 8 h}]
""",
)


class DemoError(RuntimeError):
    """The firm in the mirror is not the simulated one."""


@transaction.atomic
def set_up(*, at: datetime) -> None:
    """Give the cast their sign-ins and roles, and put the policy on its way. Doing it twice changes nothing.

    Raises DemoError where the mirror holds another firm: with a real Odoo nothing is invented.
    """
    units = {unit.name: unit for unit in Unit.objects.filter(active=True)}
    for part in CAST:
        person = Person.objects.filter(email=part.email).select_related("user").first()
        if person is None or not set(part.units) <= set(units):
            raise DemoError(
                "This is not the simulated firm, so no demo sign-ins are made. Use `manage.py people` instead."
            )
        if person.user is None:
            give_sign_in(person, PASSWORD, actor=ACTOR, at=at)
        for role, unit in product(part.roles, part.units):
            grants.grant(person, role, units[unit], actor=ACTOR, at=at)
    tags = dict(PartnerTag.objects.live().filter(name__in=TIERS).values_list("name", "odoo_id"))
    choose_tiers([tags[name] for name in TIERS if name in tags], actor=ACTOR, at=at)
    for table in (TABLE, *BESIDE):
        text = read(table)
        if not Policy.objects.filter(kind=text.kind).exists():
            approvals.submit(approvals.draft(text, actor=ACTOR, at=at), actor=ACTOR, at=at)
