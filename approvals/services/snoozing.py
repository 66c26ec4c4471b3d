"""Not seeing a request for a while: for one person alone, while its clock goes on, and never past its being due."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import facts as factbook
from approvals.models import Request, Snooze, Step
from approvals.services.routing import lock
from cockpit.accounts.models import Person
from cockpit.audit import record, reference
from cockpit.time import services as time
from cockpit.time.models import Clock

SYSTEM = "system:snooze"
NEARLY = 80  # per cent of a step's time; what is left is shown as "soon"


class SnoozeRefusedError(Exception):
    """The request was not snoozed. `sentence` says why."""

    sentence: str = gettext_lazy("Only a request that waits for a decision can be snoozed.")  # type: ignore[assignment]

    def __init__(self, sentence: str = "") -> None:
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)


def nearly_due_at(request: Request) -> datetime | None:
    """When 80 % of the time of the step that is due first will have been used; None while no clock runs."""
    steps = Step.objects.filter(round__request=request, round__closed_at__isnull=True, state=Step.State.OPEN)
    subjects = [step.clock_subject for step in steps]
    clocks = Clock.objects.filter(subject__in=subjects, state=Clock.State.RUNNING)
    moments = [time.values(clock).levels.get(NEARLY) for clock in clocks]
    return min((moment for moment in moments if moment), default=None)


@transaction.atomic
def snooze(request_id: int, *, actor: Person, until: datetime | None, at: datetime) -> Snooze:
    """Hide it from `actor` until then (None: until it changes), at the latest until it is nearly due.

    Raises SnoozeRefusedError. Snoozing again replaces the earlier one.
    """
    request = lock(request_id)
    if request.state != Request.State.PENDING or request.snapshot is None:
        raise SnoozeRefusedError
    if until is not None and until <= at:
        raise SnoozeRefusedError(_("That moment has passed. Choose a later one."))
    nearly = nearly_due_at(request)
    if nearly is not None and nearly <= at:
        raise SnoozeRefusedError(_("It is nearly due, so it cannot be snoozed any more."))
    _end(_asleep().filter(request=request, person=actor), Snooze.Woke.PERSON, actor=actor, at=at, silently=True)
    wakes = min((moment for moment in (until, nearly) if moment), default=None)
    made = Snooze.objects.create(
        request=request,
        person=actor,
        snapshot=request.snapshot,
        made_at=at,
        until_at=until,
        wakes_at=wakes,
        due_at=request.due_at,
    )
    data = {"until": until.isoformat() if until else None, "wakes": wakes.isoformat() if wakes else None}
    record(request.audit_subject, "approvals.request.snooze", actor=actor, at=at, data=data)
    return made


@transaction.atomic
def wake(request_id: int, *, actor: Person, at: datetime) -> bool:
    """Show it to `actor` again; False when it was not snoozed."""
    request = lock(request_id)
    return bool(_end(_asleep().filter(request=request, person=actor), Snooze.Woke.PERSON, actor=actor, at=at))


def wake_due(*, at: datetime) -> int:
    """Wake what has reached its time, changed materially, became nearly due or no longer waits; how many."""
    moved = ~Q(snapshot=F("request__snapshot")) | ~Q(due_at=F("request__due_at"))
    over = Q(wakes_at__lte=at) | ~Q(request__state__in=Request.OPEN)
    return sum(_look(pk, at=at) for pk in _asleep().filter(moved | over).values_list("pk", flat=True))


@transaction.atomic
def _look(pk: int, *, at: datetime) -> bool:
    asleep = Snooze.objects.select_for_update(of=("self",)).filter(pk=pk, woke_at__isnull=True)
    one = asleep.select_related("request__snapshot", "snapshot").first()
    if one is None:
        return False
    why = _why(one, at)
    if not why:
        one.save(update_fields=["snapshot", "due_at", "wakes_at"])
        return False
    return bool(_end(asleep, why, actor=SYSTEM, at=at))


def _why(one: Snooze, at: datetime) -> str:
    """The reason to wake; none leaves `one` in step with its request."""
    request = one.request
    if not request.is_open or request.snapshot is None:
        return Snooze.Woke.ENDED
    if factbook.moved(request.kind, one.snapshot.facts, request.snapshot.facts):
        return Snooze.Woke.CHANGED
    one.snapshot = request.snapshot
    nearly = nearly_due_at(request)
    one.due_at = request.due_at
    one.wakes_at = min((moment for moment in (one.until_at, nearly) if moment), default=None)
    if one.wakes_at is None or one.wakes_at > at:
        return ""
    return Snooze.Woke.TIME if one.wakes_at == one.until_at else Snooze.Woke.DUE


def _asleep() -> QuerySet[Snooze]:
    return Snooze.objects.filter(woke_at__isnull=True)


def _end(rows: QuerySet[Snooze], why: str, *, actor: Person | str, at: datetime, silently: bool = False) -> int:
    ended = list(rows.select_related("request", "person"))
    for one in ended:
        one.woke_at, one.woke_why = at, why
        one.save(update_fields=["woke_at", "woke_why"])
        if not silently:
            data = {"why": why, "of": reference(one.person)}
            record(one.request.audit_subject, "approvals.request.wake", actor=actor, at=at, data=data)
    return len(ended)
