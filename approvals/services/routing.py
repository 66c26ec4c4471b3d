"""Rounds and steps: who is asked, in which order, and since when the clock runs."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from django.db.models import Min, QuerySet, Subquery
from django.utils.translation import gettext_noop

from approvals import policy, resolvers
from approvals.delegations import acting_for
from approvals.duties import Unfit, unfit
from approvals.models import Decision, Request, Round, Snapshot, Step
from approvals.services import whole
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit
from cockpit.events.services import emit
from cockpit.exception_queue.services import clear_case, open_case
from cockpit.time import services as time
from cockpit.time.defaults import standard_week
from cockpit.time.models import Calendar, Clock


def lock(request_id: int) -> Request:
    """The request, its row locked until the transaction ends: every act on one request is serial.

    Alone: whoever waits for the lock gets the row as it is then, but what is joined to it as it was before.
    """
    return Request.objects.select_for_update().get(pk=request_id)


def lock_step(step_id: int) -> tuple[Request, Step]:
    """The step and its request, the request's row locked."""
    of = Subquery(Step.objects.filter(pk=step_id).order_by().values("round__request_id"))
    try:
        request = Request.objects.select_for_update().get(pk=of)
    except Request.DoesNotExist:
        raise Step.DoesNotExist(f"There is no step {step_id}.") from None
    step = Step.objects.select_related("round", "unit", "claimed_by").defer("round__route").get(pk=step_id)
    step.round.request = request
    return request, step


def open_round(request: Request, snapshot: Snapshot, found: policy.Route, *, at: datetime, reason: str = "") -> Round:
    """Begin a pass through `found` and ask its first steps."""
    number = request.rounds.count() + 1
    round_ = Round.objects.create(
        request=request, number=number, reason=reason, route=policy.as_data(found), snapshot=snapshot, opened_at=at
    )
    Step.objects.bulk_create(
        Step(
            round=round_,
            order=spec.order,
            role=spec.role,
            unit=request.unit,
            quorum=spec.quorum,
            goal_s=spec.goal_s,
            about=list(spec.about),
            who=spec.who,
            reject=spec.reject,
            ladder=[asdict(rung) for rung in spec.ladder],
            timeout=spec.timeout,
        )
        for spec in found.steps
    )
    whole.begin(request, found, calendar_of(request.unit, at=at), at=at)
    open_next_steps(round_, at=at)
    return round_


def close_round(round_: Round, *, at: datetime, beside: Iterable[str] = ()) -> None:
    """End a pass: its steps count no more, its clocks stop, also those that waited because of an answer.

    `beside`: subjects of other clocks that stop with it.
    """
    steps = list(round_.steps.exclude(state=Step.State.VOID))
    time.stop_all([*(step.clock_subject for step in steps if step.opened_at), *beside], at=at)
    left = [step.pk for step in steps if step.state in {Step.State.WAITING, Step.State.OPEN}]
    if left:
        Step.objects.filter(pk__in=left).update(state=Step.State.VOID, closed_at=at)
    Round.objects.filter(pk=round_.pk).update(closed_at=at)
    round_.closed_at = at


def open_next_steps(round_: Round, *, at: datetime) -> None:
    """Ask the lowest order that is not answered yet; keep the request's due time in step."""
    unanswered = round_.steps.filter(state__in=[Step.State.OPEN, Step.State.WAITING])
    first = unanswered.aggregate(first=Min("order"))["first"]
    for step in unanswered.filter(order=first, state=Step.State.WAITING):
        if step.opened_at is None:
            ask_step(step, round_.request, at=at)
        else:
            reopen_step(step, at=at, cause=gettext_noop("asked again"))
    keep_due(round_.request)


