"""Views of what people do beside deciding: snooze, wake, comment, and look at a document."""

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from approvals import services
from approvals.forms import CommentForm, SnoozeForm
from approvals.models import Request
from approvals.reading import documents as evidence
from approvals.reading import page, screen
from approvals.reading.notices import Notice
from approvals.views import act, address_of, show, show_detail
from cockpit.accounts.models import Person
from cockpit.pages import documents
from cockpit.pages.requests import PageRequest
from cockpit.pages.scope import chosen_units


@act
def snooze(request: PageRequest, pk: int, person: Person) -> HttpResponse:
    """Snoozed: on to the next of the list. Refused: the page says why."""
    form, now = SnoozeForm(request.POST), timezone.now()
    if not form.is_valid():
        return show(request, pk, status=422, snooze_form=form)
    after = screen.after_snoozing(request.user, pk, address_of(request), now)
    try:
        services.snooze(pk, actor=person, until=form.moment(now), at=now)
    except services.SnoozeRefusedError as problem:
        return show(request, pk, status=409, notice=Notice("soon", str(problem.sentence)))
    return redirect(after)


@act
def wake(request: PageRequest, pk: int, person: Person) -> HttpResponse:
    services.wake(pk, actor=person, at=timezone.now())
    return redirect("request", pk=pk)


@act
def comment(request: PageRequest, pk: int, person: Person) -> HttpResponse:
    """The request anew with the comment in its timeline; refused, with what was written still in the field."""
    form, now, refused = CommentForm(request.POST), timezone.now(), ""
    text = form.cleaned_data["text"] if form.is_valid() else form.data.get("text", "")
    try:
        services.comment(pk, actor=person, text=text, at=now)
    except services.CommentRefusedError as problem:
        refused = str(problem.sentence)
    if not request.htmx:
        if refused:
            return show(request, pk, status=422, comment_text=text, comment_refused=refused)
        return redirect("request", pk=pk)
    more = {"comment_text": text, "comment_refused": refused} if refused else {}
    return show_detail(request, page.read(pk, request.user, now), status=422 if refused else 200, **more)


@require_safe
@never_cache
def views_counted(request: PageRequest) -> HttpResponse:
    """The kept views with how much each holds now."""
    counted = screen.views_counted(request.user, request.GET.get("now", ""), chosen_units(request), timezone.now())
    return render(request, "saved_views/list.html" if request.htmx else "approvals/views.html", {"views": counted})


# --- documents ------------------------------------------------------------------------------------


@require_safe
@never_cache
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def document(request: PageRequest, pk: int, document: int) -> HttpResponse:
    """One document in a frame, what it is and what of it is kept."""
    asked, found = _document(request, pk, document)
    context = {
        "request_": asked,
        "document": found,
        "shown": found.mimetype in documents.SHOWN,
        "framed": found.mimetype in documents.SHOWN - documents.NOT_IN_A_SANDBOX,
        "others": [one for one in evidence.evidence(asked).documents if one.pk != found.pk],
        "query": address_of(request).query(),
    }
    return render(request, "approvals/document.html", context)


@require_safe
@never_cache
@xframe_options_sameorigin
def document_content(request: PageRequest, pk: int, document: int) -> HttpResponse:
    """The content, straight from where the record lives; a sentence when it cannot be had."""
    asked, found = _document(request, pk, document)
    fetch: documents.Fetch = import_string(settings.DOCUMENTS)
    try:
        content = documents.checked(fetch(asked.subject, found.pk, at=timezone.now()), found.checksum)
    except documents.DocumentError as problem:
        response = render(request, "approvals/document_error.html", {"problem": problem}, status=problem.status)
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; frame-ancestors 'self'"
        return response
    return documents.response(content, download="download" in request.GET)


def _document(request: PageRequest, pk: int, document: int) -> tuple[Request, evidence.Document]:
    asked = get_object_or_404(Request.objects.visible_to(request.user).select_related("snapshot"), pk=pk)
    found = evidence.find(asked, document)
    if found is None:
        raise Http404
    return asked, found
