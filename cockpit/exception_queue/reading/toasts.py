"""The line about what was done last, with undo while that is possible."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from cockpit.accounts.models import User
from cockpit.exception_queue import acts
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.reading.seen import may_work, visible_to
from cockpit.exception_queue.repairs import recallable, waiting


@dataclass(frozen=True)
class Toast:
    case: Case
    text: str
    undoable: bool
    waits: bool = False  # what it tells of has not happened yet


def read(did: str, user: User, *, at: datetime) -> Toast | None:
    """Of the case with this id, if it was the user who acted last."""
    if not (did.isascii() and did.isdigit() and len(did) < 18):
        return None
    case = Case.objects.filter(visible_to(user), pk=did).first()
    person = getattr(user, "person", None)
    last = acts.last_act(case) if case else None
    if case is None or person is None or last is None or last.who != str(person) or at - last.at > acts.UNDO:
        return None
    if repair := recallable(case, last):
        waits = waiting(case, person, last, at=at) is not None
        return Toast(case, repair.did(case, waits=waits), waits and may_work(user, case), waits)
    sentences = {
        "acknowledge": _("You acknowledged %(number)s"),
        "own": _("You own %(number)s"),
        "snooze": _("You snoozed %(number)s"),
        "ignore": _("You ignored %(number)s"),
        "mark_duplicate": _("You marked %(number)s as a duplicate"),
        "resolve": _("You resolved %(number)s"),
        "wake": _("You opened %(number)s again"),
        "retry": _("You had %(number)s tried again"),
        "skip": _("You skipped the write of %(number)s"),
        "resync": _("You asked for it to be read again"),
    }
    sentence = sentences.get(last.verb)
    if sentence is None:
        return None
    return Toast(case, sentence % {"number": case.number}, may_work(user, case) and acts.may_undo(case, person, at))
