"""Budget override: a project may cost more than was planned."""

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Change, Fact, Facts, FactType, Kind
from delivery import declaring as d

KEY = "budget_override"


def changes(facts: Facts) -> list[Change]:
    return [Change(_("Budget"), d.said(facts.get("budget")), d.said(facts.get("budget_after")))]


BUDGET_OVERRIDE = Kind(
    key=KEY,
    label=_("Budget override"),
    money="amount",
    title=d.sentence(_("%(amount)s more for %(project)s")),
    if_approved=d.kept_here(_("The budget of %(project)s is raised to %(budget_after)s.")),
    if_rejected=d.sentence(_("The budget of %(project)s stays; who asked reads the reason.")),
    changes=changes,
    form=("amount", "project", "client", "budget", "budget_after", "margin", "project_manager", "reason"),
    needed=("amount", "project", "reason"),
    facts=(
        d.amount(_("Amount more")),
        d.PROJECT,
        d.CLIENT,
        Fact("budget", _("Budget"), FactType.MONEY),
        Fact("budget_after", _("Budget after"), FactType.MONEY, material=True),
        Fact("spent", _("Spent so far"), FactType.MONEY, dated=True),
        Fact("margin", _("Margin at completion, per cent"), FactType.NUMBER),
        d.PROJECT_MANAGER,
        d.ACCOUNT_DIRECTOR,
        d.REASON,
        d.ODOO,
    ),
)
