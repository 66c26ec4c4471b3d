"""Which language somebody reads: chosen in the frame or at sign-in and kept in a cookie, else the browser's."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cockpit.pages.scope import back


@dataclass(frozen=True)
class Language:
    code: str
    name: str  # in itself: who looks for it reads it
    act: str  # "Sprache: Deutsch", in itself
    current: bool


def languages() -> list[Language]:
    """All that the cockpit speaks."""
    now = get_language()
    found = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            name = str(dict(settings.LANGUAGES)[code])
            act = _("Language: %(name)s") % {"name": name}
        found.append(Language(code, name, act, code == now))
    return found


@require_POST
@never_cache
@login_not_required
def speak(request: HttpRequest) -> HttpResponse:
    """Keep `language` in a cookie and go back to where one was; also before sign-in."""
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest()
    response = redirect(back(request))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
