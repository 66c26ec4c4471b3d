"""Editing rows of a draft: one row's form, moving it, deleting it. Each of them is the whole table written anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from approvals import services
from approvals.editor import acts, raw
from approvals.editor.access import version_or_404, writable_units, writer, writes_everywhere
from approvals.editor.chains import add_chain
from approvals.editor.forms import RowForm
from approvals.editor.views import version_page
from approvals.editor.world import Choices, choices_for
from approvals.models import PolicyVersion
from approvals.policy import PolicyError
from approvals.policy_files import PolicyText, RuleText
from approvals.services.writing import unit_names
from cockpit.accounts.models import User
from cockpit.pages.requests import PageRequest


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def row(request: PageRequest, kind: str, number: int, place: int) -> HttpResponse:
    """Row `place` of a draft; 0 is a new one. A button inside gives the form back with what was typed."""
    actor, version = writer(request), version_or_404(kind, number)
    text = services.text_of(version)
    choices = choices_for(text, request.user)
    if place > len(text.rules):
        raise Http404
    if request.method != "POST":
        return _page(request, version, place, _stored(text, place, choices), choices, revision=version.revision)
    given = raw.from_post(request.POST)
    if act := request.POST.get("act", ""):
        return _acted(request, version, place, given, choices, act)
    form = RowForm(given, choices=choices, bound=True)
    if request.POST.get("whole") != "yes":
        trouble = _("The form did not arrive whole, so nothing was kept. Keep the row again.")
        return _page(request, version, place, given, choices, form=form, status=422, trouble=trouble)
    if not form.all_valid():
        return _page(request, version, place, given, choices, form=form, status=422)
    wanted = _with(text, place, form.rule())
    try:
        check_rows(request.user, text, wanted)
        services.save_draft(version.pk, wanted, revision=_revision(request), actor=actor, at=timezone.now())
    except (PolicyError, services.DraftRefusedError) as problem:
        trouble = str(getattr(problem, "sentence", "") or problem)
        return _page(request, version, place, given, choices, form=form, status=409, trouble=trouble)
    messages.success(request, _("Row “%(name)s” was kept in the draft.") % {"name": form.cleaned_data["name"]})
    return redirect("policy_version", kind, number)


@require_POST
def move(request: PageRequest, kind: str, number: int, place: int) -> HttpResponse:
    """Up or down, past the next row of its sort."""
    version = version_or_404(kind, number)
    text = services.text_of(version)
    rules = list(text.rules)
    way = -1 if request.POST.get("way") == "up" else 1
    beside = range(place - 1 + way, -1 if way < 0 else len(rules), way) if 1 <= place <= len(rules) else ()
    other = next((at for at in beside if rules[at].add_on == rules[place - 1].add_on), None)
    if other is None:
        return redirect("policy_version", kind, number)
    rules[place - 1], rules[other] = rules[other], rules[place - 1]
    return _saved(request, version, replace(text, rules=rules), moved=other + 1)


@require_POST
def delete(request: PageRequest, kind: str, number: int, place: int) -> HttpResponse:
    version = version_or_404(kind, number)
    text = services.text_of(version)
    if not 1 <= place <= len(text.rules):
        raise Http404
    return _saved(request, version, replace(text, rules=[*text.rules[: place - 1], *text.rules[place:]]))


def check_rows(user: User, before: PolicyText, after: PolicyText) -> None:
    """Raises DraftRefusedError where a row differs that this user may not write: of a company they do not run."""
    if writes_everywhere(user):
        return
    ids = {name: pk for pk, name in unit_names().items()}
    mine = writable_units(user)
    touched = [rule for rule in after.rules if rule not in before.rules]
    touched += [rule for rule in before.rules if rule not in after.rules]
    theirs = [rule for rule in touched if ids.get(rule.unit, 0) not in mine]
    if theirs:
        raise services.DraftRefusedError(
            _("You run only some of the units: rows of others, and those for every unit, are not yours to write.")
        )
    check_mode(user, before.mode, after.mode)


def check_mode(user: User, before: str, after: str) -> None:
    """Raises DraftRefusedError: how far a policy binds counts in every company."""
    if before != after and not writes_everywhere(user):
        raise services.DraftRefusedError(
            _("You run only some of the units: how far a policy binds is for who runs them all to say.")
        )


def _saved(request: PageRequest, version: PolicyVersion, wanted: PolicyText, *, moved: int = 0) -> HttpResponse:
    actor, kind = writer(request), version.policy.kind
    try:
        check_rows(request.user, services.text_of(version), wanted)
        saved = services.save_draft(version.pk, wanted, revision=_revision(request), actor=actor, at=timezone.now())
    except (PolicyError, services.DraftRefusedError) as problem:
        trouble = str(getattr(problem, "sentence", "") or problem)
        return version_page(request, kind, version_or_404(kind, version.number), status=409, trouble=trouble)
    if request.htmx:
        return version_page(request, kind, saved, moved=moved, way=request.POST.get("way"))
    return redirect("policy_version", kind, version.number)


def _acted(
    request: PageRequest, version: PolicyVersion, place: int, given: raw.RawRow, choices: Choices, act: str
) -> HttpResponse:
    """A button inside the form: nothing is stored, nothing is lost."""
    trouble, focus = "", ""
    if act == "add-chain":
        try:
            focus = add_chain(given, choices)
        except PolicyError as problem:
            trouble = str(problem)
    else:
        focus = acts.apply(given, act, request.POST.get(f"new_fact-{act}", ""))
    return _page(request, version, place, given, choices, trouble=trouble, focus=focus)


def _page(
    request: PageRequest,
    version: PolicyVersion,
    place: int,
    given: raw.RawRow,
    choices: Choices,
    *,
    form: RowForm | None = None,
    revision: int | None = None,
    status: int = 200,
    focus: str = "",
    **more: Any,
) -> HttpResponse:
    context = {
        "version": version,
        "kind": choices.kind,
        "row_place": place,
        "choices": choices,
        "form": form or RowForm(given, choices=choices, bound=False, focus=focus),
        "chain": given.values,
        "revision": _revision(request) if revision is None else revision,
        **more,
    }
    page = "policies/row.html#form" if request.htmx else "policies/row.html"
    return render(request, page, context, status=status)


def _stored(text: PolicyText, place: int, choices: Choices) -> raw.RawRow:
    ids = {name: pk for pk, name in choices.unit_names.items()}
    if place:
        return raw.from_rule(text.rules[place - 1], ids, choices.emails)
    return raw.from_rule(RuleText("", "", add_on=False, when=[], steps=[]), ids, choices.emails)


def _with(text: PolicyText, place: int, rule: RuleText) -> PolicyText:
    """The table with this row: a new one stands last of its sort, before a base row that takes everything."""
    rules = list(text.rules)
    if place:
        rules[place - 1] = rule
        return replace(text, rules=rules)
    last = rules[-1] if rules else None
    ends = last is not None and not (last.when or last.unit or last.add_on)
    rules.insert(len(rules) - 1 if ends else len(rules), rule)
    return replace(text, rules=rules)


def _revision(request: PageRequest) -> int:
    given = request.POST.get("revision", "")
    return int(given) if given.isdigit() else -1
