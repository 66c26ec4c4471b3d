"""Who decides for whom, for the page of deputies and the line above every page. Six queries at most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals import kinds
from approvals.delegations import Delegation, acting_for
from approvals.models import Request
from approvals.services.deputising import OVERSEES
from cockpit.accounts import grants
from cockpit.accounts.models import Person, User
from cockpit.pages import words
from cockpit.pages.frame import Banner

EARLIER = timedelta(days=90)
LIST = 200  # of a unit; whoever has more narrows by unit


@dataclass(frozen=True)
class Line:
    """One deputy for one person. `can`: the verbs that this reader may use on it."""

    pk: int
    delegator: Person
    deputy: Person
    days: str  # "3 Dec – 17 Dec"
    within: str  # what it is bounded to, in words; empty: nothing
    state: str  # proposed, begun, later, over
    state_words: str
    why: str  # proposed for a leave
    can: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    proposals: list[Line]  # what this reader is to confirm or decline
    mine: list[Line]  # who decides for the reader
    others: list[Line]  # for whom the reader decides
    unit: list[Line]  # of the units that the reader oversees
    earlier: list[Line]
    oversees: bool


def page(user: User, units: set[int] | None, *, at: datetime) -> Page:
    person = user.person
    overseen = grants.granted_units(user).get(OVERSEES, set())
    shown = overseen if units is None else overseen & units
    living = _read(Delegation.living(at) & (Q(delegator=person) | Q(deputy=person) | Q(delegator__unit__in=shown)))
    lines = _lines(living, person, overseen, at)
    over = _read(
        Q(request__isnull=True, end_at__gt=at - EARLIER)
        & (Q(delegator=person) | Q(deputy=person))
        & (Q(ended_at__isnull=False) | Q(end_at__lte=at)),
        order="-end_at",
        most=10,
    )
    proposals = [line for line in lines if line.state == "proposed" and _is_asked(line, person, shown)]
    told = {line.pk for line in proposals}
    return Page(
        proposals=proposals,
        mine=[line for line in lines if line.delegator == person and line.pk not in told],
        others=[line for line in lines if line.deputy == person and line.pk not in told],
        unit=[line for line in lines if person not in (line.delegator, line.deputy) and line.pk not in told],
        earlier=_lines(over, person, set(), at),
        oversees=bool(overseen),
    )


def banners(user: User) -> list[Banner]:
    """For whom the reader acts now: said above every page. Nothing for what one request alone was passed on."""
    person = getattr(user, "person", None)
    if person is None:
        return []
    at = timezone.now()
    ways = [way for way in acting_for(person, at=at) if way.request_id is None]
    if not ways:
        return []
    told = {way.delegator.pk: (way.delegator, way.ends_at) for way in reversed(ways)}
    said = [
        _("%(person)s (until %(day)s)") % {"person": who, "day": last_day(until, at)}
        for who, until in reversed(told.values())
    ]
    return [Banner(_("You act for %(people)s.") % {"people": _listed(said)}, "deputies")]


def last_day(until: datetime, now: datetime) -> str:
    """A time that ends a day is said as that day."""
    return words.day(timezone.localtime(until - timedelta(seconds=1)).date(), now=now)


def _listed(said: Sequence[str], most: int = 3) -> str:
    if len(said) > most:
        rest = len(said) - most
        more = ngettext("%(count)d more", "%(count)d more", rest) % {"count": rest}
        said = [*said[:most], more]
    return ", ".join(said)


def _read(which: Q, order: str = "start_at", most: int = LIST) -> QuerySet[Delegation]:
    people = ("delegator__user", "delegator__unit", "deputy__user", "deputy__unit")
    return Delegation.objects.filter(which).select_related(*people).order_by(order, "pk")[:most]


def _is_asked(line: Line, person: Person, overseen: set[int]) -> bool:
    """A proposal is for whom it would be decided; the PMO sees what waits there, too."""
    return line.delegator == person or (line.delegator.unit_id in overseen and line.deputy != person)


def _lines(found: Iterable[Delegation], person: Person, overseen: set[int], at: datetime) -> list[Line]:
    rows = list(found)
    clients = _clients({row.client_odoo_id for row in rows if row.client_odoo_id is not None})
    return [_line(row, person, overseen, clients, at) for row in rows]


def _line(row: Delegation, person: Person, overseen: set[int], clients: dict[int, str], at: datetime) -> Line:
    state, said = _state(row, at)
    arranges = row.delegator == person or row.delegator.unit_id in overseen
    can: tuple[str, ...] = ()
    if state == "proposed":
        can = ("confirm", "decline") if arranges and row.deputy != person else ("decline",)
    elif state in {"begun", "later"} and (arranges or row.deputy == person):
        can = ("end",)
    return Line(
        pk=row.pk,
        delegator=row.delegator,
        deputy=row.deputy,
        days=_("%(first)s to %(last)s")
        % {"first": words.day(timezone.localtime(row.start_at).date(), now=at), "last": last_day(row.end_at, at)},
        within=" · ".join(_within(row, clients)),
        state=state,
        state_words=said,
        why=_("for a leave in Odoo") if row.source == Delegation.Source.LEAVE else "",
        can=can,
    )


def _state(row: Delegation, at: datetime) -> tuple[str, str]:
    if row.confirmed_at is None:
        return ("over", _("declined")) if row.ended_at else ("proposed", _("proposed"))
    if row.ended_at is not None:
        return "over", _("ended early")
    if row.end_at <= at:
        return "over", _("over")
    return ("begun", _("decides now")) if row.start_at <= at else ("later", _("to come"))


def _within(row: Delegation, clients: dict[int, str]) -> Iterable[str]:
    if row.kinds:
        known = kinds.registry()
        yield ", ".join(str(known[key].label) if key in known else key for key in row.kinds)
    if row.limit is not None:
        amount = words.money(row.limit, settings.REPORTING_CURRENCY, whole=True)
        yield _("up to %(amount)s") % {"amount": amount}
    if row.client_odoo_id is not None:
        yield _("only %(client)s") % {"client": clients.get(row.client_odoo_id, f"#{row.client_odoo_id}")}


def _clients(ids: set[int]) -> dict[int, str]:
    """As requests call them; one query, none without clients."""
    if not ids:
        return {}
    named = Request.objects.filter(client_odoo_id__in=ids).exclude(client_name="").order_by("client_odoo_id", "-pk")
    return {
        pk: name for pk, name in named.distinct("client_odoo_id").values_list("client_odoo_id", "client_name") if pk
    }
