"""What a person does about a case. Every act first locks its row: of people who act at once one wins, and the others
are told who did what. The same act by the same person twice is one act.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cockpit import audit
from cockpit.accounts.models import Person
from cockpit.audit.models import Entry, PersonRef
from cockpit.exception_queue.kinds import kind_of
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.ownership import role_for
from cockpit.exception_queue.reading.seen import may_work
from cockpit.exception_queue.services import AWAKE, resolve
from cockpit.pages import words
from cockpit.transitions import TransitionError, advance, subject_of

TWICE = timedelta(seconds=30)  # in which the same act again is a second click
UNDO = timedelta(minutes=10)
UNDONE_BY = {
    "acknowledge": "give_back",
    "snooze": "wake",
    "ignore": "wake",
    "mark_duplicate": "separate",
    "resolve": "reopen",
}


class CaseRefusedError(Exception):
    """Nothing was changed; `sentence` says why."""

    sentence: str | Promise = gettext_lazy("This was not done.")

    def __str__(self) -> str:
        return str(self.sentence)


class SecondPersonError(CaseRefusedError):
    sentence = gettext_lazy("You took part in it, so a second person reviews it.")


class ReasonMissingError(CaseRefusedError):
    sentence = gettext_lazy("Say what you found or did, so that others need not ask again.")


class ClosesItselfError(CaseRefusedError):
    sentence = gettext_lazy("It closes itself when its cause is gone. If it may stay as it is, ignore it.")


class EndMissingError(CaseRefusedError):
    sentence = gettext_lazy("Say until when: a date in the future, or until it gets worse.")


class NoSuchCaseError(CaseRefusedError):
    sentence = gettext_lazy("There is no such case. Give the number of another one, like E-12.")


class NothingToUndoError(CaseRefusedError):
    sentence = gettext_lazy("There is nothing of yours to undo: it is too long ago, or somebody went on from there.")


class NotTheirsError(CaseRefusedError):
    sentence = gettext_lazy("It has another owner by now.")


class CannotWorkError(CaseRefusedError):
    def __init__(self, person: Person) -> None:
        self.sentence = _("%(person)s does not work on cases of this unit.") % {"person": person}


class NotOpenError(CaseRefusedError):
    """Somebody was faster; the sentence says who did what, and when."""

    def __init__(self, case: Case, at: datetime) -> None:
        last = last_act(case)
        said = {"state": case.get_state_display()}
        if last is None or not last.who:
            self.sentence = _("It is %(state)s already.") % said
        else:
            said |= {"who": last.who, "when": words.moment(last.at, at)}
            self.sentence = _("It is %(state)s already: %(who)s was faster, at %(when)s.") % said


@dataclass(frozen=True)
class LastAct:
    verb: str
    who: str  # empty: no person
    ref: str
    at: datetime
    data: dict[str, Any]
    note: str = ""


@transaction.atomic
def acknowledge(case_id: int, *, actor: Person, at: datetime) -> Case:
    """Take it on: it is the actor's from now on, unless it has an owner. Raises NotOpenError."""
    case = _lock(case_id)
    taken: dict[str, Any] = {"owner": actor} if case.owner_id is None else {}
    return _advance(case, "acknowledge", actor=actor, at=at, data={"owner_before": None} if taken else {}, **taken)


@transaction.atomic
def own(case_id: int, *, actor: Person, at: datetime) -> Case:
    """Make the actor its owner. No change of state; taking what one owns already changes nothing."""
    case = _lock(case_id)
    if case.state == Case.State.RESOLVED:
        raise NotOpenError(case, at)
    if case.owner_id == actor.pk:
        return case
    before = audit.reference(case.owner) if case.owner else None
    Case.objects.filter(pk=case.pk).update(owner=actor)
    data = {"before": before, "before_id": case.owner_id}
    audit.record(subject_of(case), "exception_queue.case.own", actor=actor, at=at, data=data)
    case.refresh_from_db()
    return case


