"""The frame around every page: where one can go, what one sees of the firm, and how fresh it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from cockpit.accounts import grants
from cockpit.accounts.models import Unit, User
from cockpit.accounts.roles import ROLES
from cockpit.pages.scope import Choice, choices, chosen_unit


@dataclass(frozen=True)
class NavEntry:
    """A place in the rail. `count` "": there is nothing to count; `key` is typed after g.

    `short` stands for the label where there is little room: a fifth of a telephone's width.
    """

    label: str
    url: str
    icon: str
    count: str = ""
    key: str = ""
    short: str = ""


@dataclass(frozen=True)
class Banner:
    """A line above every page, for as long as it is true. `page`: the name of the page that says more."""

    words: str
    page: str


@dataclass(frozen=True)
class Freshness:
    """How old what one sees may be. `state` is "" (fresh), "soon" (late), "late" (cut off) or "stale" (never read).

    A page that stands open counts on by itself: `age_s` seconds now, stale from `limit_s` on; `counting` says it while
    fresh, with {age} in it, `ended` from then on. Without `age_s` the words stay as they are.
    """

    state: str
    words: str
    stale: bool
    age_s: int | None = None
    limit_s: int = 0
    counting: str = ""
    ended: str = ""


@dataclass(frozen=True)
class Standing:
    """`sentence`: what a number rests on that is older than its limit, and since when; empty while all is fresh."""

    sentence: str = ""

    @property
    def stale(self) -> bool:
        return bool(self.sentence)


class Standings(Protocol):
    """How old what pages, requests and cases show is, by their names; said by the floor that reads Odoo."""

    def line(self) -> Freshness: ...

    def of_page(self, name: str) -> Standing: ...

    def of_request(self, kind: str) -> Standing: ...

    def of_case(self, kind: str) -> Standing: ...


@dataclass(frozen=True)
class ScopeLine:
    units: list[str]
    roles: str
    any: bool  # is there a role at all?


class Frame:
    """Read lazily: a fragment that shows no rail asks for nothing."""

    def __init__(self, request: HttpRequest):
        self._request = request
        self.at = timezone.now()

    @cached_property
    def nav(self) -> list[NavEntry]:
        providers: list[Callable[[User], list[NavEntry]]] = [import_string(name) for name in settings.NAV]
        return [entry for provider in providers for entry in provider(self._request.user)]  # type: ignore[arg-type]

    @cached_property
    def banners(self) -> list[Banner]:
        providers: list[Callable[[User], list[Banner]]] = [import_string(name) for name in settings.BANNERS]
        return [banner for provider in providers for banner in provider(self._request.user)]  # type: ignore[arg-type]

    @cached_property
    def scope(self) -> ScopeLine:
        return scope_line(self._request.user)  # type: ignore[arg-type]

    @cached_property
    def unit(self) -> Unit | None:
        """The unit chosen in the frame; None for all."""
        return chosen_unit(self._request)

    @cached_property
    def choices(self) -> list[Choice]:
        return choices(self._request.user, self.unit)  # type: ignore[arg-type]

    @property
    def ages(self) -> str:
        """For the script that counts on: how one says so many seconds, minutes, hours, days, as JSON."""
        return json.dumps([_("%(count)d s"), _("%(count)d min"), _("%(count)d h"), _("%(count)d days")])

    @cached_property
    def freshness(self) -> Freshness:
        return self.standings.line()

    @cached_property
    def standings(self) -> Standings:
        found: Standings = import_string(settings.STANDINGS)(self.at)
        return found


def frame(request: HttpRequest) -> dict[str, Frame]:
    """The context processor."""
    return {"frame": Frame(request)}


def scope_line(user: User) -> ScopeLine:
    """The units whose requests one may see, by their tops, and the roles held there."""
    held = grants.granted_units(user)
    inside = {unit for units in held.values() for unit in units}
    tops = [one for one in grants.all_units(user) if one.pk in inside and not inside & set(one.ancestor_ids[:-1])]
    names = [unit.name for unit in tops]
    if len(names) > 3:
        names = [*names[:2], _("and %(count)d more units") % {"count": len(names) - 2}]
    roles = ", ".join(str(ROLES[role].label) for role in ROLES if role in held)
    return ScopeLine(names or [_("No unit")], roles or _("no role yet"), bool(held))
