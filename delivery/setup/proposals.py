"""Who might hold which role where, from what Odoo says of them. A person decides; nothing is granted by itself."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit
from cockpit.accounts.roles import ROLES
from delivery.setup.looking import GROUPS
from integrations.mirror.models import Department, OdooUser, Project

WORDS = {  # why the members of each group are proposed
    "account.group_account_invoice": gettext_lazy("may invoice in Odoo"),
    "account.group_account_manager": gettext_lazy("administers invoicing in Odoo"),
    "hr_timesheet.group_timesheet_manager": gettext_lazy("administers timesheets in Odoo"),
    "project.group_project_manager": gettext_lazy("administers projects in Odoo"),
}


@dataclass(frozen=True)
class Proposal:
    """`granted`: the person holds the role there, or above, already."""

    person: Person
    role: str
    unit: Unit
    why: str
    granted: bool = False

    @property
    def key(self) -> str:
        """As the form sends it."""
        return f"{self.person.pk}:{self.role}:{self.unit.pk}"

    @property
    def problem(self) -> str:
        """Why it cannot be granted yet; "" when it can."""
        has_way_in = self.person.user_id or self.person.email
        return "" if has_way_in else _("has no work e-mail in Odoo, and that is what people sign in with")

    @property
    def label(self) -> str:
        return str(ROLES[self.role].label)


def proposals(members: Mapping[str, Iterable[int]]) -> list[Proposal]:
    """Each person, role and unit once, by name and role; `members` as a look has found them."""
    units = {(unit.odoo_model, unit.odoo_id): unit for unit in Unit.objects.filter(active=True)}
    people = {person.odoo_user_id: person for person in _people() if person.odoo_user_id}
    employees = {person.odoo_employee_id: person for person in people.values()}
    found: dict[str, Proposal] = {}
    for each in (*_of_groups(members, people, units), *_of_departments(employees, units), *_of_projects(people)):
        found.setdefault(each.key, each)
    order = list(ROLES)
    return sorted(
        found.values(), key=lambda one: (one.person.name, one.person.pk, order.index(one.role), one.unit.path)
    )


def _people() -> Iterable[Person]:
    return Person.objects.filter(active=True).select_related("user", "unit")


def _of_groups(
    members: Mapping[str, Iterable[int]], people: Mapping[int, Person], units: Mapping[tuple, Unit]
) -> Iterator[Proposal]:
    """In every company that the Odoo user works in."""
    works_in = dict(OdooUser.objects.live().filter(active=True, share=False).values_list("odoo_id", "company_ids"))
    for group, role in GROUPS.items():
        for user in members.get(group, ()):
            for company in works_in.get(user, ()):
                unit = units.get(("res.company", company))
                if user in people and unit:
                    yield _proposal(people[user], role, unit, str(WORDS[group]))


def _of_departments(employees: Mapping[int | None, Person], units: Mapping[tuple, Unit]) -> Iterator[Proposal]:
    for department in Department.objects.live().filter(active=True, manager_id__in=[pk for pk in employees if pk]):
        unit = units.get(("hr.department", department.odoo_id))
        if unit:
            yield _proposal(employees[department.manager_id], "delivery_manager", unit, _("leads the department"))


def _of_projects(people: Mapping[int, Person]) -> Iterator[Proposal]:
    """Whoever leads a project, in their own department."""
    leads = Project.objects.live().filter(active=True, is_template=False, user_id__in=people).values_list("user_id")
    for (user,) in leads.distinct().order_by("user_id"):
        person = people[user]
        if person.unit:
            yield _proposal(person, "project_manager", person.unit, _("leads projects"))


def _proposal(person: Person, role: str, unit: Unit, why: str) -> Proposal:
    held = grants.granted_units(person.user).get(role, set()) if person.user else set()
    return Proposal(person, role, unit, why, granted=unit.pk in held)