@transaction.atomic
def assign(
    case_id: int,
    *,
    to: Person | None,
    owner: Person | None,
    actor: Person,
    reason: str,
    at: datetime,
    back: bool = False,
) -> Case:
    """Give a case of `owner` to `to`, or (None) to the role that its kind names. `back`: taking that back.

    Raises NotOpenError, NotTheirsError when it has another owner by now, CannotWorkError when `to` may not work on it.
    """
    case = _lock(case_id)
    if case.state == Case.State.RESOLVED:
        raise NotOpenError(case, at)
    if case.owner_id != (owner.pk if owner else None):
        raise NotTheirsError
    if to is not None and not back and not _could_work(to, case):
        raise CannotWorkError(to)
    role = "" if to is not None else role_for(kind_of(case.kind), case.unit)
    Case.objects.filter(pk=case.pk).update(owner=to, owner_role=role)
    data = {"before": audit.reference(owner) if owner else None, "to": audit.reference(to) if to else None}
    words = {"reason": reason} if reason else {}
    audit.record(
        subject_of(case), "exception_queue.case.assign", actor=actor, at=at, data=data | {"back": back}, words=words
    )
    case.refresh_from_db()
    return case


@transaction.atomic
def snooze(case_id: int, *, actor: Person, until: datetime | None, at: datetime) -> Case:
    """Out of sight until `until`, or until it gets worse. Its deadline goes on. Raises EndMissingError."""
    if until is None or until <= at:
        raise EndMissingError
    case = _lock(case_id)
    return _advance(case, "snooze", actor=actor, at=at, wakes_at=until, **_worse_than(case))


@transaction.atomic
def ignore(
    case_id: int, *, actor: Person, reason: str, until: datetime | None, until_worse: bool, at: datetime
) -> Case:
    """Let it be, with a reason: until `until`, or (`until_worse`) until money or occurrences grow.

    Raises ReasonMissingError, EndMissingError, SecondPersonError, NotOpenError.
    """
    if not reason.strip():
        raise ReasonMissingError
    if (until is None and not until_worse) or (until is not None and until <= at):
        raise EndMissingError
    case = _lock(case_id)
    _check_second_person(case, actor)
    worse = _worse_than(case) if until_worse else {}
    words = {"note": reason.strip()}
    return _advance(case, "ignore", actor=actor, at=at, words=words, **{**AWAKE, "wakes_at": until, **worse})


@transaction.atomic
def mark_duplicate(case_id: int, *, actor: Person, of: Case | None, at: datetime) -> Case:
    """It is the same trouble as another living case, which goes on alone. Raises NoSuchCaseError, NotOpenError."""
    first, _second = sorted((case_id, of.pk if of else case_id))
    for pk in {first, _second}:  # in one order, so that two who mark each other's don't wait for one another
        _lock(pk)
    case = _lock(case_id)
    _check_second_person(case, actor)
    if of is None or of.pk == case.pk:
        raise NoSuchCaseError
    main = Case.objects.get(pk=of.pk)
    if main.state in (Case.State.RESOLVED, Case.State.DUPLICATE):
        raise NotOpenError(main, at)
    Case.objects.filter(duplicate_of=case).update(duplicate_of=main)
    return _advance(case, "mark_duplicate", actor=actor, at=at, duplicate_of=main, **AWAKE)


@transaction.atomic
def close_case(case_id: int, *, actor: Person, reason: str, at: datetime) -> Case:
    """Resolve a case by hand. Whoever took part in what is reviewed cannot review it.

    Raises SecondPersonError, ClosesItselfError, ReasonMissingError, or NotOpenError when somebody was faster.
    """
    case = _lock(case_id)
    _check_second_person(case, actor)
    if not kind_of(case.kind).may_be_closed:
        raise ClosesItselfError
    if not reason.strip():
        raise ReasonMissingError
    try:
        resolve(case, actor=actor, at=at, reason=reason.strip(), note=reason.strip())
    except TransitionError as faster:
        return _same_again(case, "resolve", actor, at, faster, note=reason.strip())
    return case


