"""Requests for programs: the doors and checks of the pages, nothing beside them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from approvals import services
from approvals.api import answers, schemas
from approvals.models import Request, Step
from approvals.raising import AskForm, askable, units_of
from approvals.reading import showing
from approvals.reading.address import Address
from approvals.reading.queue import PAGE
from approvals.reading.tabs import Cursor, CursorError, Sort, Tab
from cockpit.accounts.models import Person
from cockpit.api.door import ApiRequest, Bearer
from cockpit.api.models import Scope
from cockpit.api.problems import JSON, Problem

router = Router(tags=["requests"])
Answer = dict[str, Any]
# The answers that are none, for the description.
PROBLEMS = {"401": "no good token", "403": "not entitled, or the scope is missing", "404": "none, or not yours to see",
            "409": "the world has moved", "422": "not understood", "429": "too many calls"}  # fmt: skip
SAID: dict[str, Any] = {
    "responses": {status: {"description": words, "content": {JSON: {}}} for status, words in PROBLEMS.items()}
}


@router.get("/requests", response=schemas.RequestPage, auth=Bearer(Scope.READ), openapi_extra=SAID)
def listing(
    request: ApiRequest,
    tab: Tab = Query(Tab.NEEDS),  # noqa: B008 - how the library declares a parameter
    sort: Sort = Query(Sort.COST),  # noqa: B008
    q: str = Query("", max_length=200, description="words in title, client or record"),
    after: str = Query("", max_length=80),
) -> Answer:
    """Fifty of what you see in that tab of the queue; the filters of its address hold here too."""
    now, user = timezone.now(), request.user
    address = Address.read(request.GET)
    order = address.order(tab)
    rows = address.rows(user, tab, now).order_by(*order.keys).select_related("unit")
    try:
        cursor = Cursor.read(address.after, order)
    except CursorError as problem:
        raise Problem(422, "invalid", str(problem)) from None
    found = list((cursor.beyond(rows) if cursor else rows)[: PAGE + 1])
    more = Cursor.of(found[PAGE - 1], order).text if len(found) > PAGE else ""
    return {"items": [answers.row(one) for one in found[:PAGE]], "after": more}


@router.get("/requests/R-{int:pk}", response=schemas.RequestDetail, auth=Bearer(Scope.READ), openapi_extra=SAID)
def read(request: ApiRequest, pk: int) -> Answer:
    """One request: its facts, whom it asks, and what was decided and said."""
    return _shown(request, pk)


@router.get("/kinds", response=schemas.KindsOut, auth=Bearer(Scope.ASK), openapi_extra=SAID)
def what_can_be_asked(request: ApiRequest) -> Answer:
    """The kinds that you may ask about, with their facts, and the units in which."""
    return {
        "kinds": [
            {
                "key": kind.key,
                "label": str(kind.label),
                "facts": [
                    {"key": key, "label": str(kind.fact(key).label), "type": str(kind.fact(key).type.value),
                     "needed": key in kind.needed}
                    for key in kind.form
                ],
            }
            for kind in askable()
        ],
        "units": [{"id": unit.pk, "name": unit.name} for unit in units_of(request.person)],
    }  # fmt: skip


@router.post("/requests", response={201: schemas.RequestDetail}, auth=Bearer(Scope.ASK), openapi_extra=SAID)
def ask(request: ApiRequest, given: schemas.AskIn) -> Status:
    """Ask as by the form. 422 says what is missing, or that no policy asks anybody."""
    kind = next((one for one in askable() if one.key == given.kind), None)
    if kind is None:
        raise Problem(422, "unknown_kind", _("Nothing of this kind can be asked by form: %(kind)s.")
                      % {"kind": given.kind})  # fmt: skip
    if strange := [key for key in given.facts if key not in kind.form]:
        raise Problem(422, "unknown_fact", _("%(kind)s has no fact “%(fact)s” that can be given.")
                      % {"kind": kind.label, "fact": strange[0]})  # fmt: skip
    form = AskForm({**given.facts, "unit": given.unit, "token": given.key}, kind=kind, person=request.person)
    if not form.is_valid():
        errors = [{"at": name, "says": text} for name, texts in form.errors.items() for text in texts]
        raise Problem(422, "invalid", _("This was not understood; see errors."), errors=errors)
    with _told():
        asked = services.ask_by_form(
            kind.key, unit=form.cleaned_data["unit"], given=form.given(), token=given.key, actor=request.person,
            at=timezone.now(),
        )  # fmt: skip
    return Status(201, _shown(request, asked.pk))


@router.post(
    "/requests/R-{int:pk}/decisions", response={201: schemas.RequestDetail}, auth=Bearer(Scope.DECIDE),
    openapi_extra=SAID,
)  # fmt: skip
def decide(request: ApiRequest, pk: int, given: schemas.DecisionIn) -> Status:
    """Approve or reject a step, bound to the facts that you looked at. 409: somebody was faster, or they moved."""
    _seen(request, pk)
    step = Step.objects.filter(pk=given.step, round__request=pk).first()
    voter = Person.objects.filter(pk=given.for_person).first() if given.for_person else None
    if step is None or (given.for_person and voter is None):
        raise Http404
    with _told():
        services.decide(
            step.pk, actor=request.person, verdict=given.verdict, snapshot_id=given.snapshot, at=timezone.now(),
            note=given.note, for_person=voter,
        )  # fmt: skip
    return Status(201, _shown(request, pk))


@router.post("/requests/R-{int:pk}/undo", response=schemas.RequestDetail, auth=Bearer(Scope.DECIDE), openapi_extra=SAID)
def undo(request: ApiRequest, pk: int) -> Answer:
    """Take your own decision back while it settles."""
    return _acted(request, pk, services.undo)


@router.post(
    "/requests/R-{int:pk}/comments", response={201: schemas.RequestDetail}, auth=Bearer(Scope.COMMENT),
    openapi_extra=SAID,
)  # fmt: skip
def comment(request: ApiRequest, pk: int, given: schemas.CommentIn) -> Status:
    """Say something; whoever is named with @ is told."""
    return Status(201, _acted(request, pk, services.comment, text=given.text))


def _acted(request: ApiRequest, pk: int, service: Callable[..., Any], **given: Any) -> Answer:
    _seen(request, pk)
    with _told():
        service(pk, actor=request.person, at=timezone.now(), **given)
    return _shown(request, pk)


def _seen(request: ApiRequest, pk: int) -> Request:
    """Says the same of what is not there and what one may not see."""
    rows = Request.objects.visible_to(request.user).select_related("unit", "snapshot", "requester")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _shown(request: ApiRequest, pk: int) -> Answer:
    return answers.whole(_seen(request, pk), request.user, timezone.now())


@contextmanager
def _told() -> Iterator[None]:
    """Why an act was not taken, with the sentence of the pages."""
    try:
        yield
    except services.NotEntitledError as problem:
        raise Problem(403, "not_entitled", str(problem.sentence)) from None
    except services.FactsMovedError as problem:
        moved = showing.moved(problem.differences)
        raise Problem(409, "facts_moved", str(problem.sentence), moved=list(moved)) from None
    except (services.ReasonMissingError, services.AskRefusedError, services.CommentRefusedError) as problem:
        raise Problem(422, "refused", str(problem.sentence)) from None
    except services.DecisionRefused as problem:
        raise Problem(409, "refused", str(problem.sentence)) from None
