"""The audit page. A view fetches, makes one service call and shows the answer."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cockpit.audit import packets
from cockpit.audit.tasks import verify_trail
from cockpit.audit.verification import verify_subject
from cockpit.pages.requests import PageRequest
from cockpit.trail import reading
from cockpit.trail.scope import may_read, visible_to

View = Callable[..., HttpResponse]


def for_auditors(view: View) -> View:
    """To everybody else there is no such page."""

    @wraps(view)
    @never_cache
    def checked(request: PageRequest) -> HttpResponse:
        if not may_read(request.user):
            raise Http404
        return view(request)

    return checked


@for_auditors
@require_safe
def trail(request: PageRequest) -> HttpResponse:
    return _show(request, reading.Asked.read(request.GET))


@for_auditors
def verify(request: PageRequest) -> HttpResponse:
    """One chain at once; the whole trail in the background, for it takes as long as it is large."""
    if request.method != "POST":
        return redirect("trail")
    asked = reading.Asked.read(request.POST)
    if not asked.subject:
        return _show(request, asked, began=_begin())
    if not visible_to(request.user).filter(subject=asked.subject).exists():
        raise Http404
    return _show(request, asked, proven=asked.subject, findings=verify_subject(asked.subject))


@for_auditors
def export(request: PageRequest) -> HttpResponse:
    """The packet of what `key` names, as a zip file; the trail says who took it."""
    if request.method != "POST":
        return redirect("trail")
    if getattr(request.user, "person", None) is None:
        raise PermissionDenied
    asked = reading.Asked(about=request.POST.get("key", "")[:60])
    if not asked.subject or not visible_to(request.user).filter(subject=asked.subject).exists():
        raise Http404
    key = reading.called(asked.subject)
    try:
        made = packets.export(key, actor=request.user.person, at=timezone.now())
    except packets.NoSuchPacketError:
        raise Http404 from None
    response = HttpResponse(made.zipped(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{key}.zip"'
    return response


def _show(request: PageRequest, asked: reading.Asked, **more: Any) -> HttpResponse:
    found = reading.read(request.user, asked, at=timezone.now())
    return render(request, "trail/trail.html", {"found": found, "asked": asked, **more})


def _begin() -> str:
    """ "yes", or "no" while the queue that starts it is away."""
    try:
        verify_trail.delay()
    except verify_trail.OperationalError:
        return "no"
    return "yes"
