"""Before a page is made: is somebody signed in, and in which time zone do they live?"""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django_htmx.http import HttpResponseClientRefresh


class SignedInMiddleware(LoginRequiredMiddleware):
    """Every page needs a sign-in unless it says `login_not_required`.

    A fragment asked for after the session ended makes the whole page load again, so the sign-in never lands inside it.
    """

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if request.headers.get("HX-Request"):
            return HttpResponseClientRefresh()
        return super().handle_no_permission(request, view_func)


class TimeZoneMiddleware:
    """Times are shown in the viewer's zone, also on a page that needs no sign-in when somebody is signed in.

    A visitor without a session costs no query, and a view with `no_viewer` (health) never asks who it is.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., HttpResponse], args: tuple, kwargs: dict
    ) -> None:
        may_be_known = getattr(view_func, "login_required", True) or settings.SESSION_COOKIE_NAME in request.COOKIES
        if may_be_known and not getattr(view_func, "no_viewer", False):
            timezone.activate(zone_of(request.user))


def zone_of(user: object) -> ZoneInfo:
    """The zone of the user's person."""
    return zone_named(getattr(getattr(user, "person", None), "time_zone", ""))


def zone_named(name: str) -> ZoneInfo:
    """UTC for a name that this machine doesn't know."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
