"""The unit that somebody looks at: chosen in the frame, kept in the session, narrowing every page to it.

It narrows what is shown and never widens it: a page still filters by its own `visible_to`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cockpit.accounts import grants
from cockpit.accounts.models import Unit, User

KEY = "unit"  # in the session


@dataclass(frozen=True)
class Choice:
    """A unit that may be chosen. `depth` counts from the topmost one that the person holds a role in."""

    pk: int
    name: str
    depth: int
    chosen: bool = False


def chosen_unit(request: HttpRequest) -> Unit | None:
    """The unit chosen in the frame; None for all, and for one in which no role is held any more.

    Read once a request.
    """
    known = vars(request)
    if "_chosen_unit" not in known:
        known["_chosen_unit"] = _chosen(request)
    return known["_chosen_unit"]


def chosen_units(request: HttpRequest) -> set[int] | None:
    """The ids of the chosen unit and of all below it; None for everything one may see.

    A page intersects it with what the user may see. No query beside the roles.
    """
    unit, known = chosen_unit(request), vars(request)
    if unit is None:
        return None
    if "_chosen_units" not in known:
        every = grants.all_units(request.user)  # type: ignore[arg-type]
        known["_chosen_units"] = {one.pk for one in every if one.path.startswith(unit.path)}
    return known["_chosen_units"]


def choices(user: User, chosen: Unit | None = None) -> list[Choice]:
    """The units one holds a role in and all below, as a tree; empty where there is nothing to choose between."""
    held = _held(user)
    units = [unit for unit in grants.all_units(user) if unit.pk in held and unit.active]
    if len(units) < 2:
        return []
    children: dict[int | None, list[Unit]] = {}
    for unit in sorted(units, key=lambda one: one.name.casefold()):
        children.setdefault(unit.parent_id if unit.parent_id in held else None, []).append(unit)
    return list(_tree(children, None, 0, chosen.pk if chosen else None))


@require_POST
@never_cache
def choose(request: HttpRequest) -> HttpResponse:
    """Keep `unit` (an id; empty for all) and go back to where one was."""
    given = request.POST.get("unit", "")
    if not given:
        request.session.pop(KEY, None)
    elif given.isascii() and given.isdigit() and int(given) in _held(request.user):  # type: ignore[arg-type]
        request.session[KEY] = int(given)
    else:
        return HttpResponseBadRequest()
    return redirect(back(request))


def back(request: HttpRequest) -> str:
    """The page a form of the frame was sent from, from its beginning: a place further down belongs to the old list."""
    for address in (request.headers.get("Referer", ""), request.POST.get("next", "")):
        if url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
            parts = urlsplit(address)
            query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] != "after"])
            path = "/" + parts.path.lstrip("/")
            return f"{path}?{query}" if query else path
    return "/"


def _chosen(request: HttpRequest) -> Unit | None:
    pk = request.session.get(KEY) if hasattr(request, "session") else None
    if pk is None or not request.user.is_authenticated or pk not in _held(request.user):
        return None
    every = grants.all_units(request.user)
    return next((unit for unit in every if unit.pk == pk and unit.active), None)


def _held(user: User) -> set[int]:
    return set().union(*grants.granted_units(user).values())


def _tree(
    children: dict[int | None, list[Unit]], above: int | None, depth: int, chosen: int | None
) -> Iterator[Choice]:
    for unit in children.get(above, []):
        yield Choice(unit.pk, unit.name, depth, unit.pk == chosen)
        yield from _tree(children, unit.pk, depth + 1, chosen)
