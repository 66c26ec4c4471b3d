"""The set-up page. Before there is an administrator its key opens it; afterwards their role."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from approvals.policy import PolicyError
from cockpit.accounts.grants import GrantError
from cockpit.accounts.models import Person
from cockpit.accounts.signin import SignInError
from cockpit.pages.requests import PageRequest
from delivery.setup import acting, forms, key, looking, reading

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@require_safe
@never_cache
@login_not_required
def setup(request: PageRequest) -> HttpResponse:
    if given := request.GET.get("key"):
        key.show(given, request.session)
        return redirect("setup")  # so that the key leaves the address
    if key.may_set_up(request.user):
        return _page(request)
    if getattr(request.user, "is_authenticated", False):
        raise Http404
    return _door(request) if key.is_open(request.session) else redirect("account_login")


@require_POST
@login_not_required
def look(request: PageRequest) -> HttpResponse:
    if not key.may_set_up(request.user) and not key.is_open(request.session):
        raise Http404
    looking.look(at=timezone.now())
    return redirect("setup")


@require_POST
@login_not_required
@sensitive_post_parameters("password")
def me(request: PageRequest) -> HttpResponse:
    if not key.is_open(request.session):
        raise Http404
    form = forms.FirstAdminForm(request.POST)
    if not form.is_valid():
        return _door(request, form, status=422)
    try:
        user = acting.become_first_admin(form.cleaned_data["person"], request.POST["password"], at=timezone.now())
    except (acting.SetupError, SignInError) as problem:
        form.add_error(None, str(problem))
    except ValidationError as problem:
        form.add_error("password", problem)
    else:
        login(request, user, backend=BACKEND)
        return redirect("setup")
    return _door(request, form, status=422)


@require_POST
def roles(request: PageRequest) -> HttpResponse:
    actor = _admin(request)
    try:
        count = acting.grant_proposed(request.POST.getlist("grant"), actor=actor, at=timezone.now())
    except (SignInError, GrantError) as problem:
        return _page(request, status=422, trouble=str(problem), about="roles")
    messages.success(
        request, ngettext("%(count)d role granted.", "%(count)d roles granted.", count) % {"count": count}, "roles"
    )
    return redirect("setup")


@require_POST
def tiers(request: PageRequest) -> HttpResponse:
    try:
        made = acting.choose_tiers(forms.tiers(request.POST), actor=_admin(request), at=timezone.now())
    except acting.SetupError as problem:
        return _page(request, status=422, trouble=str(problem), about="tiers")
    words = ", ".join(tier.name for tier in made) or _("none")
    messages.success(request, _("Tiers: %(tiers)s.") % {"tiers": words}, "tiers")
    return redirect("setup")


@require_POST
def policy(request: PageRequest) -> HttpResponse:
    actor = _admin(request)
    form = forms.LimitsForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, limits=form, about="policy")
    try:
        version = acting.observe_invoices(form.limits(), actor=actor, at=timezone.now())
    except (acting.SetupError, PolicyError) as problem:
        return _page(request, status=422, limits=form, trouble=str(problem), about="policy")
    messages.success(
        request, _("%(policy)s is on its way into force. It only observes.") % {"policy": version}, "policy"
    )
    return redirect("setup")


def _admin(request: PageRequest) -> Person:
    person = getattr(request.user, "person", None)
    if person is None or not key.may_set_up(request.user):
        raise Http404
    return person


def _door(request: PageRequest, form: Form | None = None, *, status: int = 200) -> HttpResponse:
    page = reading.page(at=timezone.now())
    context = {"page": page, "form": form or forms.FirstAdminForm()}
    return render(request, "setup/door.html", context, status=status)


def _page(request: PageRequest, *, status: int = 200, limits: Form | None = None, **said: str) -> HttpResponse:
    page = reading.page(at=timezone.now())
    amounts = page.policy.amounts if page.policy else {}
    known = {f"limit_{unit}": amount for unit, amount in amounts.items()}
    told = list(messages.get_messages(request))  # its extra tag is the step that it stands in
    context = {"page": page, "limits": limits or forms.LimitsForm(initial=known), "told": told, **said}
    return render(request, "setup/page.html", context, status=status)
