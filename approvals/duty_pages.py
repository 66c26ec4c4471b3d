"""Pages about duties: the roles people hold and their limits, who may approve what, what is kept apart."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals import kinds
from approvals.act_forms import PersonField
from approvals.duties import DutyPair, GrantReview
from approvals.reading import entitled, roles
from approvals.services import limiting, recertifying
from approvals.services.recertifying import ReviewRefusedError
from cockpit import audit
from cockpit.accounts import grants
from cockpit.accounts.models import Person
from cockpit.accounts.roles import DUTIES, REVIEW
from cockpit.pages.requests import PageRequest
from cockpit.pages.scope import chosen_units


def _choices(*, money: bool = False) -> list[tuple[str, str]]:
    known = kinds.registry().values()
    return sorted(((one.key, str(one.label)) for one in known if one.money or not money), key=lambda one: one[1])


class LimitForm(forms.Form):
    error_css_class = "field-error"
    person = PersonField(label=gettext_lazy("Person"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind of request"))
    amount = forms.DecimalField(
        label=gettext_lazy("Decides up to"), required=False, min_value=0, max_digits=14, decimal_places=2,
        help_text=gettext_lazy("Left empty: without a limit of their own."),
    )  # fmt: skip
    currency = forms.CharField(label=gettext_lazy("Currency"), min_length=3, max_length=3)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["kind"].choices = _choices(money=True)  # type: ignore[attr-defined]


class PairForm(forms.Form):
    error_css_class = "field-error"
    first_act = forms.ChoiceField(label=gettext_lazy("Whoever"), choices=DutyPair.Act.choices)
    first_kind = forms.ChoiceField(label=gettext_lazy("this"))
    second_kind = forms.ChoiceField(label=gettext_lazy("does not decide"))
    same = forms.ChoiceField(label=gettext_lazy("where it is"), choices=DutyPair.Same.choices)
    days = forms.IntegerField(label=gettext_lazy("for so many days"), min_value=1, max_value=3650, initial=365)
    why = forms.CharField(label=gettext_lazy("Why?"), required=False, max_length=200)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name in ("first_kind", "second_kind"):
            self.fields[name].choices = _choices()  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def held(request: PageRequest) -> HttpResponse:
    """The roles and the form of limits. Set: back to the list. Not set: the same page says why; 422."""
    person = _person(request)
    form = LimitForm(initial={"currency": settings.REPORTING_CURRENCY})
    if request.method == "POST":
        form = LimitForm(request.POST)
        if form.is_valid() and _set_limit(form, person):
            messages.success(request, _("%(person)s: the limit is set.") % {"person": form.cleaned_data["person"]})
            return redirect("grants")
    return _held(request, form, status=422 if form.errors else 200)


def _set_limit(form: LimitForm, actor: Person) -> bool:
    given = form.cleaned_data
    try:
        limiting.set_limit(
            given["person"], given["kind"], given["amount"], given["currency"], actor=actor, at=timezone.now()
        )
    except ReviewRefusedError as problem:
        form.add_error(None, problem.sentence)
        return False
    return True


@require_POST
@never_cache
def review(request: PageRequest, pk: int, verb: str) -> HttpResponse:
    """Confirm a role or take it away; 409 with the reason where that cannot be."""
    person = _person(request)
    does: Any = {"confirm": recertifying.confirm_grant, "revoke": recertifying.take_away}.get(verb)
    row = get_object_or_404(GrantReview.objects.select_related("person", "unit"), pk=pk)
    if does is None or row.unit_id not in roles.units_seen(request.user, None):
        raise Http404
    try:
        does(pk, actor=person, at=timezone.now())
    except ReviewRefusedError as problem:
        form = LimitForm(initial={"currency": settings.REPORTING_CURRENCY})
        return _held(request, form, status=409, trouble=problem.sentence)
    said = _("Confirmed: %(person)s, %(unit)s.") if verb == "confirm" else _("Taken away: %(person)s, %(unit)s.")
    messages.success(request, said % {"person": row.person, "unit": row.unit})
    return redirect("grants")


@require_safe
@never_cache
def who(request: PageRequest) -> HttpResponse:
    _person(request)
    units = roles.units_for(request.user, chosen_units(request), every=False)
    rows = entitled.rows(units, at=timezone.now())
    return render(request, "approvals/duties_who.html", {"rows": rows, "here": "who"})


@require_safe
@never_cache
def who_csv(request: PageRequest) -> HttpResponse:
    """Every unit that the reader may see, a line for each person. Downloads are kept in the trail."""
    person, now = _person(request), timezone.now()
    rows = entitled.rows(roles.units_for(request.user, chosen_units(request), every=True), at=now)
    lines = list(_lines(rows))
    _note(person, len(lines))
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(lines)
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="who-may-approve-{now:%Y-%m-%d}.csv"'
    return answer


def _lines(rows: Iterable[entitled.Row]) -> Iterable[list[Any]]:
    yield [
        str(head)
        for head in (
            _("Kind"), _("Unit"), _("Row"), _("When"), _("Step"), _("Asked"), _("Approvals"), _("Person"), _("Limit"),
            _("Deputies"), _("Mode"),
        )
    ]  # fmt: skip
    for row in rows:
        shared = [row.kind, row.unit, f"{row.number} {row.name}", " · ".join(row.when), row.order, row.whom, row.quorum]
        for may in row.who or (entitled.May(_("nobody"), "", ()),):
            yield [_harmless(cell) for cell in (*shared, may.person, may.limit, "; ".join(may.deputies), row.mode)]


def _harmless(cell: Any) -> Any:
    """A spreadsheet must not take a name for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def apart(request: PageRequest) -> HttpResponse:
    """What one person must not both do, the form that adds to it, and who tried something that a duty forbids."""
    person, form = _person(request), PairForm()
    if request.method == "POST":
        form = PairForm(request.POST)
        if form.is_valid():
            try:
                limiting.add_pair(**form.cleaned_data, actor=person, at=timezone.now())
                return redirect("apart")
            except ReviewRefusedError as problem:
                form.add_error(None, problem.sentence)
    return _apart(request, form, status=422 if form.errors else 200)


