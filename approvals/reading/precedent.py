"""What became of the last ones like this: same kind, and the same client or about as much money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.models import Request, RequestQuerySet
from cockpit.accounts.models import User
from cockpit.pages import words
from cockpit.time.models import Clock
from cockpit.time.words import duration_words

SHOWN = 5
RECENT = 200  # of the kind; further back nobody looks for one that is worth about as much
NEAR = Decimal("0.25")  # a quarter more or less is about as much


@dataclass(frozen=True)
class Past:
    request: Request
    outcome: str
    when: str


@dataclass(frozen=True)
class Precedent:
    """`words`: "5 approved, median 2 h 10"; `like` says in which way they are like this one."""

    words: str
    like: str
    past: tuple[Past, ...]


def read(request: Request, user: User, at: datetime) -> Precedent | None:
    """Among what this user may see; None where there was none."""
    ended = Request.objects.filter(kind_key=request.kind_key, closed_at__isnull=False).exclude(pk=request.pk)
    if request.client_odoo_id is not None:
        found = _latest(ended.filter(client_odoo_id=request.client_odoo_id), user)[:SHOWN]
        if found:
            return _told(found, _("for this client"), at)
    low, high = sorted(request.amount_reporting * (1 + near) for near in (-NEAR, NEAR))
    found = [one for one in _latest(ended, user) if request.amount_reporting and low <= one.amount_reporting <= high]
    return _told(found[:SHOWN], _("about as large"), at) if found else None


def _latest(ended: RequestQuerySet, user: User) -> list[Request]:
    """Of the last that ended those that were decided and may be seen, newest first."""
    recent = list(ended.order_by("-closed_at").values_list("pk", flat=True)[:RECENT])
    if not recent:
        return []
    decided = [Request.State.APPROVED, Request.State.REJECTED]
    seen = Request.objects.visible_to(user).filter(pk__in=recent, state__in=decided)
    return list(seen.order_by("-closed_at"))


def _told(found: list[Request], like: str, at: datetime) -> Precedent:
    approved = sum(one.state == Request.State.APPROVED for one in found)
    rejected = len(found) - approved
    said = []
    if approved:
        said.append(ngettext("one approved", "%(count)d approved", approved) % {"count": approved})
    if rejected:
        said.append(ngettext("one rejected", "%(count)d rejected", rejected) % {"count": rejected})
    if spent := _spent(found):
        said.append(_("median %(time)s of business time") % {"time": duration_words(median(spent))})
    return Precedent(_(", ").join(said), like, tuple(_past(one, at) for one in found))


def _spent(found: list[Request]) -> list[float]:
    """Business seconds from asking to deciding, by the clock of each whole request."""
    clocks = Clock.objects.filter(subject__in=[one.audit_subject for one in found])
    return [clock.spent.total_seconds() for clock in clocks if clock.state == Clock.State.STOPPED]


def _past(one: Request, at: datetime) -> Past:
    when = words.moment(one.closed_at, at) if one.closed_at else ""
    return Past(one, str(one.get_state_display()), when)
