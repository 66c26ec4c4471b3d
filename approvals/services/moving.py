"""Who has a step: taking it on, giving it back, passing it on, asking somebody more, asking for a view."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals.delegations import Delegation
from approvals.models import Mention, Participant, Request, Step
from approvals.services.refusing import DecisionRefused, NotEntitledError
from approvals.services.routing import (
    ask_step,
    calendar_of,
    calendar_of_person,
    check_somebody_may_decide,
    clock_of,
    eligible,
    keep_due,
    lock_step,
    say_asked,
    votes_for,
)
from approvals.services.talking import comment, say_mentioned
from cockpit.accounts import grants
from cockpit.accounts.models import Person
from cockpit.audit import record, reference
from cockpit.sweeping import each
from cockpit.time import services as time

SYSTEM = "system:claims"
CLAIM_LASTS = timedelta(hours=4)  # without a word from who took it on, it goes back to everybody
HANDED_ON_LASTS = timedelta(days=365)


class MoveRefusedError(DecisionRefused):
    """The step stays with whom it was; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence


@transaction.atomic
def claim(step_id: int, *, actor: Person, at: datetime, take_over: bool = False) -> Step:
    """Take a step on: others see who has it, and its clock counts on the person's own calendar from now on.

    Claiming again prolongs it. Raises NotEntitledError unless one may decide it, MoveRefusedError when somebody else
    has it and `take_over` is not said.
    """
    request, step = lock_step(step_id)
    _check_open(request, step)
    if not votes_for(step, request, actor, at=at):
        raise NotEntitledError(_("Only who may decide this step can take it on."))
    if step.claimed_by_id not in (None, actor.pk) and not take_over:
        raise MoveRefusedError(_("%(person)s has taken this on.") % {"person": step.claimed_by})
    first = step.claimed_by_id != actor.pk
    step.claimed_by, step.claimed_until = actor, at + CLAIM_LASTS
    step.save(update_fields=["claimed_by", "claimed_until"])
    if first:
        _count_on(step, actor, cause=gettext_noop("taken on"), at=at)
        record(request.audit_subject, "approvals.request.claim", actor=actor, at=at, data={"step": step.pk})
    return step


@transaction.atomic
def release(step_id: int, *, actor: Person, at: datetime) -> None:
    """Give a step back to everybody who is asked. Raises MoveRefusedError: not one's own, not asked."""
    request, step = lock_step(step_id)
    _check_open(request, step)
    if step.claimed_by_id != actor.pk:
        raise MoveRefusedError(_("You have not taken this on."))
    _give_back(request, step, actor=actor, at=at)


def release_idle(*, at: datetime, limit: int = 500) -> int:
    """Give back what somebody took on and left; how many. Safe in many places at once."""
    idle = Step.objects.filter(claimed_until__lte=at, claimed_by__isnull=False, state=Step.State.OPEN)
    return each(idle.values_list("pk", flat=True)[:limit], lambda pk: _release_idle(pk, at=at))


@transaction.atomic
def _release_idle(step_id: int, *, at: datetime) -> bool:
    request, step = lock_step(step_id)
    if step.claimed_by_id is None or step.claimed_until is None or step.claimed_until > at:
        return False
    _give_back(request, step, actor=SYSTEM, at=at)
    return True


@transaction.atomic
def reassign(step_id: int, *, to: Person, actor: Person, at: datetime, reason: str) -> Step:
    """Let `to` decide this step instead of whom the policy named. Within the policy: somebody who holds its role.

    Whoever is asked may, and who oversees the unit's requests. Raises NotEntitledError or MoveRefusedError.
    """
    request, step = lock_step(step_id)
    _check_open(request, step)
    if not (votes_for(step, request, actor, at=at) or _oversees(actor, step)):
        raise NotEntitledError(_("Only who is asked, or the PMO of that unit, can pass this on."))
    if not reason.strip():
        raise MoveRefusedError(_("Say why you pass it on."))
    may = grants.holders(step.role, step.unit).exclude(pk__in=request.barred_persons)
    if not may.filter(pk=to.pk).exists() or not eligible_alone(step, request, to):
        raise MoveRefusedError(
            _("%(person)s may not decide this: it needs %(role)s of %(unit)s who took no part in it.")
            % {"person": to, "role": step.get_role_display(), "unit": step.unit}
        )
    was = [reference(person) for person in Person.objects.filter(pk__in=step.asked_persons)]
    step.asked_persons, step.claimed_by, step.claimed_until = [to.pk], None, None
    step.save(update_fields=["asked_persons", "claimed_by", "claimed_until"])
    _count_on(step, to, cause=gettext_noop("passed on"), at=at)
    data = {"step": step.pk, "from": was, "to": reference(to)}
    words = {"reason": reason.strip()}
    record(request.audit_subject, "approvals.request.reassign", actor=actor, at=at, data=data, words=words)
    say_asked(step, request, at=at, whom=str(to.pk))
    check_somebody_may_decide(step, request, at=at)
    return step


