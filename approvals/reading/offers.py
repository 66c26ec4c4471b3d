"""What this reader may do with a request beside deciding it, and for whom they decide. The services check again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from approvals.act_forms import COLLEAGUES, VERBS, ActForm, Verb
from approvals.delegations import Acting, acting_for, duties_of
from approvals.keys import keys_of
from approvals.models import Decision, Question, Request, Step
from approvals.reading import showing
from cockpit.accounts import grants
from cockpit.accounts.models import Person, User
from cockpit.pages import words

SUGGESTED = 40  # names in the list


@dataclass(frozen=True)
class Offer:
    verb: Verb
    form: ActForm
    label: str


@dataclass(frozen=True)
class Voting:
    """Whose vote this reader may cast on the step; `until` where it is another's."""

    person: Person
    own: bool
    until: str = ""


@dataclass(frozen=True)
class Offers:
    votes: tuple[Voting, ...] = ()
    taken: str = ""  # who else has taken it on, and until when
    question: Question | None = None  # that is open, of any of its steps
    proposed: tuple[str, str, str] = ()  # type: ignore[assignment]  # fact, as it is, as it would be
    waits_for_me: bool = False
    offers: tuple[Offer, ...] = ()
    names: tuple[str, ...] = ()  # of colleagues who could be meant

    @property
    def acting(self) -> tuple[Voting, ...]:
        return tuple(vote for vote in self.votes if not vote.own)

    @property
    def several(self) -> bool:
        return len(self.votes) > 1

    @property
    def verbs(self) -> set[str]:
        return {offer.verb.name for offer in self.offers}

    @property
    def rare(self) -> bool:
        return any(offer.verb.rare for offer in self.offers)

    @property
    def list_id(self) -> str:
        return COLLEAGUES


NONE = Offers()


def read(
    request: Request,
    step: Step | None,
    steps: Sequence[Step],
    decisions: Sequence[Decision],
    whom: Mapping[int, Sequence[Person]],
    user: User,
    at: datetime,
    *,
    paused: bool,
) -> Offers:
    """`step`: the one that this user may decide now; `whom` each step asks; `paused`: a clock stands still."""
    person = getattr(user, "person", None)
    if person is None or not request.is_open:
        return NONE
    question = _open_question(steps) if paused else None
    votes = tuple(_votes(request, step, decisions, user, person, at)) if step else ()
    may = step is not None and request.state == Request.State.PENDING
    waits_for_me = question is not None and person.pk in {question.asked_of_id, request.requester_id}
    verbs = list(_verbs(request, step if may else None, question, person, votes, waits_for_me))
    overseen = _overseen(request, steps, user) if not may else None
    if overseen:
        verbs.append(("reassign", overseen))
    return Offers(
        votes=votes,
        taken=_taken(step, person, at) if may else "",
        question=question,
        proposed=_proposed(request, question) if question else (),  # type: ignore[arg-type]
        waits_for_me=waits_for_me,
        offers=tuple(_offer(request, name, on, step, person) for name, on in verbs),
        names=_names(request, step or overseen, whom, person),
    )


def _verbs(
    request: Request,
    step: Step | None,
    question: Question | None,
    person: Person,
    votes: Sequence[Voting],
    waits_for_me: bool,
) -> Iterable[tuple[str, Step | Question | None]]:
    """Each verb that is offered, with what it acts on."""
    if question is not None and waits_for_me:
        yield "answer", question
    if question is not None and question.asked_by_id == person.pk:
        yield "take_back", question
    if step is not None:
        if question is None or question.step_id != step.pk:
            yield "ask_back", step
        if any(vote.own for vote in votes):
            yield "hand_on", step
        yield ("release" if step.claimed_by_id == person.pk else "claim"), step
        for name in ("consult", "add_approver", "reassign"):
            yield name, step
    if request.requester_id == person.pk:
        yield "withdraw", None


def _offer(request: Request, name: str, on: Step | Question | None, step: Step | None, person: Person) -> Offer:
    verb = VERBS[name]
    initial: dict[str, object] = {}
    if isinstance(on, Question):
        initial = {"question": on.pk}
    elif on is not None:
        initial = {"step": on.pk}
    label = str(verb.label)
    if name == "claim" and step is not None and step.claimed_by_id not in {None, person.pk}:
        initial["take_over"] = True
        label = _("Take over")
    return Offer(verb, verb.form(asked=request, verb=name, initial=initial), label)


def _open_question(steps: Sequence[Step]) -> Question | None:
    still = [step.pk for step in steps if step.state == Step.State.OPEN]
    found = Question.objects.filter(step__in=still, ended_at__isnull=True).select_related("asked_of", "asked_by")
    return found.first()


def _votes(
    request: Request, step: Step, decisions: Sequence[Decision], user: User, person: Person, at: datetime
) -> Iterable[Voting]:
    """As `services.routing.votes_for`, from what the page has read; ways through deputies ask the database."""
    keys = set(step.keys)
    duties = duties_of(person, at=at)
    if duties and Request.objects.filter(duties.refuses(at), pk=request.pk).exists():
        return
    if keys & set(keys_of(user)):
        yield Voting(person, own=True)
    out = {pk for one in decisions for pk in (one.person_id, one.effective_person_id)} | set(request.barred_persons)
    told: set[int] = {person.pk}
    for way in acting_for(person, at=at):
        fits = keys & set(way.keys) and way.delegator.pk not in told | out and not out & set(way.passes)
        if fits and Request.objects.filter(way.covers(), pk=request.pk).exists():
            told.add(way.delegator.pk)
            yield Voting(way.delegator, own=False, until=_until(way, at))


def _until(way: Acting, at: datetime) -> str:
    """Empty where the one request is all that was passed on: it has no day."""
    if way.request_id is not None:
        return ""
    return words.moment(way.ends_at, at)


def _taken(step: Step | None, person: Person, at: datetime) -> str:
    if step is None or step.claimed_by_id in {None, person.pk}:
        return ""
    until = words.moment(step.claimed_until, at) if step.claimed_until else ""
    return _("%(person)s has taken this on, until %(time)s. Take it over if you want to decide it.") % {
        "person": step.claimed_by,
        "time": until,
    }


def _proposed(request: Request, question: Question) -> tuple[str, str, str] | tuple[()]:
    if not question.fact:
        return ()
    fact = request.kind.fact(question.fact)
    now = request.snapshot.facts.get(fact.key) if request.snapshot else None
    return str(fact.label), showing.text(fact, now) or "—", showing.text(fact, question.value) or "—"


def _overseen(request: Request, steps: Sequence[Step], user: User) -> Step | None:
    """The open step that a PMO of its unit may pass on, although it is not theirs to decide."""
    if request.state != Request.State.PENDING:
        return None
    units = grants.granted_units(user).get("pmo", set())
    return next((step for step in steps if step.state == Step.State.OPEN and step.unit_id in units), None)


def _names(
    request: Request, step: Step | None, whom: Mapping[int, Sequence[Person]], person: Person
) -> tuple[str, ...]:
    """Who could be meant: others who hold the step's role."""
    if step is None:
        return ()
    holders = grants.holders(step.role, step.unit).order_by("name") if step.asked_persons else whom.get(step.pk, [])
    barred = {*request.barred_persons, person.pk}
    return tuple(str(one) for one in list(holders[:SUGGESTED]) if one.pk not in barred)
