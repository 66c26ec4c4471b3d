"""Answers that are none: RFC 9457 problem details, with the sentence that a page would show."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

JSON = "application/problem+json"


class Problem(Exception):  # noqa: N818 - an answer, not a fault
    """`code` is for programs and stays; `detail` is for people, in their language."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.more = status, code, detail, more


def forbidden(code: str, detail: str) -> Problem:
    return Problem(403, code, detail)


def add_handlers(api: NinjaAPI) -> None:
    def answer(request: HttpRequest, problem: Problem, headers: dict[str, str] | None = None) -> HttpResponse:
        body = {"type": "about:blank", "status": problem.status, "code": problem.code, "detail": problem.detail}
        response = api.create_response(request, body | problem.more, status=problem.status)
        response["Content-Type"] = JSON
        for name, value in (headers or {}).items():
            response[name] = value
        return response

    @api.exception_handler(Problem)
    def ours(request: HttpRequest, problem: Problem) -> HttpResponse:
        return answer(request, problem, {"Retry-After": "60"} if problem.status == 429 else None)

    @api.exception_handler(AuthenticationError)
    def unknown(request: HttpRequest, problem: AuthenticationError) -> HttpResponse:
        sentence = _("Send a token that is good: Authorization: Bearer ck_…")
        return answer(request, Problem(401, "no_token", sentence), {"WWW-Authenticate": "Bearer"})

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, problem: Http404) -> HttpResponse:
        return answer(request, Problem(404, "not_found", _("There is no such thing, or you may not see it.")))

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, problem: ValidationError) -> HttpResponse:
        errors = [{"at": ".".join(str(part) for part in one["loc"]), "says": one["msg"]} for one in problem.errors]
        return answer(request, Problem(422, "invalid", _("This was not understood; see errors."), errors=errors))

    @api.exception_handler(HttpError)
    def other(request: HttpRequest, problem: HttpError) -> HttpResponse:
        return answer(request, Problem(problem.status_code, "invalid", str(problem)))