def ask_step(step: Step, request: Request, *, at: datetime) -> None:
    """Ask a step for the first time. Where it is one person's, their own calendar counts, else the unit's."""
    step.asked_persons = whom(step, request)
    alone = Person.objects.get(pk=step.asked_persons[0]) if len(step.asked_persons) == 1 else None
    clock = time.start_clock(
        step.clock_subject,
        calendar=calendar_of_person(alone, step.unit, at=at) if alone else calendar_of(step.unit, at=at),
        person_id=alone.pk if alone else None,
        goal_s=step.goal_s,
        at=at,
    )
    step.state, step.opened_at, step.due_at, step.closed_at = Step.State.OPEN, at, clock.due_at, None
    step.save(update_fields=["state", "opened_at", "due_at", "closed_at", "asked_persons"])
    say_asked(step, request, at=at)
    check_somebody_may_decide(step, request, at=at)


def say_asked(step: Step, request: Request, *, at: datetime, whom: str = "") -> None:
    """Whoever tells people hears that this step waits for somebody, or for somebody else (`whom` tells it apart)."""
    emit(
        "approvals.asked",
        subject=request.audit_subject,
        key=f"approvals.asked/{step.pk}/{at.isoformat()}/{whom}",
        at=at,
        payload={"request": request.pk, "step": step.pk},
        origin=request.audit_subject,
    )


def whom(step: Step, request: Request) -> list[int]:
    """The persons whom the policy means for this record and who may decide it; none: the role's holders are asked."""
    if not step.who:
        return []
    facts = request.snapshot.facts if request.snapshot else {}
    found = resolvers.persons(step.who, facts=facts, requester=request.requester, unit=step.unit)
    out = {*request.barred_persons, *voters(step), *unfit(request, [one.pk for one in found])}
    return sorted(one.pk for one in found if one.pk not in out)


def reopen_step(step: Step, *, at: datetime, cause: str) -> None:
    """Ask again where the clock was paused; while a question about it is open, it waits for the answer still."""
    clock = clock_of(step)
    if clock.state == Clock.State.PAUSED and not step.questions.filter(ended_at__isnull=True).exists():
        time.resume(clock, cause=cause, at=at)
    step.state, step.due_at, step.closed_at = Step.State.OPEN, clock.due_at, None
    step.save(update_fields=["state", "due_at", "closed_at"])
    say_asked(step, step.round.request, at=at)


def pause_steps(steps: Iterable[Step], state: str, *, at: datetime, cause: str, beside: Iterable[str] = ()) -> None:
    """They are answered, or not asked any more; their clocks wait, for that may still be undone.

    A clock that waits already, for an answer, goes on waiting. `beside`: subjects of other clocks that wait as well.
    """
    steps = list(steps)
    time.pause_all([*(step.clock_subject for step in steps), *beside], cause=cause, at=at)
    Step.objects.filter(pk__in=[step.pk for step in steps]).update(state=state, closed_at=at)
    for step in steps:
        step.state, step.closed_at = state, at


def put_back_later(round_: Round, order: int, *, cause: str, at: datetime) -> None:
    """What was asked after `order` waits again: it is asked once that is answered."""
    later = round_.steps.filter(order__gt=order, state=Step.State.OPEN)
    pause_steps(later, Step.State.WAITING, at=at, cause=cause)


def clock_of(step: Step) -> Clock:
    """The clock of an asked step that has not been stopped."""
    return Clock.objects.exclude(state=Clock.State.STOPPED).get(subject=step.clock_subject)


def stop_clock(step: Step, *, at: datetime) -> None:
    """Stopping what has stopped changes nothing."""
    time.stop_all([step.clock_subject], at=at)


def keep_due(request: Request) -> None:
    """Keep on the request what its open steps say: when the first is due, and who is asked."""
    steps = list(Step.objects.filter(round__request=request, round__closed_at__isnull=True, state=Step.State.OPEN))
    request.due_at = min((step.due_at for step in steps if step.due_at), default=None)
    request.asks = sorted({key for step in steps for key in step.keys})
    request.save(update_fields=["due_at", "asks"])


def asked(step: Step) -> QuerySet[Person]:
    """Who is asked: the persons the step names, else the holders of its role; whoever can sign in."""
    if step.asked_persons:
        return Person.objects.filter(pk__in=step.asked_persons, active=True, user__is_active=True)
    return grants.holders(step.role, step.unit)


