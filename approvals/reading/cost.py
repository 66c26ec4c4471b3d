"""The cost of delay in words: short on the row, the whole formula on hover and on the request page."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals import weighing
from approvals.kinds import Facts
from approvals.models import Request
from cockpit.pages import words


@dataclass(frozen=True)
class Delay:
    """`short` "€8,033 a day"; `formula` says money, days and cut-off; `rate` how a foreign amount was compared."""

    short: str
    formula: str
    rate: str = ""


def delay(request: Request, facts: Facts) -> Delay | None:
    """From the facts of its snapshot. None for what has no amount, and for what no longer waits."""
    if not request.is_open or request.amount is None:
        return None
    currency = settings.REPORTING_CURRENCY
    per_day = words.money(request.cost_of_delay, currency, whole=True)
    rate = ""
    if request.currency != currency:
        rate = _rate(request, facts) % {
            "amount": words.money(request.amount, request.currency),
            "converted": words.money(request.amount_reporting, currency),
        }
    return Delay(_("%(money)s a day") % {"money": per_day}, _formula(request, currency, per_day), rate)


def _rate(request: Request, facts: Facts) -> str:
    if weighing.rate_stored(facts.get(request.kind.money) or {}, settings.REPORTING_CURRENCY):
        return _("%(amount)s counts as %(converted)s, at the rate its record stored.")
    return _(
        "%(amount)s counts as %(converted)s: its record stored no rate for that, so the company’s amount was taken"
        " one to one."
    )


def _formula(request: Request, currency: str, per_day: str) -> str:
    blocked = words.money(request.amount_reporting, currency, whole=True)
    if request.cutoff_date is None or request.days_to_cutoff is None:
        return _("%(money)s blocked; this kind has no cut-off.") % {"money": blocked}
    named = {
        "money": blocked,
        "cutoff": request.kind.cutoff,
        "day": words.day(request.cutoff_date, now=request.weighed_at),
        "cost": per_day,
        "days": request.days_to_cutoff,
    }
    if request.days_to_cutoff == 0:
        return _("%(money)s blocked; the %(cutoff)s was %(day)s, so all of it counts.") % named
    return (
        ngettext(
            "%(money)s blocked, %(days)d working day left to the %(cutoff)s on %(day)s: %(cost)s a day.",
            "%(money)s blocked, %(days)d working days left to the %(cutoff)s on %(day)s: %(cost)s a day.",
            request.days_to_cutoff,
        )
        % named
    )
