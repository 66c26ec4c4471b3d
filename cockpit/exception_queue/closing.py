"""What a person does about a case: close it with a reason, or have the message behind it tried again."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cockpit import outbox
from cockpit.accounts.models import Person
from cockpit.exception_queue.models import Case
from cockpit.outbox.models import Message
from cockpit.transitions import TransitionError, advance


class CaseRefusedError(Exception):
    """Nothing was changed; `sentence` says why."""

    sentence: str = gettext_lazy("This was not done.")  # type: ignore[assignment]

    def __str__(self) -> str:
        return str(self.sentence)


class SecondPersonError(CaseRefusedError):
    sentence = gettext_lazy("You took part in it, so a second person reviews it.")  # type: ignore[assignment]


class ReasonMissingError(CaseRefusedError):
    sentence = gettext_lazy("Say what you found or did, so that others need not ask again.")  # type: ignore[assignment]


class NotOpenError(CaseRefusedError):
    def __init__(self, case: Case) -> None:
        self.sentence = _("It is %(state)s already.") % {"state": case.get_state_display()}


class NothingToRetryError(CaseRefusedError):
    sentence = gettext_lazy("The message behind it waits for nobody any more.")  # type: ignore[assignment]


@transaction.atomic
def close_case(case_id: int, *, actor: Person, reason: str, at: datetime) -> Case:
    """Resolve a case by hand. Whoever took part in what is reviewed cannot review it.

    Raises SecondPersonError, ReasonMissingError, or NotOpenError when somebody was faster.
    """
    case = Case.objects.select_for_update().get(pk=case_id)
    if actor.pk in case.detail.get("barred_persons", []):
        raise SecondPersonError
    if not reason.strip():
        raise ReasonMissingError
    try:
        advance(case, "resolve", actor=actor, at=at, note=reason.strip(), closed_at=at, closed_because=reason.strip())
    except TransitionError as faster:
        raise NotOpenError(case) from faster
    return case


@transaction.atomic
def retry_case(case_id: int, *, actor: Person, at: datetime) -> Case:
    """Have the dead letter behind the case tried again; the case clears itself when it succeeds."""
    case = Case.objects.select_for_update().get(pk=case_id)
    message = Message.objects.filter(pk=case.detail.get("message")).first()
    if message is None:
        raise NothingToRetryError
    try:
        outbox.retry(message, actor=actor, at=at)
    except TransitionError as faster:
        raise NothingToRetryError from faster
    return case
