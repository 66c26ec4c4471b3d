"""Who is asked, by name: for rows, the path, and "why you"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals import resolvers
from approvals.delegations import acting_for
from approvals.keys import keys_of
from approvals.models import Question, Request, Step
from cockpit.accounts import grants
from cockpit.accounts.models import Person, User

# The question that a request waits for, read with its row: who asked whom what.
QUESTION = Subquery(
    Question.objects.filter(request=OuterRef("pk"), ended_at__isnull=True)
    .order_by("-asked_at", "-pk")
    .values(
        one=JSONObject(text="text", by="asked_by__name", by_id="asked_by_id", of="asked_of__name", of_id="asked_of_id")
    )[:1]
)
NAMED = 3  # more of them are counted
LONGEST = 80  # of a question in a row


def holders(steps: Iterable[Step]) -> dict[int, list[Person]]:
    """The persons whom each step asks: those it names; of an open step that asks a role, its holders. One query."""
    steps = list(steps)
    roles = {(one.role, one.unit) for one in steps if one.state == Step.State.OPEN and not one.asked_persons}
    held, named = grants.holders_each(roles, besides={pk for step in steps for pk in step.asked_persons})
    found = {step.pk: [named[pk] for pk in step.asked_persons if pk in named] for step in steps}
    for step in steps:
        if not step.asked_persons:
            found[step.pk] = held.get((step.role, step.unit_id), [])
    return found


def names(persons: Sequence[Person]) -> str:
    """ "Ann Albers or Dan Dietz", "Ann Albers, Dan Dietz, Lea Lindt and 4 more"."""
    first = ", ".join(str(one) for one in persons[:NAMED])
    if len(persons) == 2:
        return _("%(one)s or %(other)s") % {"one": persons[0], "other": persons[1]}
    more = len(persons) - NAMED
    if more <= 0:
        return first
    return ngettext("%(names)s and one more", "%(names)s and %(count)d more", more) % {"names": first, "count": more}


def notes(
    requests: Sequence[Request], steps: Mapping[int, Step], user: User, *, mine: bool, at: datetime
) -> dict[int, str]:
    """What each open request waits for, in a few words. `mine`: in the list of what needs this user.

    The requests come with their `question`. One query; none for one's own list.
    """
    person = getattr(user, "person", None)
    told = [steps[one.pk] for one in requests if one.pk in steps and one.question is None]  # type: ignore[attr-defined]
    whom = {} if mine else holders(one for one in told if one.claimed_by_id is None)
    return {one.pk: _note(one, steps.get(one.pk), whom, user, person, mine=mine, at=at) for one in requests}


def _note(
    request: Request,
    step: Step | None,
    whom: Mapping[int, Sequence[Person]],
    user: User,
    person: Person | None,
    *,
    mine: bool,
    at: datetime,
) -> str:
    question: Mapping[str, Any] | None = request.question  # type: ignore[attr-defined]
    if question is not None:
        return _question(question, person)
    if step is None:
        return ""
    if step.claimed_by_id is not None:
        return _("you took it on") if person == step.claimed_by else _("%(who)s has it") % {"who": step.claimed_by}
    if mine:
        return _for_whom(step, user, person, at)
    return _waits(step, [one for one in whom[step.pk] if one.pk not in request.barred_persons])


def _waits(step: Step, persons: Sequence[Person]) -> str:
    """By name, as far as they fit; a role that nobody holds keeps it waiting, and is said."""
    role = step.get_role_display()
    if step.asked_persons:
        return _("waits for %(role)s") % {"role": names(persons) if persons else role}
    if not persons:
        return _("waits for %(role)s, but nobody there holds that role") % {"role": role}
    if len(persons) > 2:
        rest = len(persons) - 1
        said = ngettext("%(names)s and one more", "%(names)s and %(count)d more", rest)
        return _("waits for %(who)s (%(role)s)") % {"who": said % {"names": persons[0], "count": rest}, "role": role}
    return _("waits for %(who)s (%(role)s)") % {"who": names(persons), "role": role}


def _question(question: Mapping[str, Any], person: Person | None) -> str:
    text = question["text"]
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    if person is not None and person.pk == question["of_id"]:
        return _("%(who)s asks you: %(text)s") % {"who": question["by"], "text": text}
    return _("waits for an answer by %(who)s: %(text)s") % {"who": question["of"], "text": text}


def _for_whom(step: Step, user: User, person: Person | None, at: datetime) -> str:
    """ "for Ann Albers" where one is asked only as her deputy."""
    keys = set(step.keys)
    if person is None or keys & set(keys_of(user)):
        return ""
    theirs = [way.delegator for way in acting_for(person, at=at) if keys & set(way.keys)]
    return _("for %(who)s") % {"who": names(list(dict.fromkeys(theirs)))} if theirs else ""


def why_you(request: Request, step: Step, *, own: bool, delegators: Sequence[Person]) -> str:
    """Why this step asks the reader, in a sentence: as a person, in a role, or for whom they act."""
    role = {"role": step.get_role_display(), "unit": step.unit}
    if not own:
        who = names(delegators)
        return _("You act for %(who)s, who is asked here (%(role)s for %(unit)s).") % {"who": who, **role}
    if not step.asked_persons:
        return _("You are %(role)s for %(unit)s.") % role
    if step.added_by_id is not None:
        return _("%(who)s wants your agreement as well.") % {"who": step.added_by}
    meant = resolvers.read(step.who)
    match meant.kind if meant.value else "":
        case "fact":
            return _("The record names you: %(fact)s.") % {"fact": request.kind.fact(meant.value).label}
        case "manager" if meant.value == "1":
            return _("You are the manager of %(who)s, who asked.") % {"who": request.requester}
        case "manager":
            return _("You are a manager above %(who)s, who asked.") % {"who": request.requester}
        case "person":
            return _("The policy names you.")
        case "role":
            return _("The policy asks a role that you hold.")
    return _("It was passed on to you.")
