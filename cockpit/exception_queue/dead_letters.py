"""Dead letters become cases. The outbox, a floor below, knows `open_for` and `clear_for` by their names in settings."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from cockpit import outbox
from cockpit.accounts.models import Person
from cockpit.exception_queue.acts import ReasonMissingError
from cockpit.exception_queue.kinds import Kind, Record
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.repairs import NoRepairError
from cockpit.exception_queue.scopes import unit_of
from cockpit.exception_queue.services import clear_case, open_case
from cockpit.outbox.models import Message
from cockpit.outbox.standing import behind
from cockpit.transitions import TransitionError

NAMED = 20  # of what waits behind


def open_for(message: Message, *, at: datetime, anew: bool = True) -> None:
    """A case for the stream that the dead letter holds, with what waits behind it."""
    refused = message.outcome == "refused"
    verb = "refused" if refused else "did not take"
    waiting = behind(message.stream)
    worth = money_of(message.origin)
    open_case(
        _fingerprint(message),
        kind=settings.OUTBOX_CASE_KINDS.get(message.handler) or ("outbox.refused" if refused else "outbox.dead"),
        title=f"{message.destination} {verb} {message.subject}: {message.last_error}",
        at=at,
        severity="critical" if waiting > 5 else "high",
        unit=unit_of(message.origin),
        money=worth[0] if worth else None,
        currency=worth[1] if worth else "",
        subject=message.origin or message.subject,
        detail={
            "message": message.pk,
            "handler": message.handler,
            "destination": message.destination,
            "subject": message.subject,
            "stream": message.stream,
            "attempts": message.attempt,
            "error": message.last_error,
            "waiting_behind": waiting,
        },
        anew=anew,
    )


def clear_for(message: Message, *, at: datetime, reason: str) -> None:
    clear_case(_fingerprint(message), at=at, reason=reason)


def reconcile(*, at: datetime) -> int:
    """The rule: every dead letter has its case, and every such case its dead letter; how many there are."""
    dead = list(Message.objects.filter(state=Message.State.DEAD).order_by("pk")[:1000])
    for message in dead:
        open_for(message, at=at, anew=False)
    held = {_fingerprint(message) for message in dead}
    living = Case.objects.filter(fingerprint__startswith="outbox.dead:").exclude(state=Case.State.RESOLVED)
    for case in living:
        letter = Message.objects.filter(pk=case.detail.get("message")).first()
        if case.fingerprint not in held and (letter is None or letter.state in ("done", "skipped")):
            clear_case(case.fingerprint, at=at, reason=gettext_noop("Nothing waits there any more."))
    return len(held)


def money_of(origin: str) -> tuple[Decimal, str] | None:
    """Amount and currency of what a message comes from, if whoever owns such subjects knows them."""
    kind, _sep, key = origin.partition(":")
    name = settings.SUBJECT_MONEY.get(kind)
    return import_string(name)(key) if name else None


def title(case: Case) -> str:
    said = {"destination": case.detail.get("destination", ""), "subject": case.detail.get("subject", "")}
    said["error"] = case.detail.get("error", "")
    if not said["destination"]:
        return case.title
    if case.kind == "outbox.refused":
        return _("%(destination)s refused %(subject)s: %(error)s") % said
    return _("%(destination)s did not take %(subject)s: %(error)s") % said


def why(case: Case) -> str:
    waiting = case.detail.get("waiting_behind", 0)
    if not waiting:
        return _("Until somebody retries or skips it, what was decided here is not so in Odoo.")
    return ngettext(
        "Until somebody retries or skips it, what was decided here is not so in Odoo. "
        "%(count)s message waits behind it.",
        "Until somebody retries or skips it, what was decided here is not so in Odoo. "
        "%(count)s messages wait behind it.",
        waiting,
    ) % {"count": waiting}


def records(case: Case) -> list[Record]:
    """The message that is stuck, and by name what waits behind it."""
    rows = Message.objects.filter(stream=case.detail.get("stream", ""), state__in=Message.UNFINISHED).order_by("id")
    found = []
    for number, message in enumerate(rows[:NAMED]):
        state = _("stuck after %(count)s tries") % {"count": message.attempt} if not number else _("waits behind it")
        found.append(Record(f"{message.key}", _origin_url(message.origin), f"{message.subject} · {state}"))
    return found


def _origin_url(origin: str) -> str:
    kind, _sep, key = origin.partition(":")
    name = settings.SUBJECT_URLS.get(kind)
    return name.format(key) if name and key.isdigit() else ""


_COMMON: dict[str, Any] = {
    "owner_roles": ("operations_admin", "pmo"),
    "within_h": 4,
    "runbook": "odoo-refused-a-write",
    "closes": gettext_lazy("When the message went through, or is skipped."),
    "may_be_closed": False,
    "title": title,
    "why": why,
    "records": records,
}
REFUSED = Kind(gettext_lazy("Odoo refused a write"), **_COMMON)
DEAD = Kind(gettext_lazy("A write to Odoo was given up"), **_COMMON)


class Retry:
    key = "retry"
    asks_why = ""

    def label(self, case: Case) -> str:
        return _("Retry")

    def said(self, case: Case, *, at: datetime) -> str:
        return "" if self.is_offered(case, at=at) else _("The message behind it waits for nobody any more.")

    def is_offered(self, case: Case, *, at: datetime) -> bool:
        return Message.objects.filter(pk=case.detail.get("message"), state=Message.State.DEAD).exists()

    def run(self, case: Case, *, actor: Person, at: datetime, note: str = "") -> dict[str, object]:
        message = _message(case)
        try:
            outbox.retry(message, actor=actor, at=at)
        except TransitionError as faster:
            raise NoRepairError(_("The message behind it waits for nobody any more.")) from faster
        return {"message": message.pk}


class Skip:
    key = "skip"
    asks_why = gettext_lazy("Why may it be left undone? What waits behind it goes on.")

    def label(self, case: Case) -> str:
        return _("Skip…")

    def said(self, case: Case, *, at: datetime) -> str:
        return "" if self.is_offered(case, at=at) else _("The message behind it waits for nobody any more.")

    def is_offered(self, case: Case, *, at: datetime) -> bool:
        return Message.objects.filter(pk=case.detail.get("message"), state__in=Message.UNFINISHED).exists()

    def run(self, case: Case, *, actor: Person, at: datetime, note: str = "") -> dict[str, object]:
        if not note.strip():
            raise ReasonMissingError
        message = _message(case)
        waiting = [row.key for row in Message.objects.filter(stream=message.stream, state="pending")[:NAMED]]
        try:
            outbox.skip(message, actor=actor, at=at, reason=note.strip())
        except TransitionError as faster:
            raise NoRepairError(_("The message behind it waits for nobody any more.")) from faster
        clear_for(message, at=at, reason=note.strip())
        return {"message": message.pk, "waiting": [key for key in waiting if key != message.key]}


def _message(case: Case) -> Message:
    message = Message.objects.filter(pk=case.detail.get("message")).first()
    if message is None:
        raise NoRepairError(_("The message behind it waits for nobody any more."))
    return message


def _fingerprint(message: Message) -> str:
    return f"outbox.dead:{message.stream}"


RETRY, SKIP = Retry(), Skip()
