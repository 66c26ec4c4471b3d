"""When a page can't be shown: a sentence that says what happened and what to do, and a number that the log has too."""

import secrets
import sys

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.views.decorators.cache import never_cache
from psycopg_pool import PoolTimeout

AWAY = (OperationalError, InterfaceError, PoolTimeout)
log = structlog.get_logger(__name__)


@never_cache
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "csrf.html", status=403)


@never_cache
def server_error(request: HttpRequest) -> HttpResponse:
    """500 for a fault of ours, 503 while the database does not answer; each with its incident in the log.

    Reads nothing: whatever broke may break again.
    """
    problem = sys.exc_info()[1]
    incident = secrets.token_hex(4)
    log.error("page.failed", incident=incident, path=request.path, exc_info=problem)
    away = isinstance(problem, AWAY)
    page = loader.get_template("503.html" if away else "500.html").render({"incident": incident})
    headers = {"X-Incident": incident} | ({"Retry-After": "5"} if away else {})
    return HttpResponse(page, status=503 if away else 500, headers=headers)


@never_cache
def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict | None = None
) -> HttpResponse:
    """Too many wrong passwords for one name from one address (settings.AXES_*)."""
    from axes.helpers import get_cool_off  # axes reads its settings once Django stands

    cool_off = get_cool_off(request)
    minutes = max(1, round(cool_off.total_seconds() / 60)) if cool_off else None
    return render(request, "locked_out.html", {"minutes": minutes}, status=429)
