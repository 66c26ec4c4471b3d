"""What ⌘K finds: pages, acts of the frame, and the records that each floor answers for.

A floor names its source in `settings.SEARCH_SOURCES`; one that breaks or takes too long is logged and named on the
page, and the others are shown all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cockpit.accounts.models import User
from cockpit.pages.frame import Frame
from cockpit.pages.languages import languages
from cockpit.pages.requests import PageRequest

SHORTEST = 2  # letters; a single one finds everything and nothing
EACH, EACH_ON_PAGE = 6, 25  # of each source
PATIENCE_MS = 800  # a source that takes longer did not answer
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Found:
    """One thing found. `kind` is its group's heading, in the reader's language; `detail` tells like ones apart."""

    label: str
    url: str
    kind: str
    detail: str = ""


Source = Callable[[User, str, int], list[Found]]  # (user, text, limit), never more than the user may see


@dataclass(frozen=True)
class Act:
    """Something the frame does by itself: a button of a form (`form`, `name`, `value`), or of the script (`act`)."""

    label: str
    form: str = ""
    name: str = ""
    value: str = ""
    act: str = ""
    popover: str = ""


@dataclass
class Answer:
    """What was found, by kind, in the order to show; `silent` are the parts that did not answer."""

    groups: dict[str, list[Found | Act]] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(map(len, self.groups.values()))

    @property
    def said(self) -> str:
        """For those who listen."""
        if not self.total:
            return _("Nothing found")
        return ngettext("%(count)s found", "%(count)s found", self.total) % {"count": self.total}

    def add(self, kind: str, found: Iterable[Found | Act]) -> None:
        for one in found:
            self.groups.setdefault(kind, []).append(one)


@require_safe
@never_cache
def search(request: PageRequest) -> HttpResponse:
    """The page, or for the palette its list alone."""
    text = request.GET.get("q", "")[:200].strip()
    part = "#found" if request.htmx and request.htmx.target == "palette-found" else ""
    answer = find(request, text, EACH if part else EACH_ON_PAGE, script=bool(part))
    context = {"text": text, "answer": answer, "short": 0 < len(text) < SHORTEST}
    return render(request, f"frame/search.html{part}", context)


def find(request: PageRequest, text: str, limit: int, *, script: bool) -> Answer:
    """Records first when something is asked for; pages and acts alone otherwise. `script`: may an act need one?"""
    answer = Answer()
    for name in settings.SEARCH_SOURCES if len(text) >= SHORTEST else ():
        _ask(name, request.user, text, limit, answer)
    answer.add(_("Pages"), (page for page in _pages(request) if _matches(text, page.label)))
    answer.add(_("Actions"), (act for act in _acts(request, text, script=script) if _matches(text, act.label)))
    return answer


def _ask(name: str, user: User, text: str, limit: int, answer: Answer) -> None:
    try:
        source: Source = import_string(name)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
            found = source(user, text, limit)
    except Exception:
        log.exception("search.source_failed", source=name)
        answer.silent.append(str(settings.SEARCH_NAMES.get(name, name.split(".")[0])))
        return
    for one in found[:limit]:
        answer.add(one.kind, [one])


def _pages(request: HttpRequest) -> list[Found]:
    kind = _("Pages")
    own = [
        Found(_("Mails"), reverse("notices"), kind),
        Found(_("API tokens"), reverse("tokens"), kind),
        Found(_("Change password"), reverse("account_change_password"), kind),
        Found(_("Second factor"), reverse("mfa_index"), kind),
    ]
    return [Found(entry.label, entry.url, kind, entry.count) for entry in Frame(request).nav] + own


def _acts(request: HttpRequest, text: str, *, script: bool) -> list[Found | Act]:
    """What the frame can do. A firm has many units: they are offered once something was typed."""
    acts: list[Found | Act] = [Act(_("Show all keys"), popover="keys")]
    if script:
        acts += [
            Act(_("Theme: light"), act="theme-light"),
            Act(_("Theme: dark"), act="theme-dark"),
            Act(_("Theme: as the system"), act="theme-auto"),
        ]
    acts += [
        Act(one.act, form="language-form", name="language", value=one.code) for one in languages() if not one.current
    ]
    acts.append(Found(_("Sign out"), reverse("account_logout"), _("Actions")))
    return [*acts, *_units(Frame(request), text)]


def _units(frame: Frame, text: str) -> list[Act]:
    found = [Act(_("Show all units"), form="scope-form", name="unit")] if frame.unit else []
    for choice in frame.choices if text else ():
        if not choice.chosen:
            only = _("Show only %(unit)s") % {"unit": choice.name}
            found.append(Act(only, form="scope-form", name="unit", value=str(choice.pk)))
    return found


def _matches(text: str, label: str) -> bool:
    """Does the label hold every word of the text?"""
    folded = label.casefold()
    return all(word in folded for word in text.casefold().split())
