"""The firm in which requests live at random, and what may happen there: each act is plain data, so that it can be done
alone, at once with others, or by a process that dies on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q

from approvals import services
from approvals.delegations import DEEPEST, Delegation
from approvals.models import Decision, Question, Request, Step
from approvals.services.routing import eligible
from cockpit.accounts import grants
from cockpit.accounts.models import Person
from cockpit.time import services as time
from cockpit.time.models import Absence, Attendance, Holiday
from tests import cast
from tests.cast import MONDAY

PEOPLE = ("ann", "ben", "dan", "mia", "lea", "eve")
ROLES = [
    ("ann", "finance"), ("dan", "finance"), ("mia", "pmo"), ("mia", "partner"), ("lea", "partner"),
    ("lea", "leadership"),
]  # fmt: skip
AMOUNTS = ("20000", "26000", "48200", "150000")  # the first passes
STEPS = {
    "one": ["{role: finance, within: 2 h}"],
    "then": ["{role: finance, within: 2 h, about: [client]}", "{role: partner, order: 2, within: 1 h}"],
    "beside": ["{role: finance, about: [amount]}", "{role: partner, about: [client], within: 1 h}"],
    "both": ["{role: finance, quorum: 2, reject: quorum}", "{role: leadership, order: 2}"],
    "all": ["{role: partner, quorum: all, within: 1 h}"],
    "boss": [
        "{role: finance, who: 'manager:1', within: 1 h,"
        " ladder: [{at: 80, to: 'role:pmo'}, {at: 100, to: 'role:partner', hand_over: true}]}"
    ],
    "ann": [
        "{role: finance, who: ann@example.com, within: 1 h, ladder: [{at: 50, to: 'manager:1', hand_over: true},"
        " {at: 150, to: 'role:leadership', hand_over: true}]}",
        "{role: finance, order: 2, when: [{fact: amount, op: '>', value: 100000, currency: EUR}]}",
    ],
}
STAFFING = (
    "{kind: staffing, name: S, mode: enforce, rules: [{name: all, ask: [{role: partner, within: 2 h, timeout: approve},"
    " {role: leadership, order: 2, within: 1 h}]}]}"
)


def table(which: str) -> str:
    asks = ", ".join(STEPS[which])
    small = "{name: small, when: [{fact: amount, op: '<', value: 25000, currency: EUR}]}"
    return f"{{kind: invoice_release, name: R, mode: enforce, rules: [{small}, {{name: rest, ask: [{asks}]}}]}}"


@dataclass
class World:
    now: Any = MONDAY
    firm: cast.Firm = field(default_factory=cast.firm)
    stale: bool = False  # a calendar changed, and no sweep has brought it to the steps yet

    def __post_init__(self) -> None:
        firm = self.firm
        cast.hold(firm, ("mia", "partner", firm.de), ("lea", "partner", firm.de))
        for name, manager in (("ann", "lea"), ("ben", "mia"), ("mia", "lea")):
            firm[name].manager = firm[manager]
        for name in ("ann", "lea"):
            firm[name].calendar = cast.calendar(name, "Europe/Lisbon")
        Person.objects.bulk_update(firm.people.values(), ["manager", "calendar"])
        cast.policy(table("one"))
        cast.policy(STAFFING)

    def person(self, name: str) -> Person:
        """Fresh, as in another process: nothing is remembered of grants and deputies."""
        return Person.objects.select_related("user").get(pk=self.firm[name].pk)

    def step(self, number: int) -> Step | None:
        """One of the open steps; where there is none, and for some numbers, one that was."""
        steps = Step.objects.order_by("pk")
        found = list(steps.filter(state=Step.State.OPEN) if number < OPEN_ONLY else steps)
        return found[number % len(found)] if found else None

    def request(self, number: int) -> Request | None:
        requests = Request.objects.order_by("pk")
        found = list(requests.open() if number < OPEN_ONLY else requests)
        return found[number % len(found)] if found else None

    def presser(self, step: Step, act: Act) -> Person:
        """Mostly somebody who is asked there or acts for whoever is, else whomever the act names."""
        if act.m % 4 == 0:
            return self.person(act.who)
        asked = set(eligible(step, step.round.request).values_list("pk", flat=True))
        deputies = Delegation.objects.filter(Delegation.in_force(self.now), delegator__in=asked)
        fit = sorted(asked | set(deputies.values_list("deputy", flat=True)))
        if not fit:
            return self.person(act.who)
        return Person.objects.select_related("user").get(pk=fit[PEOPLE.index(act.who) % len(fit)])


OPEN_ONLY = 8


@dataclass(frozen=True)
class Act:
    """`n` chooses what is acted on, `m` how, `other` a second person."""

    name: str
    who: str = "ann"
    n: int = 0
    m: int = 0
    other: str = "dan"

    def ready(self, world: World) -> Callable[[], Any] | None:
        """Everything looked up that its page would have shown; what is left is the press. None: nothing to press."""
        return ACTS[self.name](world, self)


def ask(world: World, act: Act) -> Callable[[], Any]:
    """About one of three invoices or a staffing; asked once more with other facts it is a change of facts."""
    barred = [world.firm["ben"].pk, *([world.firm[act.other].pk] if act.m % 5 == 4 else [])]
    if act.n % 4 == 3:
        facts = {"hours": f"{8 * (1 + act.m % 2)}.0", "role": "engineer", "project": {"id": 1, "name": "P"}}
        kind, subject = "staffing", "staffing:1"
    else:
        client = {"id": 7 + act.m % 2, "name": "Brandt AG"}
        facts = cast.invoice_facts(world.firm.de, AMOUNTS[act.m % 4], client=client)
        kind, subject = cast.KIND, f"odoo.account.move:{act.n % 4}"
    unit, requester = world.firm.de, world.person("ben")
    return lambda: services.ask(
        kind, subject=subject, unit=unit, facts=facts, at=world.now, requester=requester, barred=barred
    )


def decide(world: World, act: Act) -> Callable[[], Any] | None:
    step = world.step(act.n)
    if step is None:
        return None
    shots = list(step.round.request.snapshots.order_by("-number"))
    shot = shots[min(act.m // 8, len(shots) - 1)]  # mostly the newest
    verdict = "reject" if act.m % 8 == 3 else "approve"
    actor = world.presser(step, act)
    votes = sorted(votes_naively(step, actor, world.now))
    for_person = Person.objects.get(pk=votes[0]) if votes and actor.pk not in votes else None
    return lambda: services.decide(
        step.pk, actor=actor, verdict=verdict, snapshot_id=shot.pk, at=world.now, note="why", for_person=for_person
    )


def on_request(press: Callable[[World, Act, Request], Any]) -> Callable[[World, Act], Callable[[], Any] | None]:
    def ready(world: World, act: Act) -> Callable[[], Any] | None:
        request = world.request(act.n)
        return None if request is None else lambda: press(world, act, request)

    return ready


def on_step(press: Callable[[World, Act, Step], Any]) -> Callable[[World, Act], Callable[[], Any] | None]:
    def ready(world: World, act: Act) -> Callable[[], Any] | None:
        step = world.step(act.n)
        return None if step is None else lambda: press(world, act, step)

    return ready


def undo(world: World, act: Act, request: Request) -> Any:
    """Whoever decided last mostly presses it."""
    last = Decision.objects.filter(round__request=request, void_at=None).order_by("pk").last()
    actor = last.person if last and act.m % 4 else world.person(act.who)
    return services.undo(request.pk, actor=actor, at=world.now)


def withdraw(world: World, act: Act, request: Request) -> Any:
    return services.withdraw(request.pk, actor=world.person("ben" if act.m % 4 else act.who), at=world.now)


def close(world: World, act: Act, request: Request) -> Any:
    return services.close(request, Request.Closed.SUBJECT_GONE, at=world.now)


def ask_back(world: World, act: Act, step: Step) -> Any:
    return services.ask_back(step.pk, actor=world.presser(step, act), text="Which?", at=world.now)


def answer(world: World, act: Act) -> Callable[[], Any] | None:
    asked = Question.objects.filter(ended_at=None).order_by("pk").first()
    if asked is None:
        return None
    if act.m % 3 == 0:
        return lambda: services.take_back(asked.pk, actor=asked.asked_by, at=world.now)
    return lambda: services.answer(asked.pk, actor=asked.asked_of, text="This one", at=world.now)


def claim(world: World, act: Act, step: Step) -> Any:
    return services.claim(step.pk, actor=world.presser(step, act), at=world.now, take_over=act.m % 2 == 1)


def release(world: World, act: Act) -> Callable[[], Any] | None:
    step = Step.objects.filter(claimed_by__isnull=False).order_by("pk").first()
    if step is None or step.claimed_by is None:
        return None
    actor = step.claimed_by
    return lambda: services.release(step.pk, actor=actor, at=world.now)


def reassign(world: World, act: Act, step: Step) -> Any:
    to, actor = world.person(act.other), world.presser(step, act)
    return services.reassign(step.pk, to=to, actor=actor, at=world.now, reason="away")


def add_approver(world: World, act: Act, step: Step) -> Any:
    person, actor = world.person(act.other), world.presser(step, act)
    return services.add_approver(step.pk, person=person, actor=actor, at=world.now, reason="large")


def hand_on(world: World, act: Act, step: Step) -> Any:
    return services.hand_on(step.pk, to=world.person(act.other), actor=world.presser(step, act), at=world.now)


def delegate(world: World, act: Act) -> Callable[[], Any] | None:
    """For a time; some for one kind, some up to an amount; circles and chains as they come."""
    if act.who == act.other:
        return None
    return lambda: Delegation.objects.create(
        delegator=world.firm[act.who],
        deputy=world.firm[act.other],
        start_at=world.now,
        end_at=world.now + timedelta(hours=1 + 9 * act.n),
        kinds=[cast.KIND] if act.m % 3 == 1 else [],
        limit=30_000 if act.m % 3 == 2 else None,
        proposed_at=world.now,
        confirmed_at=world.now,
    )


def take_back_delegation(world: World, act: Act) -> Callable[[], Any] | None:
    found = Delegation.objects.filter(Delegation.in_force(world.now)).order_by("pk").first()
    if found is None:
        return None
    return lambda: Delegation.objects.filter(pk=found.pk).update(ended_at=world.now)


def leave(world: World, act: Act) -> Callable[[], Any]:
    """Whoever is here leaves the firm, or loses a role; whoever is gone comes back with what they had."""
    person = Person.objects.select_related("user").filter(active=False).first() or world.person(act.who)
    if not person.active:
        return lambda: Person.objects.filter(pk=person.pk).update(active=True)
    role = next((role for name, role in ROLES if name == act.who), None)
    if role is None or act.m % 3 == 0:
        return lambda: Person.objects.filter(pk=person.pk).update(active=False)
    move = grants.grant if act.m % 3 == 1 else grants.revoke
    return lambda: move(person, role, world.firm.de, actor="system:cast", at=world.now)


def change_calendar(world: World, act: Act) -> Callable[[], Any]:
    """Somebody is away, a day is free for all, or a calendar gets other hours: known, and so acting, from now on."""

    def change() -> Any:
        world.stale = True
        start = world.now + timedelta(hours=act.n)
        span = {"start_at": start, "end_at": start + timedelta(hours=3 * (1 + act.m))}
        if act.m % 3 == 0:
            Absence.objects.create(person_id=world.firm[act.who].pk, **span)
        elif act.m % 3 == 1:
            Holiday.objects.create(name="Free", **span)
        else:
            Attendance.objects.filter(weekday=act.n % 5).update(from_minute=60 * act.m)
        return time.recalendar(at=world.now)

    return change


def publish(world: World, act: Act) -> Callable[[], Any]:
    which = sorted(STEPS)[act.n % len(STEPS)]
    return lambda: cast.policy(table(which), at=world.now)


def settle(world: World, act: Act) -> Callable[[], Any]:
    return lambda: services.settle_due(world.now)


def sweep(world: World, act: Act) -> Callable[[], Any]:
    return lambda: services.sweep_clocks(world.now)


ACTS: dict[str, Callable[[World, Act], Callable[[], Any] | None]] = {
    "ask": ask,
    "decide": decide,
    "undo": on_request(undo),
    "withdraw": on_request(withdraw),
    "close": on_request(close),
    "ask back": on_step(ask_back),
    "answer": answer,
    "claim": on_step(claim),
    "release": release,
    "reassign": on_step(reassign),
    "add approver": on_step(add_approver),
    "hand on": on_step(hand_on),
    "delegate": delegate,
    "end delegation": take_back_delegation,
    "leave": leave,
    "calendar": change_calendar,
    "publish": publish,
    "settle": settle,
    "sweep": sweep,
}


# --- a second, plain reading of who may decide ----------------------------------------------------------------


def votes_naively(step: Step, actor: Person, at: Any) -> set[int]:
    """Whose vote `actor` may cast on this step, found by walking through everything."""
    request = step.round.request
    out = set(request.barred_persons)
    for decision in Decision.objects.filter(round=step.round_id, void_at=None):
        out |= {decision.person_id, decision.effective_person_id}
    here = {one.pk for one in Person.objects.filter(active=True, user__is_active=True)}
    asked = set(step.asked_persons) or set(grants.holders(step.role, step.unit).values_list("pk", flat=True))
    may = (asked & here) - out
    if actor.pk in out:
        return set()
    found = {actor.pk} & may
    for path in _chains([actor.pk], at):
        within = all(_covers(each, request) for each in path)
        between = {each.delegator_id for each in path[:-1]}
        if within and not between & out and path[-1].delegator_id in may:
            found.add(path[-1].delegator_id)
    return found


def _chains(persons: list[int], at: Any) -> list[list[Delegation]]:
    if len(persons) > DEEPEST:
        return []
    valid = Q(confirmed_at__isnull=False, ended_at__isnull=True, start_at__lte=at, end_at__gt=at)
    paths = []
    for each in Delegation.objects.filter(valid, deputy=persons[-1]).exclude(delegator__in=persons):
        paths.append([each])
        paths += [[each, *further] for further in _chains([*persons, each.delegator_id], at)]
    return paths


def _covers(each: Delegation, request: Request) -> bool:
    return (
        (not each.kinds or request.kind_key in each.kinds)
        and (each.limit is None or request.amount_reporting <= each.limit)
        and (each.client_odoo_id is None or request.client_odoo_id == each.client_odoo_id)
        and (each.request_id is None or each.request_id == request.pk)
    )
