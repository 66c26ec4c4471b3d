"""Who asks: the person of a bearer token, within the token's scopes and its calls a minute."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from cockpit.accounts.models import Person, User
from cockpit.api import services
from cockpit.api.models import Scope, Token
from cockpit.api.problems import Problem


class ApiRequest(HttpRequest):
    """What an endpoint gets. Only for types."""

    user: User
    auth: Token
    person: Person


class Bearer(HttpBearer):
    """`auth=Bearer(Scope.READ)`. A browser's session opens nothing here, so nothing can be done by a foreign page."""

    openapi_bearerFormat = "ck_…"  # noqa: N815 - the library's name

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: Any, token: str) -> Token | None:
        found = services.enter(token, at=timezone.now())
        if found is None:
            return None
        if services.is_too_much(found):
            raise Problem(429, "too_many_calls", _("Too many calls within a minute. Try again in the next."))
        if self.scope not in found.scopes:
            detail = _("This token may not do that: it lacks the scope “%(scope)s”.") % {"scope": self.scope}
            raise Problem(403, "scope_missing", detail)
        request.user, request.person = found.person.user, found.person
        return found
