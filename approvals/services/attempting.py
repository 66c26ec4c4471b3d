"""What a duty forbids and somebody tries: refused with the reason, kept in the trail, and counted."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from approvals import kinds
from approvals.delegations import duties_of
from approvals.duties import Attempt, DutyPair, Limit, unfit
from approvals.keys import keys_of
from approvals.models import Decision, Request, Step
from approvals.services.refusing import NotEntitledError
from approvals.services.routing import lock
from cockpit.accounts.models import Person
from cockpit.audit import record
from cockpit.pages import words

Reason = Attempt.Reason


class DutyRefusedError(NotEntitledError):
    """A duty keeps this person from deciding; `reason` says which."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


def noting_attempts(decide: Callable[..., Request]) -> Callable[..., Request]:
    """Around deciding: what is refused because of a duty is noted, in a transaction of its own."""

    @wraps(decide)
    def noting(step_id: int, *, actor: Person, at: datetime, **given: Any) -> Request:
        try:
            return decide(step_id, actor=actor, at=at, **given)
        except DutyRefusedError as refused:
            note(step_id, actor=actor, reason=refused.reason, at=at)
            raise

    return noting


@transaction.atomic
def note(step_id: int, *, actor: Person, reason: str, at: datetime) -> Attempt:
    """One row for each person, request and reason, which counts; one audit entry for each attempt."""
    request = lock(Step.objects.values_list("round__request_id", flat=True).get(pk=step_id))  # as every act, first
    data = {"step": step_id, "reason": reason}
    record(request.audit_subject, "approvals.request.attempt", actor=actor, at=at, data=data)
    made, new = Attempt.objects.get_or_create(
        person=actor, request=request, reason=reason, defaults={"first_at": at, "last_at": at}
    )
    if not new:
        made.count, made.last_at = made.count + 1, at
        made.save(update_fields=["count", "last_at"])
    return made


def check_duties(request: Request, person: Person, *, at: datetime) -> None:
    """Raises DutyRefusedError that says what keeps `person` from deciding: a limit, or what they did before."""
    if not unfit(request, [person.pk], at=at):
        return
    limit = Limit.objects.filter(person=person, kind=request.kind_key).first()
    if limit is not None and above(limit, request):
        raise DutyRefusedError(Reason.LIMIT, said_of(limit, request))
    raise DutyRefusedError(Reason.PAIR, _said_of_pair(request, person))


def kept_apart(request: Request, step: Step, person: Person, *, at: datetime) -> str:
    """What keeps somebody who is asked from deciding, in a sentence for them; "" if no duty does. Mostly no query."""
    duties = duties_of(person, at=at)
    if not duties or person.user is None or not set(step.keys) & set(keys_of(person.user)):
        return ""
    try:
        check_duties(request, person, at=at)
    except DutyRefusedError as refused:
        return str(refused.sentence)
    return ""


def why_unfit(request: Request, person: Person, *, at: datetime) -> str:
    """The reason, as an attempt names it, why a duty keeps `person` from deciding; "" if none does."""
    if person.pk in request.barred_persons:
        return Reason.BARRED
    try:
        check_duties(request, person, at=at)
    except DutyRefusedError as refused:
        return refused.reason
    return ""


def above(limit: Limit, request: Request) -> bool:
    """As `duties.UNFIT` says it."""
    if request.amount is None:
        return True
    if limit.currency == request.currency:
        return request.amount > limit.amount
    if limit.currency == settings.REPORTING_CURRENCY:
        return request.amount_reporting > limit.amount or not request.rate_known
    return True


def said_of(limit: Limit, request: Request) -> str:
    named = {"limit": words.money(limit.amount, limit.currency), "kind": kinds.get(limit.kind).label}
    if request.amount is None:
        return _("Your limit for %(kind)s is %(limit)s, and it is not known how much this is.") % named
    amount = words.money(request.amount, request.currency)
    return _("Your limit for %(kind)s is %(limit)s; this is %(amount)s.") % {**named, "amount": amount}


def _said_of_pair(request: Request, person: Person) -> str:
    """Names what was done before, so that everybody can look."""
    pairs = DutyPair.objects.filter(ended_at__isnull=True)
    for pair in pairs:
        if request.kind_key not in (pair.first_kind, pair.second_kind):
            continue
        if (done := _done(pair, request, person)) is not None:
            asked = pair.first_act == DutyPair.Act.ASKS
            text = _("You asked for %(number)s") if asked else _("You decided %(number)s")
            return _("%(what)s, and one person must not do both%(why)s. Somebody else must decide.") % {
                "what": text % {"number": done.number},
                "why": f" ({pair.why})" if pair.why else "",
            }
    return _("You did something before that must not be one person’s with this. Somebody else must decide.")


def _done(pair: DutyPair, request: Request, person: Person) -> Request | None:
    """The latest thing that the person did before, of what the pair has in common with this request."""
    other = pair.first_kind if request.kind_key == pair.second_kind else pair.second_kind
    rows = Request.objects.filter(kind_key=other).order_by("-pk")
    column = {"client": "client_odoo_id", "project": "project_odoo_id", "record": "subject"}.get(pair.same)
    if column:
        rows = rows.filter(**{column: getattr(request, column)})
    if pair.first_act == DutyPair.Act.ASKS:
        return rows.filter(requester=person).exclude(pk=request.pk).first()
    votes = Decision.objects.filter(void_at__isnull=True, round__request__in=rows)
    mine = votes.filter(person=person) | votes.filter(effective_person=person)
    return rows.filter(pk__in=mine.values("round__request")).first()
