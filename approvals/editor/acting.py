"""What is done to a draft as a whole: begin, set its terms, take in a file, ask, take back, drop."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from approvals import kinds, services
from approvals.editor.access import policy_of, version_or_404, writer
from approvals.editor.rows import check_mode, check_rows
from approvals.editor.terms import FileForm, OwnerForm, TermsForm
from approvals.editor.views import version_page
from approvals.models import PolicyVersion
from approvals.policy import PolicyError
from approvals.policy_files import read
from cockpit.pages.requests import PageRequest


@require_POST
def begin(request: PageRequest, kind: str) -> HttpResponse:
    actor = writer(request)
    if kind not in kinds.registry():
        raise Http404
    made = services.begin_draft(kind, actor=actor, at=timezone.now())
    return redirect("policy_version", kind, made.number)


@require_POST
def terms(request: PageRequest, kind: str, number: int) -> HttpResponse:
    actor, version = writer(request), version_or_404(kind, number)
    form = TermsForm(request.POST)
    if not form.is_valid():
        return version_page(request, kind, version, status=422, terms=form)
    try:
        check_mode(request.user, version.mode, form.cleaned_data["mode"])
        services.set_terms(version.pk, **form.cleaned_data, actor=actor, at=timezone.now())
    except PolicyError as problem:
        return version_page(request, kind, version, status=422, terms=form, trouble=_said(problem))
    except services.DraftRefusedError as problem:
        return version_page(request, kind, version, status=409, terms=form, trouble=problem.sentence)
    messages.success(request, _("Kept."))
    return redirect("policy_version", kind, number)


@require_POST
def take_file(request: PageRequest, kind: str, number: int) -> HttpResponse:
    """The rows of a file instead of the draft's."""
    actor, version = writer(request), version_or_404(kind, number)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        trouble = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return version_page(request, kind, version, status=422, trouble=trouble)
    try:
        text = read(form.cleaned_data["file"])
        check_rows(request.user, services.text_of(version), text)
        services.save_draft(version.pk, text, revision=form.cleaned_data["revision"], actor=actor, at=timezone.now())
    except (PolicyError, services.DraftRefusedError) as problem:
        return version_page(request, kind, version, status=422, trouble=_said(problem))
    messages.success(request, _("The rows of the file were taken in."))
    return redirect("policy_version", kind, number)


@require_POST
def ask(request: PageRequest, kind: str, number: int) -> HttpResponse:
    actor, version = writer(request), version_or_404(kind, number)
    if version.state == PolicyVersion.State.ASKED:
        return redirect("policy_version", kind, number)  # a double click
    try:
        asked = services.ask_to_publish(version.pk, revision=_revision(request), actor=actor, at=timezone.now())
    except services.DraftRefusedError as problem:
        return version_page(request, kind, version, status=409, trouble=problem.sentence)
    messages.success(request, _("Asked: %(number)s waits for a second person.") % {"number": asked.number})
    return redirect("policy_version", kind, number)


@require_POST
def go_on(request: PageRequest, kind: str, number: int) -> HttpResponse:
    """What differs from the version that came meanwhile was on the screen: the draft is a change of that one now."""
    actor, version = writer(request), version_or_404(kind, number)
    try:
        services.go_on_from(version.pk, revision=_revision(request), actor=actor, at=timezone.now())
    except services.DraftRefusedError as problem:
        return version_page(request, kind, version, status=409, trouble=problem.sentence)
    return redirect("policy_version", kind, number)


@require_POST
def owner(request: PageRequest, kind: str) -> HttpResponse:
    actor = writer(request)
    form = OwnerForm(request.POST)
    if policy_of(kind) is None or not form.is_valid():
        raise Http404
    services.set_owner(kind, form.cleaned_data["owner"], actor=actor, at=timezone.now())
    return redirect("policy", kind)


@require_POST
def take_back(request: PageRequest, kind: str, number: int) -> HttpResponse:
    actor, version = writer(request), version_or_404(kind, number)
    try:
        services.take_back_draft(version.pk, actor=actor, at=timezone.now())
    except services.DecisionRefused as problem:
        return version_page(request, kind, version, status=409, trouble=str(problem.sentence))
    return redirect("policy_version", kind, number)


@require_POST
def drop(request: PageRequest, kind: str, number: int) -> HttpResponse:
    actor, version = writer(request), version_or_404(kind, number)
    try:
        services.drop_draft(version.pk, actor=actor, at=timezone.now())
    except services.DraftRefusedError as problem:
        return version_page(request, kind, version, status=409, trouble=problem.sentence)
    messages.success(request, _("%(policy)s was dropped.") % {"policy": version})
    return redirect("policy", kind)


def _revision(request: PageRequest) -> int:
    given = request.POST.get("revision", "")
    return int(given) if given.isdigit() else -1


def _said(problem: Exception) -> str:
    return str(getattr(problem, "sentence", "") or problem)