@require_POST
@never_cache
def pair_end(request: PageRequest, pk: int) -> HttpResponse:
    person = _person(request)
    get_object_or_404(DutyPair, pk=pk)
    try:
        limiting.end_pair(pk, actor=person, at=timezone.now())
    except ReviewRefusedError as problem:
        return _apart(request, PairForm(), status=409, trouble=problem.sentence)
    return redirect("apart")


def _held(request: PageRequest, form: LimitForm, *, status: int = 200, trouble: str = "") -> HttpResponse:
    recertifying.follow_grants(at=timezone.now())
    units = roles.page(request.user, chosen_units(request), at=timezone.now())
    names = sorted({grant.person for unit in units for grant in unit.grants})
    may = bool(grants.units_where(request.user, REVIEW))
    context = {"units": units, "form": form, "trouble": trouble, "may": may, "colleagues": names, "here": "grants"}
    return render(request, "approvals/duties_grants.html", context, status=status)


def _apart(request: PageRequest, form: PairForm, *, status: int = 200, trouble: str = "") -> HttpResponse:
    may = limiting.may_pair(request.user.person)
    context = {
        "pairs": roles.pairs(request.user, may=may),
        "attempts": roles.attempts(request.user, chosen_units(request)),
        "may": may,
        "form": form,
        "trouble": trouble,
        "here": "apart",
    }
    return render(request, "approvals/duties_apart.html", context, status=status)


def _note(actor: Person, lines: int) -> None:
    with transaction.atomic():
        subject = f"accounts.person:{actor.pk}"
        audit.record(subject, "approvals.duties.export", actor=actor, at=timezone.now(), data={"lines": lines})


def _person(request: PageRequest) -> Person:
    """Not there for anybody who does not look after duties anywhere."""
    person = getattr(request.user, "person", None)
    if person is None or not grants.units_where(request.user, DUTIES):
        raise Http404
    return person


urlpatterns = [
    path("duties/", held, name="grants"),
    path("duties/grants/<int:pk>/<slug:verb>/", review, name="grant_review"),
    path("duties/who/", who, name="who_may"),
    path("duties/who.csv", who_csv, name="who_may_csv"),
    path("duties/apart/", apart, name="apart"),
    path("duties/apart/<int:pk>/end/", pair_end, name="pair_end"),
]
