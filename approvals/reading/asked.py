"""Who is asked, by name: for rows, the path, and "why you"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals import resolvers
from approvals.delegations import acting_for
from approvals.keys import keys_of
from approvals.models import Question, Request, Step
from cockpit.accounts import grants
from cockpit.accounts.models import Person, User

# Whether a row has to be told with a question: asked beside the rows, so that a list without one costs no query more.
ASKED_BACK = Exists(Question.objects.filter(request=OuterRef("pk"), ended_at__isnull=True))
NAMED = 3  # more of them are counted
LONGEST = 80  # of a question in a row


def holders(steps: Iterable[Step]) -> dict[int, list[Person]]:
    """The persons whom each step asks: those it names; of an open step that asks a role, its holders."""
    steps = list(steps)
    named = Person.objects.in_bulk({pk for step in steps for pk in step.asked_persons})
    found = {step.pk: [named[pk] for pk in step.asked_persons if pk in named] for step in steps}
    for step in steps:
        if step.state == Step.State.OPEN and not step.asked_persons:
            found[step.pk] = list(grants.holders(step.role, step.unit).order_by("name"))
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
    """What each open request waits for, in a few words. `mine`: in the list of what needs this user."""
    if not requests:
        return {}
    back = [one for one in requests if getattr(one, "asked_back", True)]
    questions = Question.objects.filter(request__in=back, ended_at__isnull=True).select_related("asked_of", "asked_by")
    asked = {one.request_id: one for one in questions} if back else {}
    named = Person.objects.in_bulk({pk for step in steps.values() for pk in step.asked_persons})
    person = getattr(user, "person", None)
    return {
        one.pk: _note(one, steps.get(one.pk), asked.get(one.pk), named, user, person, mine=mine, at=at)
        for one in requests
    }


def _note(
    request: Request,
    step: Step | None,
    question: Question | None,
    named: Mapping[int, Person],
    user: User,
    person: Person | None,
    *,
    mine: bool,
    at: datetime,
) -> str:
    if question is not None:
        return _question(question, person)
    if step is None:
        return ""
    if step.claimed_by_id is not None:
        return _("you took it on") if person == step.claimed_by else _("%(who)s has it") % {"who": step.claimed_by}
    if mine:
        return _for_whom(step, user, person, at)
    persons = [named[pk] for pk in step.asked_persons if pk in named]
    return _("waits for %(role)s") % {"role": names(persons) if persons else step.get_role_display()}


def _question(question: Question, person: Person | None) -> str:
    text = question.text if len(question.text) <= LONGEST else f"{question.text[: LONGEST - 1]}…"
    if person == question.asked_of:
        return _("%(who)s asks you: %(text)s") % {"who": question.asked_by, "text": text}
    return _("waits for an answer by %(who)s: %(text)s") % {"who": question.asked_of, "text": text}


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
