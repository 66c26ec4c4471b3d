"""Change request: scope, time or money of a running project become others."""

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Change, Fact, Facts, FactType, Kind, Slot
from delivery import declaring as d

KEY = "change_request"


def changes(facts: Facts) -> list[Change]:
    return [
        Change(_("Order value"), d.said(facts.get("value_before")), d.said(facts.get("value_after"))),
        Change(_("Planned margin, per cent"), d.said(facts.get("margin_before")), d.said(facts.get("margin"))),
        Change(_("Ends"), d.said(facts.get("end_before")), d.said(facts.get("end_date"))),
    ]


CHANGE_REQUEST = Kind(
    key=KEY,
    label=_("Change request"),
    money="amount",
    title=d.sentence(_("Change of %(project)s: %(what)s")),
    if_approved=d.kept_here(_("%(project)s is changed as described: %(amount)s.")),
    if_rejected=d.sentence(_("%(project)s stays as it is; who asked reads the reason.")),
    changes=changes,
    evidence=(Slot("consent", _("The client’s consent"), lambda one: True, _("client’s consent missing")),),
    form=(
        "amount",
        "project",
        "client",
        "what",
        "hours",
        "value_before",
        "value_after",
        "margin_before",
        "margin",
        "end_before",
        "end_date",
        "project_manager",
        "reason",
    ),
    needed=("amount", "project", "what"),
    facts=(
        d.amount(_("Change of the value")),
        Fact("what", _("What changes"), FactType.TEXT, material=True),
        d.PROJECT,
        d.CLIENT,
        d.CLIENT_TIER,
        Fact("hours", _("Hours more or less"), FactType.NUMBER, material=True),
        Fact("value_before", _("Order value before"), FactType.MONEY),
        Fact("value_after", _("Order value after"), FactType.MONEY, material=True),
        Fact("margin_before", _("Margin before, per cent"), FactType.NUMBER),
        Fact("margin", _("Margin after, per cent"), FactType.NUMBER, material=True),
        Fact("end_before", _("Ended before"), FactType.DATE),
        Fact("end_date", _("Ends"), FactType.DATE, material=True),
        d.PROJECT_MANAGER,
        d.ACCOUNT_DIRECTOR,
        d.REASON,
        d.EVIDENCE,
        d.ODOO,
    ),
)