def voters(step: Step) -> set[int]:
    """Everybody who took part in a decision of this round: who pressed, and whose vote it was."""
    votes = Decision.objects.filter(round=step.round_id, void_at__isnull=True).order_by()
    return {pk for pair in votes.values_list("person_id", "effective_person_id") for pk in pair}


def eligible(step: Step, request: Request) -> QuerySet[Person]:
    """Whose vote this step may still get: who is asked, less the barred, those who took part in this round, and those
    whom a duty keeps from it: a limit of their own, or what they did before."""
    free = asked(step).exclude(pk__in=[*request.barred_persons, *voters(step)])
    return free.exclude(pk__in=Unfit(request))


def may_vote(step: Step, request: Request, person: Person) -> bool:
    """Whether this step may still get the vote of `person`, who is asked themselves."""
    return person.pk not in request.barred_persons and eligible(step, request).filter(pk=person.pk).exists()


def votes_for(step: Step, request: Request, actor: Person, *, at: datetime) -> list[Person]:
    """Whose vote `actor` may cast on this step now: their own first, then of those whose deputy they are.

    Duties hold for everybody on the way: who is barred, took part in this round, or may not decide so much, neither
    presses nor passes it on.
    """
    out = {*request.barred_persons, *voters(step)}
    if actor.pk in out:
        return []
    may = set(eligible(step, request).values_list("pk", flat=True))
    found = [actor] if actor.pk in may else []
    ways = acting_for(actor, at=at)
    out |= unfit(request, {actor.pk, *(pk for way in ways for pk in way.passes)} if ways else (), at=at)
    if actor.pk in out:
        return []
    for way in ways:
        fits = way.delegator.pk in may and way.delegator not in found and not out & set(way.passes)
        if fits and Request.objects.filter(way.covers(), pk=request.pk).exists():
            found.append(way.delegator)
    return found


def check_somebody_may_decide(step: Step, request: Request, *, at: datetime) -> None:
    """A step that nobody may decide is a case at once, never a silent wait."""
    fingerprint = f"approvals.no_approver:{request.pk}:{step.role}"
    beside = Step.objects.filter(round=step.round_id, role=step.role, state=Step.State.OPEN)
    if all(enough(one, request) for one in beside):
        clear_case(fingerprint, at=at, reason=gettext_noop("Somebody may decide now."))
        return
    open_case(
        fingerprint,
        kind="approvals.no_approver",
        title=f"{request.number} waits for {step.get_role_display()} of {step.unit}, but nobody there may decide it",
        at=at,
        severity="high",
        unit=request.unit,
        money=request.amount,
        currency=request.currency,
        subject=request.audit_subject,
        detail={"request": request.number, "role": step.role, "unit": step.unit.name},
    )


def enough(step: Step, request: Request) -> bool:
    """Whether as many may decide as it still takes."""
    approvals = step.decisions.filter(void_at__isnull=True, verdict=Decision.Verdict.APPROVE).count()
    needed = max(step.quorum - approvals, 1)
    return eligible(step, request)[:needed].count() >= needed


def calendar_of_person(person: Person, unit: Unit, *, at: datetime) -> Calendar:
    """The person's own calendar, with their absence; where it has no hours, or they are away for good, the unit's."""
    own = person.calendar
    if own is not None and not time.check_calendar(own, at=at, person_id=person.pk):
        return own
    return calendar_of(unit, at=at)


def calendar_of(unit: Unit, *, at: datetime) -> Calendar:
    """The nearest calendar up the tree that has any hours; a plain working week where a firm has set none."""
    units = Unit.objects.filter(pk__in=unit.ancestor_ids, calendar__isnull=False).select_related("calendar")
    for above in sorted(units, key=lambda each: len(each.path), reverse=True):
        if above.calendar and not time.check_calendar(above.calendar, at=at):
            return above.calendar
    return standard_week()
