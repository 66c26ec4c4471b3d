"""The fixed cast and the small firm that tests play in.

Ann approves (finance, DE), Ben asks (project manager), Dan is Ann's deputy, Mia runs the PMO, Lea leads, Eve is a
stranger; Frank is finance of the US company.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from guardian.models import UserObjectPermission

from approvals import services
from approvals.models import Policy, PolicyVersion, Request
from approvals.policy_files import read
from cockpit.accounts.models import Person, Unit, User
from cockpit.time.models import Attendance, Calendar

# A Monday, ten in the morning in Berlin.
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASSWORD = "a long enough password"
KIND = "invoice_release"

TABLE = """
kind: invoice_release
name: Invoice release
mode: enforce
rules:
  - name: Large in Germany
    unit: Halden & Roth GmbH
    when: [{fact: amount, op: ">", value: 25000, currency: EUR}]
    ask: [{role: finance, within: 4 h}]
  - {name: Small in Germany, unit: Halden & Roth GmbH}
  - name: Large in America
    unit: Halden & Roth Inc.
    when: [{fact: amount, op: ">", value: 20000, currency: USD}]
    ask: [{role: finance, within: 8 h}]
  - {name: Everything else passes}
"""


def calendar(name: str, zone: str) -> Calendar:
    made = Calendar.objects.create(name=name, time_zone=zone)
    Attendance.objects.bulk_create(
        Attendance(calendar=made, weekday=day, from_minute=9 * 60, to_minute=17 * 60) for day in range(5)
    )
    return made


@dataclass
class Firm:
    """Made by `firm()`; people by first name: firm["ann"]."""

    de: Unit
    us: Unit
    munich: Unit
    people: dict[str, Person] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def user(self, name: str) -> User:
        """Fresh, so that nothing about grants is remembered."""
        return User.objects.get(person=self.people[name])

    def ask(
        self,
        subject: int = 17,
        amount: str | int = "48200.00",
        *,
        at: datetime = MONDAY,
        unit: Unit | None = None,
        barred=None,
        **facts: Any,
    ) -> Request:
        unit = unit or self.de
        barred = [self["ben"].pk] if barred is None else barred
        request = services.ask(
            KIND,
            subject=f"odoo.account.move:{subject}",
            unit=unit,
            facts=invoice_facts(unit, amount, **facts),
            at=at,
            requester=self["ben"],
            barred=barred,
            client_odoo_id=7,
            client_name="Brandt AG",
        )
        assert request is not None
        return request


def firm() -> Firm:
    de = Unit.objects.create(
        name="Halden & Roth GmbH",
        code="DE",
        currency="EUR",
        calendar=calendar("Germany", "Europe/Berlin"),
        odoo_model="res.company",
        odoo_id=1,
    )
    us = Unit.objects.create(
        name="Halden & Roth Inc.",
        code="US",
        currency="USD",
        calendar=calendar("America", "America/New_York"),
        odoo_model="res.company",
        odoo_id=2,
    )
    munich = Unit.objects.create(name="Munich", parent=de, odoo_model="hr.department", odoo_id=5)
    made = Firm(de, us, munich)
    homes = {"ann": de, "ben": munich, "dan": de, "mia": de, "lea": de, "eve": us, "frank": us}
    names = ["Ann Albers", "Ben Brook", "Dan Dietz", "Mia Moreau", "Lea Lindt", "Eve Egan", "Frank Flynn"]
    secret = make_password(PASSWORD)
    users = User.objects.bulk_create(User(email=f"{name}@example.com", password=secret) for name in homes)
    people = Person.objects.bulk_create(
        Person(
            name=full,
            email=user.email,
            unit=homes[name],
            time_zone="Europe/Berlin" if homes[name] != us else "America/New_York",
            odoo_user_id=100 + number,
            user=user,
        )
        for number, (name, full, user) in enumerate(zip(homes, names, users, strict=True), start=1)
    )
    made.people = dict(zip(homes, people, strict=True))
    hold(
        made,
        ("ann", "finance", de),
        ("dan", "finance", de),
        ("frank", "finance", us),
        ("ben", "project_manager", munich),
        ("mia", "pmo", de),
        ("lea", "leadership", de),
        ("lea", "leadership", us),
    )
    return made


def hold(made: Firm, *roles: tuple[str, str, Unit]) -> None:
    """Rows as `grants.grant` makes them, at once and without its audit entries: nearly every test needs them."""
    units = ContentType.objects.get_for_model(Unit)
    permissions = {one.codename: one for one in Permission.objects.filter(content_type=units)}
    UserObjectPermission.objects.bulk_create(
        UserObjectPermission(
            user=made[name].user, permission=permissions[role], content_type=units, object_pk=str(unit.pk)
        )
        for name, role, unit in roles
    )


def policy(table: str = TABLE, *, at: datetime = MONDAY - timedelta(days=1)) -> PolicyVersion:
    """A version in force, without Odoo's guard."""
    version = services.draft(read(table), actor="system:cast", at=at)
    services.publish(version, actor="system:cast", at=at)
    return version


def asking(*steps: str, at: datetime = MONDAY - timedelta(days=1)) -> None:
    """A version in force in which every invoice asks these steps, written as in a policy's file."""
    policy(f"{{kind: {KIND}, name: R, mode: enforce, rules: [{{name: all, ask: [{', '.join(steps)}]}}]}}", at=at)


def observe() -> None:
    Policy.objects.update(mode=Policy.Mode.OBSERVE)


def invoice_facts(unit: Unit, amount: str | int = "48200.00", **facts: Any) -> dict[str, Any]:
    money = str(Decimal(str(amount)).quantize(Decimal("0.01")))
    own = unit.currency or "EUR"
    return {
        "amount": {
            "amount": money,
            "currency": own,
            "company_amount": money,
            "company_currency": own,
            "rates": {"USD": "1.10", "EUR": "0.90"},
        },
        "net": {"amount": money, "currency": own},
        "client": {"id": 7, "name": "Brandt AG"},
        "company": {"id": unit.odoo_id, "name": unit.name},
        "due_date": "2026-12-23",
        "invoice_date": "2026-11-23",
        "reference": "4500 118 342",
        "origin": "S00046",
        "author": {"id": 102, "name": "Ben Brook"},
        "salesperson": {"id": 102, "name": "Ben Brook"},
        "overdue": {"amount": "0.00", "currency": own},
        "receivable": {"amount": "12900.00", "currency": own},
        "lines": [
            {
                "product": 3,
                "text": "Go-live Munich, milestone 3",
                "quantity": "1.0",
                "unit_price": money,
                "discount": "0.0",
                "price": {"amount": money, "currency": own},
            }
        ],
        "odoo": {"text": "#17", "url": "http://127.0.0.1:8069/odoo/account.move/17"},
        **facts,
    }
