"""Several requests decided at once: only what is alike, unchanged and small; each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from approvals import facts as factbook
from approvals.models import Request, Step
from approvals.services.deciding import AlreadyDecidedError, decide
from approvals.services.refusing import DecisionRefused
from cockpit.accounts.models import Person

MOST = 50


class TogetherError(DecisionRefused):
    """This one is not decided with the others; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence


@dataclass(frozen=True)
class Result:
    """What became of one. `problem` empty: it was decided, now or by the same press before."""

    request: Request
    problem: str = ""


def alike(step: Step) -> tuple[str, int, str]:
    """What several must have in common: kind, policy version and the role that is asked."""
    request = step.round.request
    return request.kind_key, request.version_id, step.role


def limit_of(request: Request) -> Decimal:
    """Up to how much each several may be decided at once: as its policy version says, else its kind; 0: never."""
    kind, own = request.kind.bulk_below, request.version.bulk_below
    if kind is None:
        return Decimal(0)
    return kind if own is None else own


def check_one(step: Step) -> None:
    """Raises TogetherError unless this step may be decided with others: small, and as it was when its round began."""
    request = step.round.request
    limit = limit_of(request)
    if not limit:
        raise TogetherError(_("Requests of this kind are decided one by one."))
    if request.amount_reporting > limit or not request.rate_known:
        raise TogetherError(_("It is above the limit for deciding several at once."))
    now = request.snapshot.facts if request.snapshot else {}
    if factbook.moved(request.kind, step.round.snapshot.facts, now):
        raise TogetherError(_("The record has changed since it was asked. Look at what is another."))
    if step.claimed_by_id is not None:
        raise TogetherError(_("%(person)s has taken this on.") % {"person": step.claimed_by})


def decide_together(
    picked: Iterable[tuple[int, int]], *, actor: Person, verdict: str, note: str, at: datetime
) -> list[Result]:
    """`picked`: step and the snapshot that was on the screen. Those that are not alike with the first are refused."""
    wanted = list(dict.fromkeys(picked))[:MOST]
    steps = steps_of(step for step, _snapshot in wanted)
    shots = dict(wanted)
    first = next(iter(steps), None)
    return [
        Result(step.round.request, _decide_one(step, first, shots[step.pk], actor, verdict, note, at))
        for step in steps
        if first is not None
    ]


def steps_of(pks: Iterable[int]) -> list[Step]:
    """With what is looked at, in the order given; what is not there is left out."""
    order = list(pks)
    rows = Step.objects.select_related(
        "round__request__snapshot", "round__request__version__policy", "round__request__unit", "round__snapshot",
        "claimed_by", "unit",
    )  # fmt: skip
    found = rows.in_bulk(order)
    return [found[pk] for pk in order if pk in found]


def _decide_one(step: Step, first: Step, snapshot_id: int, actor: Person, verdict: str, note: str, at: datetime) -> str:
    try:
        if alike(step) != alike(first):
            raise TogetherError(_("It is not alike: another kind, policy version or role."))
        if step.state == Step.State.OPEN and step.claimed_by_id != actor.pk:
            check_one(step)
        decide(step.pk, actor=actor, verdict=verdict, snapshot_id=snapshot_id, at=at, note=note)
    except AlreadyDecidedError as problem:
        mine = problem.decision
        said = mine is not None and (mine.person_id, mine.step_id, mine.verdict) == (actor.pk, step.pk, verdict)
        return "" if said else str(problem.sentence)
    except DecisionRefused as problem:
        return str(problem.sentence)
    return ""


def groups(steps: Sequence[Step]) -> dict[tuple[str, int, str], list[Step]]:
    """Steps that are alike, the largest group first."""
    found: dict[tuple[str, int, str], list[Step]] = {}
    for step in steps:
        found.setdefault(alike(step), []).append(step)
    return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))
