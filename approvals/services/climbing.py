"""What a step's time brings by itself: a warning, somebody who is told, somebody who takes over. Never a yes, unless
the policy of a kind without money says so.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from approvals import resolvers
from approvals.models import Decision, Participant, Request, Step
from approvals.services.deciding import lapse
from approvals.services.routing import (
    asked,
    calendar_of,
    calendar_of_person,
    check_somebody_may_decide,
    clock_of,
    keep_due,
    lock,
    stop_clock,
)
from cockpit.accounts.models import Person
from cockpit.audit import record, reference
from cockpit.events.services import emit
from cockpit.time import services as time
from cockpit.time.models import Clock

SYSTEM = "system:clock"


@transaction.atomic
def reached(clock: Clock, *, at: datetime) -> bool:
    """Say that a step's clock has reached a level and take the rungs there; False when it was said already."""
    step_id = int(clock.subject.rpartition(":")[2])
    request = lock(Step.objects.values_list("round__request_id", flat=True).get(pk=step_id))
    level = time.reach(clock, at=at)
    step = Step.objects.select_related("round__request", "unit").get(pk=step_id)
    if level is None or request.state != Request.State.PENDING or step.state != Step.State.OPEN:
        return level is not None
    rungs = [rung for rung in step.ladder if step.climbed < rung["at"] <= level]
    step.climbed = level
    step.save(update_fields=["climbed"])
    _emit("approvals.reminded", request, step, at=at, level=level)
    for rung in rungs:
        _climb(request, step, rung, at=at)
    if level >= Clock.WHOLE and step.timeout == "approve":
        lapse(request, step, at=at)
    return True


def _climb(request: Request, step: Step, rung: dict, *, at: datetime) -> None:
    """Tell whom the rung means; where it hands over they are asked instead, with the whole time of the step anew."""
    found = [one for one in _whom(request, step, rung["to"]) if one.pk not in step.asked_persons]
    free = [one for one in found if one.pk not in request.barred_persons and not _took_part(step, one)]
    hands_over = bool(rung.get("hand_over")) and bool(free)
    until_now = asked(step) if hands_over else []
    for person in {*free, *until_now}:  # whom it is taken from may go on seeing it
        Participant.objects.get_or_create(request=request, person=person, part=Participant.Part.ASKED)
    if hands_over:
        _hand_over(step, free, at=at)
    data = {"step": step.pk, "level": rung["at"], "to": [reference(one) for one in free], "handed_over": hands_over}
    record(request.audit_subject, "approvals.request.escalate", actor=SYSTEM, at=at, data=data)
    said = {"level": rung["at"], "persons": [one.pk for one in free], "handed_over": hands_over}
    _emit("approvals.escalated", request, step, at=at, **said)
    if not free or hands_over:
        check_somebody_may_decide(step, request, at=at)


def _hand_over(step: Step, persons: list[Person], *, at: datetime) -> None:
    """They are asked now, with a clock of their own; what the request has taken in all goes on counting."""
    stop_clock(step, at=at)
    alone = persons[0] if len(persons) == 1 else None
    clock = time.start_clock(
        step.clock_subject,
        calendar=calendar_of_person(alone, step.unit, at=at) if alone else calendar_of(step.unit, at=at),
        person_id=alone.pk if alone else None,
        goal_s=step.goal_s,
        cause=gettext_noop("handed over, because the time was over"),
        at=at,
    )
    step.asked_persons = sorted(one.pk for one in persons)
    step.claimed_by = step.claimed_until = None
    step.ladder = [rung for rung in step.ladder if rung["at"] > step.climbed]
    step.climbed, step.due_at = 0, clock.due_at
    step.save(update_fields=["asked_persons", "claimed_by", "claimed_until", "ladder", "climbed", "due_at"])
    keep_due(step.round.request)


def _whom(request: Request, step: Step, to: str) -> list[Person]:
    """As `resolvers` reads it; a manager is the one above whoever is asked, else above who asked for it."""
    facts = request.snapshot.facts if request.snapshot else {}
    meant = resolvers.read(to)
    if meant.kind == "manager" and step.asked_persons:
        below = Person.objects.filter(pk__in=step.asked_persons).select_related("manager__user")
        above = [resolvers.manager_above(one, int(meant.value)) for one in below]
        return [one for one in dict.fromkeys(above) if one is not None and resolvers.can_act(one)]
    return resolvers.persons(to, facts=facts, requester=request.requester, unit=step.unit)


def _took_part(step: Step, person: Person) -> bool:
    votes = Decision.objects.filter(round=step.round_id, void_at__isnull=True)
    return votes.filter(person=person).exists() or votes.filter(effective_person=person).exists()


def _emit(name: str, request: Request, step: Step, *, at: datetime, **said: object) -> None:
    emit(
        name,
        subject=request.audit_subject,
        key=f"{name}/{step.pk}/{said['level']}/{clock_of(step).pk}",
        at=at,
        payload={"request": request.pk, "step": step.pk, **said},
        origin=request.audit_subject,
    )