@transaction.atomic
def hand_on(step_id: int, *, to: Person, actor: Person, at: datetime) -> Delegation:
    """Let `to` decide this one request for `actor`, whose vote it stays. Raises NotEntitledError, MoveRefusedError."""
    request, step = lock_step(step_id)
    _check_open(request, step)
    if actor not in votes_for(step, request, actor, at=at):
        raise NotEntitledError(_("Only who is asked can let somebody decide for them; a deputy cannot pass it on."))
    if to == actor or to.user is None or not to.active or to.pk in request.barred_persons:
        raise MoveRefusedError(_("%(person)s cannot decide this for you.") % {"person": to})
    made, new = Delegation.objects.get_or_create(
        delegator=actor,
        deputy=to,
        request=request,
        ended_at=None,
        defaults={"start_at": at, "end_at": at + HANDED_ON_LASTS, "proposed_at": at, "confirmed_at": at},
    )
    if new:
        Participant.objects.get_or_create(request=request, person=to, part=Participant.Part.ASKED)
        data = {"step": step.pk, "to": reference(to)}
        record(request.audit_subject, "approvals.request.hand_on", actor=actor, at=at, data=data)
        say_asked(step, request, at=at, whom=str(to.pk))
    return made


@transaction.atomic
def add_approver(step_id: int, *, person: Person, actor: Person, at: datetime, reason: str) -> Step:
    """Ask one more person who must agree as well, beside this step. Raises NotEntitledError, MoveRefusedError."""
    request, step = lock_step(step_id)
    _check_open(request, step)
    if not votes_for(step, request, actor, at=at):
        raise NotEntitledError(_("Only who may decide this step can ask for one more approval."))
    if not reason.strip():
        raise MoveRefusedError(_("Say why somebody else must agree, too."))
    open_steps = step.round.steps.exclude(state=Step.State.VOID)
    if open_steps.filter(asked_persons=[person.pk]).exists():
        raise MoveRefusedError(_("%(person)s is asked already.") % {"person": person})
    if person == actor or not eligible_alone(step, request, person):
        raise MoveRefusedError(
            _("%(person)s cannot decide this: they took part in it, or cannot sign in.") % {"person": person}
        )
    more = Step.objects.create(
        round=step.round, order=step.order, role=step.role, unit=step.unit, goal_s=step.goal_s,
        who=f"person:{person.pk}", added_by=actor,
    )  # fmt: skip
    ask_step(more, request, at=at)
    keep_due(request)
    Participant.objects.get_or_create(request=request, person=person, part=Participant.Part.ASKED)
    data = {"step": more.pk, "asked": reference(person)}
    words = {"reason": reason.strip()}
    record(request.audit_subject, "approvals.request.add_approver", actor=actor, at=at, data=data, words=words)
    return more


@transaction.atomic
def consult(step_id: int, *, person: Person, actor: Person, at: datetime, text: str) -> None:
    """Ask somebody for their view: they may see the request and comment, without a vote."""
    request, step = lock_step(step_id)
    _check_open(request, step)
    if not votes_for(step, request, actor, at=at):
        raise NotEntitledError(_("Only who may decide this step can ask somebody for their view."))
    if person.user is None or not person.active:
        raise MoveRefusedError(
            _("%(person)s has no sign-in and could not answer. Ask somebody else.") % {"person": person}
        )
    Participant.objects.get_or_create(request=request, person=person, part=Participant.Part.CONSULTED)
    said = comment(request.pk, actor=actor, text=text, at=at)
    Mention.objects.get_or_create(comment=said, request=request, person=person)
    say_mentioned(said, at=at)
    data = {"step": step.pk, "of": reference(person), "comment": said.pk}
    record(request.audit_subject, "approvals.request.consult", actor=actor, at=at, data=data)


def eligible_alone(step: Step, request: Request, person: Person) -> bool:
    """Whether `person` could vote here if they were asked: works here, is not barred, took no part in the round."""
    probe = Step(round=step.round, role=step.role, unit=step.unit, asked_persons=[person.pk])
    return eligible(probe, request).exists()


def _give_back(request: Request, step: Step, *, actor: Person | str, at: datetime) -> None:
    step.claimed_by, step.claimed_until = None, None
    step.save(update_fields=["claimed_by", "claimed_until"])
    clock = clock_of(step)
    time.hand_over(clock, calendar=calendar_of(step.unit, at=at), cause=gettext_noop("given back"), at=at)
    _keep(step, clock.due_at)
    record(request.audit_subject, "approvals.request.release", actor=actor, at=at, data={"step": step.pk})


def _count_on(step: Step, person: Person, *, cause: str, at: datetime) -> None:
    """From now on the step's clock counts on this person's calendar."""
    clock = clock_of(step)
    time.hand_over(
        clock, calendar=calendar_of_person(person, step.unit, at=at), person_id=person.pk, cause=cause, at=at
    )
    _keep(step, clock.due_at)


def _keep(step: Step, due_at: datetime | None) -> None:
    step.due_at = due_at
    step.save(update_fields=["due_at"])
    keep_due(step.round.request)


def _oversees(actor: Person, step: Step) -> bool:
    return grants.holders("pmo", step.unit).filter(pk=actor.pk).exists()


def _check_open(request: Request, step: Step) -> None:
    if request.state != Request.State.PENDING or step.state != Step.State.OPEN:
        raise MoveRefusedError(_("%(number)s no longer waits for a decision.") % {"number": request.number})
