"""Where Odoo's webhooks arrive. Odoo waits in its user's own save, at most a second: store the hint, answer."""

from __future__ import annotations

import json

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from cockpit.outbox.nudging import wake
from integrations.odoo.pull.catalogue import MAPS

from . import secret
from .keeping import LOOK, hear

LONGEST = 8_192  # bytes; Odoo sends about 150
HIGHEST = 2**31 - 1  # an id in Odoo is a 32-bit integer
TASK = "integrations.odoo.hints.tasks.read_hints"
PARTS = {each.odoo_model: each.owner for each in MAPS}


class HintError(ValueError):
    """What arrived is no hint; the message says why, and `status` is the answer's."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@csrf_exempt
@login_not_required
def hint(request: HttpRequest, given: str) -> HttpResponse:
    """204: it is kept. A wrong secret is a page that does not exist, whatever was sent."""
    if not secret.fits(given):
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        model, odoo_id = said_in(body_of(request))
    except HintError as problem:
        return JsonResponse({"error": str(problem)}, status=problem.status)
    if hear(model, LOOK if PARTS[model] else odoo_id, at=timezone.now()):
        wake(TASK, wait_s=0)
    return HttpResponse(status=204)


hint.no_viewer = True  # type: ignore[attr-defined]  # nobody is signed in here


def body_of(request: HttpRequest) -> bytes:
    """Raises HintError for one that is longer than any hint."""
    body = request.read(LONGEST + 1)
    if len(body) > LONGEST:
        raise HintError(413, f"A hint is no longer than {LONGEST} bytes.")
    return body


def said_in(body: bytes) -> tuple[str, int]:
    """The record that the hint is about. Nothing else of it is believed. Raises HintError."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise HintError(400, "This is no JSON.") from None
    if not isinstance(said, dict):
        raise HintError(422, "A hint is an object with _model and _id.")
    model, odoo_id = said.get("_model"), said.get("_id")
    if not isinstance(model, str) or model not in PARTS:
        raise HintError(422, "Records of this model are not read from Odoo.")
    if type(odoo_id) is not int or not 0 < odoo_id <= HIGHEST:
        raise HintError(422, "_id is the record's id: a positive whole number.")
    return model, odoo_id
