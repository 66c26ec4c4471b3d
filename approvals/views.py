"""The queue and the request page. A view fetches, validates, makes one service call and shows the answer."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from approvals import services
from approvals.forms import DecisionForm, ShownForm
from approvals.models import Request, Step
from approvals.reading import news, page, screen, toasts
from approvals.reading.address import Address
from approvals.reading.notices import Notice, moved_since, notice
from approvals.reading.tabs import CursorError
from cockpit.accounts.models import Person
from cockpit.pages.requests import PageRequest
from cockpit.pages.scope import chosen_units

View = Callable[..., HttpResponse]


def act(view: View) -> View:
    """For what is done by POST: only by a person who may see the request; asked for by GET, it shows the request."""

    @wraps(view)
    @never_cache
    def checked(request: PageRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return redirect("request", pk=pk)
        get_object_or_404(Request.objects.visible_to(request.user), pk=pk)
        if getattr(request.user, "person", None) is None:
            raise PermissionDenied
        return view(request, pk, request.user.person)

    return checked


@require_safe
@never_cache
def queue(request: PageRequest) -> HttpResponse:
    """The list, and beside it what is first in it."""
    return show(request, None)


@require_safe
@never_cache
def request_page(request: PageRequest, pk: int) -> HttpResponse:
    return show(request, pk)


@require_safe
@never_cache
def about(request: PageRequest, model: str, odoo_id: int) -> HttpResponse:
    """Where Odoo's refusal sends people: the latest request about that record, or what it means that there is none."""
    found = Request.objects.visible_to(request.user).filter(subject=f"odoo.{model}:{odoo_id}").order_by("-pk").first()
    if found is None:
        return render(request, "approvals/about.html", status=404)
    return redirect("request", pk=found.pk)


@act
def decide(request: PageRequest, pk: int, person: Person) -> HttpResponse:
    """Decided: on to the next. Not taken: the same page says why; 422 for the form, 409 when the world has moved."""
    form, now = DecisionForm(request.POST), timezone.now()
    if not form.is_valid():
        return show(request, pk, status=422, form=form)
    given = form.cleaned_data
    step = get_object_or_404(Step, pk=given["step"], round__request=pk)
    voter = get_object_or_404(Person, pk=given["for_person"]) if given["for_person"] else None
    try:
        services.decide(
            step.pk,
            actor=person,
            verdict=given["verdict"],
            snapshot_id=given["snapshot"],
            at=now,
            note=given["note"],
            for_person=voter,
        )
    except services.DecisionRefused as problem:
        if not screen.said_already(problem, person, step.pk, given["verdict"]):
            return show(request, pk, status=409, form=form, notice=notice(problem, now))
    return redirect(screen.next_address(request.user, pk, address_of(request), now))


@act
def undo(request: PageRequest, pk: int, person: Person) -> HttpResponse:
    now = timezone.now()
    try:
        services.undo(pk, actor=person, at=now)
    except services.DecisionRefused as problem:
        return show(request, pk, status=409, notice=notice(problem, now))
    return redirect("request", pk=pk)


# --- what a page asks for while it stands open ----------------------------------------------------


@require_safe
@never_cache
def status(request: PageRequest, pk: int) -> HttpResponse:
    """The request anew if it looks different from what `seen` names; 204 while it doesn't."""
    try:
        shown = page.read(pk, request.user, timezone.now())
    except Request.DoesNotExist:
        raise Http404 from None
    if shown.token == request.GET.get("seen"):
        return HttpResponse(status=204)
    return show_detail(request, shown, beside="beside" in request.GET)


@require_safe
@never_cache
def beside_list(request: PageRequest, pk: int) -> HttpResponse:
    """What the list's first is, read once somebody sees it. Nobody has looked at it by that."""
    try:
        return show_detail(request, page.read(pk, request.user, timezone.now()), beside=True)
    except Request.DoesNotExist:
        raise Http404 from None


@require_safe
@never_cache
def moved(request: PageRequest, pk: int) -> HttpResponse:
    """What is no longer as it was on the screen, said before anybody presses a button; 204 while all is."""
    form = ShownForm(request.GET)
    if not form.is_valid():
        return HttpResponseBadRequest()
    try:
        found = moved_since(pk, request.user, at=timezone.now(), **form.cleaned_data)
    except Request.DoesNotExist:
        raise Http404 from None
    if found is None:
        return HttpResponse(status=204)
    return render(request, "approvals/queue.html#moved", {"notice": found, "pk": pk})


@require_safe
@never_cache
def toast(request: PageRequest, pk: int) -> HttpResponse:
    """The line about the last decision anew; 204 while it says the same, nothing once there is nothing to say."""
    shown = toasts.read(pk, request.user, timezone.now())
    if shown is not None and shown.token == request.GET.get("seen"):
        return HttpResponse(status=204)
    response = render(request, "approvals/queue.html#toast", {"toast": shown})
    response["HX-Trigger-After-Settle"] = "queue-moved"  # the tabs ask for their counts
    return response


@require_safe
@never_cache
def queue_news(request: PageRequest) -> HttpResponse:
    """A line about what has moved in the list since it was shown; 204 while nothing has."""
    try:
        found = news.read(request.user, address_of(request), request.GET.get("seen", "")[:2000], timezone.now())
    except news.SeenError:
        return HttpResponseBadRequest()
    if not found.words:
        return HttpResponse(status=204)
    context = {"news": found, "query": address_of(request).query(), "ask": request.get_full_path()}
    return render(request, "approvals/news.html", context)


def show(
    request: PageRequest, pk: int | None, *, status: int = 200, notice: Notice | None = None, **more: Any
) -> HttpResponse:
    """The whole page, or the part of it that htmx replaces."""
    part, address, now = _part(request), address_of(request), timezone.now()
    try:
        _looked_at(request, pk, now)
        if part == "#detail" and pk is not None:
            return show_detail(request, page.read(pk, request.user, now))
        shown = screen.read(request.user, pk, address, now, rows_only=part == "#rows")
    except Request.DoesNotExist:
        raise Http404 from None
    except CursorError as problem:
        return HttpResponseBadRequest(str(problem))
    context = {"screen": shown, "page": shown.page, "query": shown.query, "notice": notice, **more}
    response = render(request, f"approvals/queue.html{part}", context, status=status)
    if status != 200 and pk is not None:
        response["HX-Replace-Url"] = reverse("request", args=[pk]) + shown.query
    return response


def _looked_at(request: PageRequest, pk: int | None, now: datetime) -> None:
    """Whoever opens a request has seen where they are named in it."""
    person = getattr(request.user, "person", None)
    if pk is not None and person is not None and Request.objects.visible_to(request.user).filter(pk=pk).exists():
        services.look_at_mentions(pk, actor=person, at=now)


def address_of(request: PageRequest) -> Address:
    return Address.read(request.GET, chosen_units(request))


def show_detail(request: PageRequest, shown: page.RequestPage, *, status: int = 200, **more: Any) -> HttpResponse:
    """The request alone: the list beside it stays as it is."""
    context = {"page": shown, "query": address_of(request).query(), **more}
    return render(request, "approvals/queue.html#detail", context, status=status)


def _part(request: PageRequest) -> str:
    """Which part of the page was asked for, by the id of what it replaces."""
    if not request.htmx or request.htmx.history_restore_request:
        return ""
    return {"request": "#detail", "main": "#main", "more": "#rows", "queue-tabs": "#tabs"}.get(
        request.htmx.target or "", ""
    )