@transaction.atomic
def wake(case_id: int, *, actor: Person, at: datetime) -> Case:
    """Back to the open ones, before its time; a duplicate goes on by itself again. Raises NotOpenError."""
    case = _lock(case_id)
    verb = "separate" if case.state == Case.State.DUPLICATE else "wake"
    return _advance(case, verb, actor=actor, at=at, duplicate_of=None, **AWAKE)


@transaction.atomic
def undo(case_id: int, *, actor: Person, at: datetime) -> Case:
    """Take the actor's own last act back, for ten minutes and while nobody went on. Raises NothingToUndoError."""
    case = _lock(case_id)
    last = last_act(case)
    if last is None or last.ref != audit.reference(actor) or at - last.at > UNDO:
        raise NothingToUndoError
    if last.verb == "own":
        return _own_back(case, last, actor=actor, at=at)
    verb = UNDONE_BY.get(last.verb)
    if verb is None:
        raise NothingToUndoError
    cleared: dict[str, Any] = dict(AWAKE)
    if verb == "reopen":
        cleared |= {"closed_at": None, "closed_because": ""}
    if verb == "separate":
        cleared["duplicate_of"] = None
    if verb == "give_back" and "owner_before" in last.data:
        cleared["owner"] = None
    return _advance(case, verb, actor=actor, at=at, note="undo", **cleared)


def may_undo(case: Case, actor: Person | None, at: datetime) -> bool:
    last = last_act(case)
    if last is None or actor is None or last.verb not in {*UNDONE_BY, "own"} or at - last.at > UNDO:
        return False
    return last.ref == audit.reference(actor)


def last_act(case: Case) -> LastAct | None:
    """What happened to it last, by whom. Seeing it again is no act."""
    entry = Entry.objects.filter(subject=subject_of(case)).order_by("-seq").first()
    if entry is None:
        return None
    who = ""
    if entry.actor.startswith("person:"):
        ref = PersonRef.objects.filter(pk=entry.actor.removeprefix("person:")).first()
        who = str(ref) if ref else ""
    note = audit.spoken([entry])[entry.pk].get("note") or entry.data.get("note") or ""
    return LastAct(entry.verb.rpartition(".")[2], who, entry.actor, entry.at, entry.data, str(note))


def _own_back(case: Case, last: LastAct, *, actor: Person, at: datetime) -> Case:
    before = Person.objects.filter(pk=last.data.get("before_id") or 0).first()
    Case.objects.filter(pk=case.pk).update(owner=before)
    data = {"before": audit.reference(actor)}
    audit.record(subject_of(case), "exception_queue.case.disown", actor=actor, at=at, data=data)
    case.refresh_from_db()
    return case


def _could_work(person: Person, case: Case) -> bool:
    """As `reading.seen.may_work`, for somebody who does not own it yet."""
    return person.active and person.user is not None and person.user.is_active and may_work(person.user, case)


def _lock(case_id: int) -> Case:
    return Case.objects.select_for_update(of=("self",)).select_related("unit", "owner").get(pk=case_id)


def _check_second_person(case: Case, actor: Person) -> None:
    if actor.pk in case.detail.get("barred_persons", []):
        raise SecondPersonError


def _worse_than(case: Case) -> dict[str, Any]:
    return {"wakes_if_worse": True, "worse_than_money": case.money, "worse_than_count": case.occurrences}


def _advance(case: Case, verb: str, *, actor: Person, at: datetime, **more: Any) -> Case:
    try:
        advance(case, verb, actor=actor, at=at, **more)
    except TransitionError as faster:
        note = (more.get("words") or more).get("note", "")
        return _same_again(case, verb, actor, at, faster, note=note)
    return case


def _same_again(case: Case, verb: str, actor: Person, at: datetime, faster: Exception, *, note: str) -> Case:
    """A second click says what was done already; anything else lost against somebody faster."""
    last = last_act(case)
    is_mine = last is not None and last.ref == audit.reference(actor) and at - last.at <= TWICE
    if last is not None and is_mine and last.verb == verb and last.note == note:
        return case
    raise NotOpenError(case, at) from faster
