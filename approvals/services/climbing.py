"""What a step's time brings by itself: a warning, somebody who is told, somebody who takes over. Never a yes, unless
the policy of a kind without money says so.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from approvals import resolvers
from approvals.models import Participant, Request, Step
from approvals.services.deciding import lapse
from approvals.services.routing import (
    asked,
    calendar_of,
    calendar_of_person,
    check_somebody_may_decide,
    clock_of,
    keep_due,
    lock_step,
    stop_clock,
    voters,
)
from cockpit.accounts.models import Person
from cockpit.audit import record, reference
from cockpit.events.services import Happening, emit, emit_all
from cockpit.sweeping import each
from cockpit.time import services as time
from cockpit.time.models import Clock

SYSTEM = "system:clock"
BATCH = 500
CLIMBED = """
    UPDATE approvals_step s SET climbed = n.level FROM unnest(%s::bigint[], %s::smallint[]) AS n(id, level)
    WHERE s.id = n.id
"""


def reached_all(clocks: Iterable[Clock], *, at: datetime) -> int:
    """`reached` for the clocks of many steps; how many levels were said.

    Where nobody is told and nothing lapses they are said together; the others each in a transaction of its own.
    """
    of = {_step_of(clock): clock for clock in clocks}
    acting = Step.objects.filter(pk__in=of).exclude(ladder=[], timeout="").order_by("pk").values_list("pk", flat=True)
    alone = list(acting)
    together = sorted(of.keys() - set(alone))
    batches = [[of[pk] for pk in together[start : start + BATCH]] for start in range(0, len(together), BATCH)]
    return each([*([of[pk]] for pk in alone), *batches], lambda batch: _reached_batch(batch, at=at))


def _reached_batch(clocks: list[Clock], *, at: datetime) -> int:
    """Where one breaks the batch, each goes by itself: that one is named, and the others go on."""
    if len(clocks) == 1:
        return int(reached(clocks[0], at=at))
    try:
        return _remind(clocks, at=at)
    except Exception:
        return each(clocks, lambda clock: reached(clock, at=at))


def _step_of(clock: Clock) -> int:
    return int(clock.subject.rpartition(":")[2])


@transaction.atomic
def _remind(clocks: list[Clock], *, at: datetime) -> int:
    """Each request is locked before its clock, as ever; one that somebody acts on now is left to the next sweep."""
    request_of = dict(Step.objects.filter(pk__in=map(_step_of, clocks)).values_list("pk", "round__request_id"))
    rows = Request.objects.filter(pk__in=request_of.values()).order_by("pk").select_for_update(skip_locked=True)
    pending = dict(rows.values_list("pk", "state"))
    mine = {clock.pk: _step_of(clock) for clock in clocks if request_of.get(_step_of(clock)) in pending}
    levels = time.reach_all([clock for clock in clocks if clock.pk in mine], at=at)
    still = set(Step.objects.filter(pk__in=mine.values(), state=Step.State.OPEN).values_list("pk", flat=True))
    said = [
        (mine[pk], level, pk)
        for pk, level in levels.items()
        if mine[pk] in still and pending[request_of[mine[pk]]] == Request.State.PENDING
    ]
    with connection.cursor() as cursor:
        cursor.execute(CLIMBED, [[step for step, *_ in said], [level for _, level, _ in said]])
    emit_all("approvals.reminded", [_reminder(request_of[one[0]], *one) for one in said], at=at)
    return len(levels)


def _reminder(request_id: int, step_id: int, level: int, clock_id: int) -> Happening:
    subject = f"{Request._meta.label_lower}:{request_id}"
    payload = {"request": request_id, "step": step_id, "level": level}
    return Happening(subject, f"approvals.reminded/{step_id}/{level}/{clock_id}", payload, origin=subject)


@transaction.atomic
def reached(clock: Clock, *, at: datetime) -> bool:
    """Say that a step's clock has reached a level and take the rungs there; False when it was said already."""
    request, step = lock_step(_step_of(clock))
    level = time.reach(clock, at=at)
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
    out = {*request.barred_persons, *voters(step)}
    free = [one for one in found if one.pk not in out]
    hands_over = bool(rung.get("hand_over")) and bool(free)
    until_now = asked(step) if hands_over else []
    seeing = {*free, *until_now}  # whom it is taken from may go on seeing it
    Participant.objects.bulk_create(
        [Participant(request=request, person=person, part=Participant.Part.ASKED) for person in seeing],
        ignore_conflicts=True,
    )
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
    meant = resolvers.read(to)
    facts = request.snapshot.facts if meant.kind == "fact" and request.snapshot else {}
    if meant.kind == "manager" and step.asked_persons:
        below = Person.objects.filter(pk__in=step.asked_persons).select_related("manager__user")
        above = [resolvers.manager_above(one, int(meant.value)) for one in below]
        return [one for one in dict.fromkeys(above) if one is not None and resolvers.can_act(one)]
    return resolvers.persons(to, facts=facts, requester=request.requester, unit=step.unit)


def _emit(name: str, request: Request, step: Step, *, at: datetime, **said: object) -> None:
    emit(
        name,
        subject=request.audit_subject,
        key=f"{name}/{step.pk}/{said['level']}/{clock_of(step).pk}",
        at=at,
        payload={"request": request.pk, "step": step.pk, **said},
        origin=request.audit_subject,
    )
