"""Pages for handing over: who left with things open, what waits for one of them, a preview, and the results."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.act_forms import PersonField
from approvals.handing import HandOver, HandOverItem
from approvals.reading import leavers as reading
from approvals.services import handing
from approvals.services.handing import HandingRefusedError, Pick, What
from cockpit.accounts.models import Person
from cockpit.pages.requests import PageRequest

MOST = 200


@dataclass(frozen=True)
class Line:
    """What the preview says of one thing."""

    key: str
    label: str
    to: str
    to_name: str


@require_safe
@never_cache
def overview(request: PageRequest) -> HttpResponse:
    """Who left or lost a role; `?person=`: somebody else, by name."""
    _actor(request)
    name, trouble = request.GET.get("person", "").strip(), ""
    if name:
        try:
            return redirect("hand_over", pk=PersonField().clean(name).pk)  # type: ignore[union-attr]
        except ValidationError as problem:
            trouble = " ".join(problem.messages)
    context = {"leavers": reading.leavers(request.user), "name": name, "trouble": trouble}
    return render(request, "approvals/hand_over.html", context, status=422 if trouble else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def hand_over(request: PageRequest, pk: int) -> HttpResponse:
    """What waits for one person. `preview`: who would get what; `do`: done, and on to the results."""
    actor = _actor(request)
    person = get_object_or_404(Person.objects.select_related("manager__user"), pk=pk)
    things = reading.things(person, request.user)
    if request.method != "POST":
        return _page(request, person, things)
    reason = request.POST.get("reason", "")[: handing.LONGEST]
    picked = _picked(request, things)
    if "do" not in request.POST:
        if not picked or not reason.strip():
            trouble = _("Say why you hand it over.") if picked else _("Choose what shall be handed over.")
            return _page(request, person, things, trouble=trouble, reason=reason, status=422)
        return _page(request, person, things, reason=reason, preview=picked)
    try:
        made = handing.hand_over(person, _picks(picked), reason=reason, actor=actor, at=timezone.now())
    except HandingRefusedError as problem:
        return _page(request, person, things, trouble=problem.sentence, reason=reason, status=409)
    return redirect("handed_over", pk=made.pk)


@require_safe
@never_cache
def handed_over(request: PageRequest, pk: int) -> HttpResponse:
    return _results(request, _made(request, pk))


@require_POST
@never_cache
def taken_back(request: PageRequest, pk: int) -> HttpResponse:
    """One thing back to where it was; 409 where somebody has acted on it."""
    actor = _actor(request)
    item = get_object_or_404(HandOverItem, pk=pk, hand_over__actor=actor)
    try:
        handing.take_back(pk, actor=actor, at=timezone.now())
    except HandingRefusedError as problem:
        return _results(request, _made(request, item.hand_over_id), trouble=problem.sentence, status=409)
    return redirect("handed_over", pk=item.hand_over_id)


def _picked(request: PageRequest, things: list[reading.Thing]) -> list[Line]:
    """What was ticked, to whom; a choice that the page does not offer is none."""
    wanted = set(request.POST.getlist("thing")[:MOST])
    lines = []
    for thing in things:
        if thing.key not in wanted:
            continue
        names, to = dict(thing.choices), request.POST.get(f"to-{thing.key}", thing.chosen)
        if to not in names:
            raise BadRequest
        lines.append(Line(thing.key, thing.label, to, names[to]))
    return lines


def _picks(lines: list[Line]) -> list[Pick]:
    people = Person.objects.select_related("user").in_bulk([int(line.to) for line in lines if line.to])
    picks = []
    for line in lines:
        what, _colon, pk = line.key.partition(":")
        picks.append(Pick(What(what), int(pk), people[int(line.to)] if line.to else None))
    return picks


def _page(
    request: PageRequest,
    person: Person,
    things: list[reading.Thing],
    *,
    trouble: str = "",
    reason: str = "",
    preview: list[Line] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"person": person, "things": things, "trouble": trouble, "reason": reason, "preview": preview}
    return render(request, "approvals/hand_over_one.html", context, status=status)


def _results(request: PageRequest, made: HandOver, *, trouble: str = "", status: int = 200) -> HttpResponse:
    items = reading.done(made, request.user, timezone.now())
    context = {"made": made, "items": items, "trouble": trouble}
    return render(request, "approvals/hand_over_done.html", context, status=status)


def _made(request: PageRequest, pk: int) -> HandOver:
    return get_object_or_404(HandOver.objects.select_related("person"), pk=pk, actor=_actor(request))


def _actor(request: PageRequest) -> Person:
    if not reading.may_open(request.user):
        raise Http404
    return request.user.person


urlpatterns = [
    path("hand-over/", overview, name="hand_overs"),
    path("hand-over/<int:pk>/", hand_over, name="hand_over"),
    path("hand-over/done/<int:pk>/", handed_over, name="handed_over"),
    path("hand-over/back/<int:pk>/", taken_back, name="taken_back"),
]
