"""What was ticked in the queue, before it is decided at once: the sum, what stands out first, and what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import Any

from django.utils.translation import gettext as _

from approvals.models import Request, Step
from approvals.reading import documents
from approvals.services import together
from cockpit.accounts.models import User
from cockpit.pages import words

FAR = 3  # times the median: an outlier


@dataclass(frozen=True)
class Item:
    request: Request
    step: Step
    marks: tuple[str, ...] = ()  # why it stands out

    @property
    def title(self) -> str:
        """In the reader's language; the stored one is what lists search."""
        shot = self.request.snapshot
        return str(self.request.kind.title(shot.facts)) if shot and shot.facts else self.request.title

    @property
    def value(self) -> str:
        """For the form: what is decided, and on which snapshot."""
        return f"{self.step.pk}:{self.request.snapshot_id}"


@dataclass(frozen=True)
class LeftOut:
    request: Request
    why: str


@dataclass(frozen=True)
class Batch:
    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]
    label: str = ""  # what they are
    role: str = ""
    total: str = ""

    @property
    def outliers(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.marks)


def read(picked: Iterable[int], user: User, at: datetime) -> Batch:
    """Of the requests that were ticked; those that this user may not see are not there."""
    order = list(dict.fromkeys(picked))[: together.MOST]
    requests = Request.objects.visible_to(user).select_related("unit").in_bulk(order)
    mine = Step.objects.decidable_by(user, at).filter(round__request__in=requests, round__closed_at__isnull=True)
    steps = {step.round.request_id: step for step in together.steps_of(mine.values_list("pk", flat=True))}
    left = [LeftOut(requests[pk], _("It does not wait for you.")) for pk in order if pk in requests and pk not in steps]
    may: list[Step] = []
    for step in (steps[pk] for pk in order if pk in steps):
        try:
            together.check_one(step)
        except together.TogetherError as problem:
            left.append(LeftOut(step.round.request, str(problem.sentence)))
        else:
            may.append(step)
    return _batch(may, left)


def _batch(may: Sequence[Step], left: list[LeftOut]) -> Batch:
    alike, *others = list(together.groups(may).values()) or [[]]
    unlike = _("It is not alike: another kind, policy version or role.")
    left += [LeftOut(step.round.request, unlike) for group in others for step in group]
    if not alike:
        return Batch((), tuple(left))
    usual = median(step.round.request.amount_reporting for step in alike)
    items = [Item(step.round.request, step, _marks(step, usual)) for step in alike]
    items.sort(key=lambda item: (not item.marks, -item.request.amount_reporting))
    first = alike[0]
    return Batch(
        tuple(items), tuple(left), str(first.round.request.kind.label), first.get_role_display(), _total(alike)
    )


def _marks(step: Step, usual: Decimal) -> tuple[str, ...]:
    request = step.round.request
    said = list(documents.of_facts(request.kind, request.snapshot.facts if request.snapshot else {}).lacks)
    if usual and request.amount_reporting >= FAR * usual:
        said.append(_("%(times)s times the usual amount") % {"times": words.number(request.amount_reporting // usual)})
    return tuple(said)


def _total(steps: Sequence[Step]) -> str:
    sums: Counter[str] = Counter()
    for step in steps:
        if step.round.request.amount is not None:
            sums[step.round.request.currency] += step.round.request.amount  # type: ignore[assignment]
    values: list[tuple[str, Any]] = sorted(sums.items())
    return " + ".join(words.money(str(total), currency) for currency, total in values)
