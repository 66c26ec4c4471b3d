"""Running requests and the version they follow: seen with the difference of each, and moved by an act of its own."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from approvals import kinds, services
from approvals.editor.access import policy_of, writable_units, writer
from approvals.kinds import Kind
from approvals.models import Policy, PolicyVersion, Request
from approvals.reading.tables import Names, step_words
from approvals.services.migrating import MOST, Moving, movable, preview
from cockpit.accounts.models import Person, User
from cockpit.pages.requests import PageRequest


@dataclass(frozen=True)
class Line:
    """One request in words. `title` is empty where this user may not see what it is about."""

    moving: Moving
    title: str
    goes: list[str]
    comes: list[str]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def running(request: PageRequest, kind: str) -> HttpResponse:
    actor = writer(request)
    policy, current = _in_force(kind)
    if request.method != "POST":
        return _page(request, policy, current)
    wanted = [int(pk) for pk in request.POST.getlist("request") if pk.isdigit()]
    if request.POST.get("version") != str(current.pk):
        return _page(request, policy, current, status=409, trouble=_("Another version is in force by now. Look again."))
    allowed = movable(current, writable_units(request.user)).filter(pk__in=wanted)
    moved = [_move(pk, current, actor) for pk in allowed.values_list("pk", flat=True)[:MOST]]
    refused = [text for text in moved if text]
    count = len(moved) - len(refused)
    said = ngettext("%(count)d request was moved.", "%(count)d requests were moved.", count) % {"count": count}
    messages.success(request, " ".join([said, *refused]))
    return redirect("policy_running", kind)


def _move(pk: int, version: PolicyVersion, actor: Person) -> str:
    """Empty, or why not: each request is an act of its own."""
    try:
        services.move_to_version(pk, version, actor=actor, at=timezone.now())
    except services.MoveToVersionRefusedError as problem:
        return str(problem.sentence)
    return ""


def _in_force(kind: str) -> tuple[Policy, PolicyVersion]:
    policy = policy_of(kind)
    current = policy.version_at(timezone.now()) if policy else None
    if policy is None or current is None:
        raise Http404
    return policy, current


def _page(
    request: PageRequest, policy: Policy, current: PolicyVersion, *, status: int = 200, trouble: str = ""
) -> HttpResponse:
    units = writable_units(request.user)
    names = dict(Person.objects.values_list("pk", "name"))
    kind = kinds.get(policy.kind)
    movings = preview(current, units)
    seen = _titles(request.user, movings)
    context = {
        "kind": kind,
        "version": current,
        "trouble": trouble,
        "lines": [_line(one, seen, kind, names) for one in movings],
        "more": movable(current, units).count() - len(movings),
    }
    return render(request, "policies/running.html", context, status=status)


def _titles(user: User, movings: list[Moving]) -> dict[int, str]:
    shown = Request.objects.visible_to(user).filter(pk__in=[one.request.pk for one in movings])
    return dict(shown.values_list("pk", "title"))


def _line(one: Moving, seen: dict[int, str], kind: Kind, names: Names) -> Line:
    goes = [step_words(step, kind, names) for step in one.goes]
    comes = [step_words(step, kind, names) for step in one.comes]
    return Line(one, seen.get(one.request.pk, ""), goes, comes)
