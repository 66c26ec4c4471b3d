"""Non-standard terms: a quotation or statement of work that departs from the firm's own."""

from django.utils.translation import gettext_lazy as _

from approvals.kinds import Effect, Fact, Facts, FactType, Kind, Slot
from delivery import declaring as d

KEY = "terms"


def released(values: Facts, at: str) -> str:
    return str(_("Released in Odoo at %(time)s")) % {"time": at}


def noted(values: Facts, at: str) -> str:
    return str(_("Written on the order in Odoo at %(time)s")) % {"time": at}


TERMS = Kind(
    key=KEY,
    label=_("Non-standard terms"),
    money="amount",
    title=d.sentence(_("Terms for %(client)s on %(order)s: %(terms)s")),
    if_approved=d.sentence(_("Odoo may confirm %(order)s (%(amount)s) on these terms.")),
    if_rejected=d.sentence(_("%(order)s stays a quotation; the reason is written on it in Odoo.")),
    changes=d.unchanged,
    effects=(
        Effect("release", _("lets the order be confirmed"), released, lead=True),
        Effect("note", _("notes the decision on the order"), noted),
    ),
    evidence=(Slot("sow", _("The statement of work"), lambda one: True, _("statement of work missing")),),
    form=("amount", "client", "order", "terms", "payment_days", "reason"),
    needed=("client", "terms", "reason"),
    facts=(
        d.amount(_("Amount, with tax")),
        Fact("terms", _("Payment terms"), FactType.TEXT, material=True),
        Fact("payment_term", _("Payment terms in Odoo"), FactType.RECORD, shown=False),
        Fact("payment_days", _("Days to pay"), FactType.NUMBER, material=True),
        d.CLIENT,
        d.CLIENT_TIER,
        d.SERVICE_LINE,
        d.COMPANY,
        Fact("order", _("Order"), FactType.TEXT),
        Fact("salesperson", _("Salesperson"), FactType.RECORD),
        d.ACCOUNT_DIRECTOR,
        d.AUTHOR,
        d.REASON,
        Fact("lines", _("What is offered"), FactType.LINES, material=True),
        d.EVIDENCE,
        d.ODOO,
    ),
)
