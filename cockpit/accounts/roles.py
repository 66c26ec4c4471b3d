"""Which roles a firm grants on its units, and what each lets a person do. A role comes with its scope, never alone."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Role:
    label: str | Promise
    capabilities: frozenset[str]


VIEW = "approvals.view"
CASES = "cases.view"
SETUP = "setup.manage"
UTILIZATION = "utilization.view"
TARGETS = "utilization.targets"
DATA = "data.view"
AUDIT = "audit.view"
DUTIES = "duties.view"  # who may approve what, what is kept apart, who tried
REVIEW = "grants.review"  # confirm roles or take them away, set limits

ROLES: dict[str, Role] = {
    "finance": Role(_("Finance"), frozenset({VIEW, CASES, DATA})),
    "project_manager": Role(_("Project manager"), frozenset()),
    "delivery_manager": Role(_("Delivery manager"), frozenset({VIEW, UTILIZATION})),
    "partner": Role(_("Partner"), frozenset({VIEW, CASES})),
    "pmo": Role(_("PMO"), frozenset({VIEW, CASES, UTILIZATION, TARGETS, DATA, DUTIES, REVIEW})),
    "leadership": Role(_("Leadership"), frozenset({VIEW, CASES, UTILIZATION, TARGETS, DATA, DUTIES, REVIEW})),
    "auditor": Role(_("Auditor"), frozenset({VIEW, CASES, AUDIT, DUTIES})),
    "operations_admin": Role(_("Operations admin"), frozenset({SETUP, CASES, DATA, DUTIES, REVIEW})),
}


def roles_with(capability: str) -> list[str]:
    return [name for name, role in ROLES.items() if capability in role.capabilities]
