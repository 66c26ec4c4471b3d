"""Repairs: the buttons of a case that do something about it. Each kind's are named in settings.CASE_REPAIRS.

What a repair does outside goes through the outbox, so that it happens once, in order, and is seen on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from cockpit import audit
from cockpit.accounts.models import Person
from cockpit.exception_queue.acts import CaseRefusedError, LastAct, NothingToUndoError, NotOpenError, last_act
from cockpit.exception_queue.models import Case
from cockpit.transitions import subject_of


class Repair(Protocol):
    """`label` says what happens; `said` what happened lately, or why it is not offered now ("" when it is).

    `run` raises CaseRefusedError where it cannot be done. `asks_why` is the question that its reason answers.
    """

    key: str
    asks_why: str | Promise

    def label(self, case: Case) -> str: ...
    def said(self, case: Case, *, at: datetime) -> str: ...
    def is_offered(self, case: Case, *, at: datetime) -> bool: ...
    def run(self, case: Case, *, actor: Person, at: datetime, note: str = "") -> dict[str, object]: ...


@runtime_checkable
class Recallable(Protocol):
    """A repair that waits for `recall` before it happens. `take_back` is False when it happened already."""

    key: str
    recall: timedelta

    def did(self, case: Case, *, waits: bool) -> str: ...
    def undo_label(self, case: Case) -> str: ...
    def take_back(self, data: Mapping[str, object], *, actor: Person, at: datetime) -> bool: ...


class NoRepairError(CaseRefusedError):
    def __init__(self, said: str = "") -> None:
        self.sentence = said or _("This cannot be done about it now.")


def repairs_of(kind: str) -> list[Repair]:
    """In the order of settings; the first is the next step unless the case names another."""
    return [import_string(name) for name in settings.CASE_REPAIRS.get(kind, [])]


def next_step(case: Case) -> Repair | None:
    found = repairs_of(case.kind)
    return next((one for one in found if one.key == case.next_step), found[0] if found else None)


@transaction.atomic
def run_repair(case_id: int, key: str, *, actor: Person, at: datetime, note: str = "") -> Case:
    """Do it, and write down who did. Raises CaseRefusedError: somebody was faster, or it cannot be done now."""
    case = Case.objects.select_for_update(of=("self",)).select_related("unit").get(pk=case_id)
    repair = next((one for one in repairs_of(case.kind) if one.key == key), None)
    if repair is None:
        raise NoRepairError
    if case.state == Case.State.RESOLVED:
        raise NotOpenError(case, at)
    if not repair.is_offered(case, at=at):
        raise NoRepairError(repair.said(case, at=at))
    data = repair.run(case, actor=actor, at=at, note=note)
    words = {"note": note} if note else {}
    audit.record(subject_of(case), f"exception_queue.case.{key}", actor=actor, at=at, data=data, words=words)
    case.refresh_from_db()
    return case


def recallable(case: Case, last: LastAct | None) -> Recallable | None:
    """The repair that was done last, if it is one that waits."""
    found = next((one for one in repairs_of(case.kind) if last and one.key == last.verb), None)
    return found if isinstance(found, Recallable) else None


def waiting(case: Case, actor: Person | None, last: LastAct | None, *, at: datetime) -> Recallable | None:
    """The actor's own last repair, while it can be taken back."""
    found = recallable(case, last)
    if found is None or last is None or actor is None or last.ref != audit.reference(actor):
        return None
    return found if at - last.at < found.recall else None


@transaction.atomic
def take_back(case_id: int, *, actor: Person, at: datetime) -> Case:
    """Keep a repair from happening. Raises NothingToUndoError when it is too late, or it was somebody else's."""
    case = Case.objects.select_for_update(of=("self",)).select_related("unit").get(pk=case_id)
    last = last_act(case)
    repair = waiting(case, actor, last, at=at)
    if repair is None or last is None or not repair.take_back(last.data, actor=actor, at=at):
        raise NothingToUndoError
    verb = f"exception_queue.case.{repair.key}_back"
    audit.record(subject_of(case), verb, actor=actor, at=at, data={"key": last.data.get("key")})
    return case
