"""/api/v1/: the routers of `API_ROUTERS`, and the description of it all in openapi.json."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path
from django.utils.module_loading import import_string
from ninja import NinjaAPI

from cockpit.api import pages
from cockpit.api.problems import add_handlers


def build() -> NinjaAPI:
    """No page with a foreign script to try it out: the description is for tools of the reader's own."""
    api = NinjaAPI(title="Delivery cockpit", version="1", docs_url=None, urls_namespace="api")
    add_handlers(api)
    for prefix, name in settings.API_ROUTERS.items():
        api.add_router(prefix, import_string(name))
    return api


api = build()


def _open(pattern: Any) -> Any:
    """Nobody signs in by a page to get here: each endpoint asks for its token."""
    if isinstance(pattern, URLPattern):
        pattern.callback = login_not_required(pattern.callback)
    return pattern


found, app, namespace = api.urls
urlpatterns = [
    path("api/v1/", ([_open(pattern) for pattern in found], app, namespace)),
    path("tokens/", pages.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", pages.revoke, name="revoke_token"),
]
