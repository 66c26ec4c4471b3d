"""Keep, list and remove views. The query is the whole state: what a page does with it, the page knows."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from cockpit import audit
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit, User
from cockpit.saved_views.models import SavedView

MOST = 50  # of one person on one page
PASSING = {"after", "decided", "page", "seen"}  # a place in a list, or what was done last: no part of a view


@dataclass(frozen=True)
class View:
    """`chosen`: the address shows it now; `shared` names the unit whose people see it, empty for one's own."""

    name: str
    url: str
    chosen: bool
    mine: bool
    pk: int
    query: str = ""
    shared: str = ""
    count: str = ""  # set by a page that knows how to count


class ViewRefusedError(Exception):
    """The view was not kept; the text says why."""


class NotSharedError(ViewRefusedError):
    """Says the same of a unit that is another's and of one that does not exist."""

    def __init__(self) -> None:
        super().__init__(_("You can share a view only where you hold a role."))


def listing(user: User, page: str, query: str = "") -> list[View]:
    """The views of a page, one's own first; `query` is the page's own now. One query beside the roles."""
    person, now = getattr(user, "person", None), settled(query)
    rows = SavedView.objects.visible_to(user).filter(page=page).select_related("unit")
    found = [
        View(
            name=row.name,
            url=_url(page, row.query),
            chosen=row.query == now,
            mine=person is not None and row.person_id == person.pk,
            pk=row.pk,
            query=row.query,
            shared=row.unit.name if row.unit else "",
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (not one.mine, one.name.casefold(), one.pk))


@transaction.atomic
def save(page: str, *, actor: Person, name: str, query: str, unit: Unit | None, at: datetime) -> SavedView:
    """Keep a view, or bring the one of that name up to date. Shared only in a unit in which `actor` holds a role.

    Raises ViewRefusedError.
    """
    name = " ".join(name.split())
    if page not in settings.SAVED_VIEW_PAGES:
        raise ViewRefusedError(_("Views of this page cannot be kept."))
    if not name or len(name) > 60:
        raise ViewRefusedError(_("Give the view a name of at most 60 characters."))
    query = settled(query)
    if len(query) > 600:
        raise ViewRefusedError(_("These filters are too long to be kept."))
    if unit is not None and unit.pk not in _held(actor):
        raise NotSharedError
    mine = SavedView.objects.filter(person=actor, page=page)
    if mine.exclude(name=name).count() >= MOST:
        raise ViewRefusedError(_("You keep %(count)d views of this page: remove one first.") % {"count": MOST})
    values = {"query": query, "unit": unit, "made_at": at}
    kept, _made = SavedView.objects.update_or_create(person=actor, page=page, name=name, defaults=values)
    _record(kept, "save", actor=actor, at=at)
    return kept


@transaction.atomic
def remove(view: SavedView, *, actor: Person, at: datetime) -> None:
    """Only one's own. Raises ViewRefusedError."""
    if view.person_id != actor.pk:
        raise ViewRefusedError(_("Only who made a view can remove it."))
    _record(view, "remove", actor=actor, at=at)
    view.delete()


def settled(query: str) -> str:
    """A query without what passes, in one order: two addresses that show the same are the same text."""
    pairs = parse_qsl(query.lstrip("?"), max_num_fields=40)
    return urlencode(sorted(pair for pair in pairs if pair[0] not in PASSING))


def address_of(view: SavedView) -> str:
    return _url(view.page, view.query)


def _url(page: str, query: str) -> str:
    address = reverse(settings.SAVED_VIEW_PAGES[page])
    return f"{address}?{query}" if query else address


def _held(person: Person) -> set[int]:
    return set().union(*grants.granted_units(person.user).values()) if person.user else set()


def _record(view: SavedView, verb: str, *, actor: Person, at: datetime) -> None:
    data = {"page": view.page, "name": view.name, "query": view.query, "unit": view.unit_id}
    audit.record(f"saved_views.view:{view.pk}", f"saved_views.{verb}", actor=actor, at=at, data=data)
