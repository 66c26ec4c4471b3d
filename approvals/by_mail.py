"""The page that a link of a mail opens. GET shows, whoever follows it; only POST decides."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from approvals import links, services
from approvals.forms import DecisionForm
from approvals.reading import by_mail
from approvals.reading.notices import Notice, notice
from approvals.services.by_mail import decide_by_mail, undo_by_mail
from cockpit.notify.sending import speaking_to


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """What is asked, and a form to answer; what was pressed is done once, and the page says what became of it."""
    now = timezone.now()
    try:
        link = links.read(token, getattr(request.user, "person", None))
    except links.LinkError as problem:
        return _page(request, problem.status, problem=problem.sentence)
    with speaking_to(link.person):
        if request.method != "POST":
            return _show(request, link, now)
        if "undo" in request.POST:
            return _undo(request, link, now)
        return _decide(request, link, now)


def _decide(request: HttpRequest, link: links.Link, now: datetime) -> HttpResponse:
    form = DecisionForm({**request.POST.dict(), "step": link.step.pk, "for_person": ""})
    if not form.is_valid():
        return _show(request, link, now, status=422, form=form)
    given = form.cleaned_data
    try:
        decide_by_mail(
            link.step.pk,
            actor=link.person,
            at=now,
            link=link,
            verdict=given["verdict"],
            snapshot_id=given["snapshot"],
            note=given["note"],
        )
    except services.DecisionRefused as problem:
        return _show(request, link, now, status=409, form=form, notice=notice(problem, now))
    link.notice.refresh_from_db()
    return _show(request, link, now)


def _undo(request: HttpRequest, link: links.Link, now: datetime) -> HttpResponse:
    try:
        undo_by_mail(link, at=now)
    except services.DecisionRefused as problem:
        return _show(request, link, now, status=409, notice=notice(problem, now))
    return _show(request, link, now, notice=None)


def _show(
    request: HttpRequest,
    link: links.Link,
    now: datetime,
    *,
    status: int = 200,
    notice: Notice | None = None,
    **more: Any,
) -> HttpResponse:
    return _page(request, status, page=by_mail.read(link, now), notice=notice, **more)


def _page(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    answer = render(request, "approvals/by_mail.html", context, status=status)
    # The address is a key, so it goes nowhere; but the origin must, or a press here is refused as another site's.
    answer["Referrer-Policy"] = "strict-origin"
    answer["X-Robots-Tag"] = "noindex"
    return answer
