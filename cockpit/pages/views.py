from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cockpit.accounts import grants
from cockpit.accounts.models import User
from cockpit.pages.frame import Frame
from cockpit.pages.requests import PageRequest


@require_safe
@never_cache
def home(request: PageRequest) -> HttpResponse:
    """Where somebody begins: the first page of their role; without a role, what to do about that."""
    if not grants.direct(request.user):
        helpers = grants.holders_anywhere("operations_admin").order_by("name")[:5]
        return render(request, "frame/no_role.html", {"helpers": helpers})
    return redirect(first_page(request.user) or Frame(request).nav[0].url)


def first_page(user: User) -> str:
    """The address of the page that the user's roles begin with, by `settings.HOMES`; "" if none of them has one."""
    held = grants.direct(user)
    for role, name in settings.HOMES:
        if role in held:
            try:
                return reverse(name)
            except NoReverseMatch:
                continue
    return ""


@require_safe
@never_cache
def freshness_line(request: HttpRequest) -> HttpResponse:
    """The line at the foot of the rail, asked for again while a page stands open."""
    return render(request, "frame.html#freshness")
