"""From what a form says to the act: one case, or many with a result for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from cockpit.accounts.models import Person, User
from cockpit.exception_queue import acts, forms
from cockpit.exception_queue.acts import CaseRefusedError
from cockpit.exception_queue.kinds import kind_of
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.reading.seen import may_work, visible_to
from cockpit.exception_queue.repairs import NoRepairError, next_step, recallable, run_repair, take_back

LEAVES = {"snooze", "ignore", "duplicate", "close"}  # after these the list moves on
IN_BULK = {"own", "acknowledge", "snooze", "step"}


@dataclass(frozen=True)
class Result:
    case: Case
    title: str
    sentence: str  # why not; empty: done

    @property
    def done(self) -> bool:
        return not self.sentence


def perform(verb: str, case: Case, user: User, given: QueryDict, *, at: datetime) -> Case:
    """Do what the form asks for. Raises CaseRefusedError."""
    if not may_work(user, case):
        raise NotYoursError
    return _ACTS[verb](case, user, given, at)


def perform_all(verb: str, user: User, given: QueryDict, *, at: datetime) -> list[Result]:
    """The same for each case that was ticked; one that is refused does not keep the others back."""
    wanted = forms.chosen(given)
    rows: Mapping[int, Case] = Case.objects.filter(visible_to(user)).select_related("unit", "owner").in_bulk(wanted)
    return [_one_of_many(verb, rows[pk], user, given, at) for pk in wanted if pk in rows]


class NotYoursError(CaseRefusedError):
    sentence = gettext_lazy("You may look at it; whoever works on cases of its unit acts.")


def _one_of_many(verb: str, case: Case, user: User, given: QueryDict, at: datetime) -> Result:
    title = kind_of(case.kind).title_of(case)
    try:
        return Result(perform(verb, case, user, given, at=at), title, "")
    except CaseRefusedError as problem:
        return Result(case, title, str(problem))


def _person(user: User) -> Person:
    return user.person


def _step(case: Case, user: User, given: QueryDict, at: datetime) -> Case:
    """The repair that is named, else the next step."""
    first = next_step(case)
    key = given.get("step") or (first.key if first else "")
    if not key:
        raise NoRepairError
    return run_repair(case.pk, key, actor=_person(user), at=at, note=given.get("note", "")[:4000])


def _ignore(case: Case, user: User, given: QueryDict, at: datetime) -> Case:
    end = forms.until(given, at=at)
    worse = given.get("worse") == "1"
    reason = given.get("reason", "")[:4000]
    return acts.ignore(case.pk, actor=_person(user), reason=reason, until=end, until_worse=worse, at=at)


def _duplicate(case: Case, user: User, given: QueryDict, at: datetime) -> Case:
    number = forms.case_number(given.get("of", ""))
    of = Case.objects.filter(visible_to(user) & Q(pk=number)).first() if number else None
    return acts.mark_duplicate(case.pk, actor=_person(user), of=of, at=at)


def _undo(case: Case, user: User, given: QueryDict, at: datetime) -> Case:
    if recallable(case, acts.last_act(case)):
        return take_back(case.pk, actor=_person(user), at=at)
    return acts.undo(case.pk, actor=_person(user), at=at)


_ACTS: dict[str, Callable[[Case, User, QueryDict, datetime], Case]] = {
    "acknowledge": lambda case, user, given, at: acts.acknowledge(case.pk, actor=_person(user), at=at),
    "own": lambda case, user, given, at: acts.own(case.pk, actor=_person(user), at=at),
    "snooze": lambda case, user, given, at: acts.snooze(
        case.pk, actor=_person(user), until=forms.until(given, at=at), at=at
    ),
    "ignore": _ignore,
    "duplicate": _duplicate,
    "close": lambda case, user, given, at: acts.close_case(
        case.pk, actor=_person(user), reason=given.get("reason", "")[:4000], at=at
    ),
    "wake": lambda case, user, given, at: acts.wake(case.pk, actor=_person(user), at=at),
    "undo": _undo,
    "step": _step,
}
VERBS = tuple(_ACTS)
