"""The back-test on a policy's page: what this version would have meant for the last 90 days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from approvals import kinds
from approvals.editor.access import reader, version_or_404
from approvals.kinds import Kind
from approvals.models import PolicyVersion, Request, RequestQuerySet
from approvals.policy import StepSpec
from approvals.reading import past
from approvals.reading.tables import Names, role_words, step_words, whom_words
from approvals.what_if import Path, Side, WhatIf
from cockpit.accounts.models import Person
from cockpit.pages import words
from cockpit.pages.requests import PageRequest

LISTED = 100  # cases in each list
Said = Callable[[StepSpec, Kind, Names], str]


@dataclass(frozen=True)
class Case:
    """A request whose path would be another, in words."""

    request: Request
    before: str
    after: str


@dataclass(frozen=True)
class Figure:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Shown:
    """A back-test in words; `changed` and `stuck` no longer than a page bears."""

    result: WhatIf
    figures: list[Figure]
    loads: list[Figure]
    changed: list[Case]
    stuck: list[Case]
    guessed: str


@require_safe
@never_cache
def what_if(request: PageRequest, kind: str, number: int) -> HttpResponse:
    """Over the requests that one may see: the counts tell nothing of others."""
    reader(request)
    version = version_or_404(kind, number)
    now = timezone.now()
    rows = past.asked_lately(Request.objects.visible_to(request.user), kind, at=now)
    context = {"kind": kinds.get(kind), "version": version, "days": past.DAYS, "shown": show(version, rows)}
    return render(request, "policies/what_if.html", context)


def show(version: PolicyVersion, rows: RequestQuerySet) -> Shown:
    result = past.back_test(version, rows, at=timezone.now())
    kind = kinds.get(version.policy.kind)
    names = dict(Person.objects.values_list("pk", "name"))
    listed = [*result.changed[:LISTED], *result.stuck[:LISTED]]
    requests = Request.objects.in_bulk([path.record.id for path in listed])
    guessed = sorted({role_words(role) for role in result.before.guessed | result.after.guessed})
    return Shown(
        result=result,
        figures=_figures(result),
        loads=_loads(result, names),
        changed=[_case(path, requests, kind, names) for path in result.changed[:LISTED]],
        stuck=[_case(path, requests, kind, names) for path in result.stuck[:LISTED]],
        guessed=", ".join(guessed),
    )


def _figures(result: WhatIf) -> list[Figure]:
    rows = [
        (_("Somebody is asked"), lambda side: words.number(side.asked)),
        (_("Passes"), lambda side: words.number(side.passed)),
        (_("Money that passes"), lambda side: words.money(side.passed_amount, settings.REPORTING_CURRENCY, whole=True)),
        (_("Half are through within"), lambda side: _time(side.p50_s)),
        (_("85 of 100 are through within"), lambda side: _time(side.p85_s)),
    ]
    return [Figure(label, said(result.before), said(result.after)) for label, said in rows]


def _loads(result: WhatIf, names: Names) -> list[Figure]:
    """Of each person how often they are asked, and how many are theirs if all do their part; the busiest first."""
    before, after = result.before.loads, result.after.loads
    people = sorted(before.keys() | after.keys(), key=lambda pk: (-_share(result.after, pk), names.get(pk, "")))
    return [Figure(names.get(pk, str(pk)), _load(result.before, pk), _load(result.after, pk)) for pk in people]


def _share(side: Side, person: int) -> float:
    return side.loads[person].share if person in side.loads else 0.0


def _load(side: Side, person: int) -> str:
    if person not in side.loads:
        return "0"
    load = side.loads[person]
    share = max(1, round(load.share))
    if share == load.steps:
        return words.number(load.steps)
    return _("%(steps)s, shared %(share)s") % {"steps": words.number(load.steps), "share": words.number(share)}


def _case(path: Path, requests: dict[int, Request], kind: Kind, names: Names) -> Case:
    """Where the same people would be asked, each step says all of itself: what differs is its time or its terms."""
    request, (before, after) = requests[path.record.id], (path.record.before, path.after)
    short = path_words(before, kind, names), path_words(after, kind, names)
    if short[0] != short[1]:
        return Case(request, *short)
    return Case(request, path_words(before, kind, names, step_words), path_words(after, kind, names, step_words))


def path_words(steps: tuple[StepSpec, ...], kind: Kind, names: Names, said: Said = whom_words) -> str:
    """ "Finance, then Partner + PMO"; nobody where it passes."""
    if not steps:
        return _("nobody")
    orders: dict[int, list[str]] = {}
    for step in steps:
        orders.setdefault(step.order, []).append(said(step, kind, names))
    return _(", then ").join(" + ".join(dict.fromkeys(beside)) for beside in orders.values())


def _time(seconds: float | None) -> str:
    """Hours, never days: of business time a day has fewer than the clock's."""
    if seconds is None:
        return "–"
    hours = int(seconds) // 3600
    return words.seconds_words(seconds) if hours < 48 else _("%(count)d h") % {"count": hours}
