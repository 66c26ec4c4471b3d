"""Sending one mail: is it still true, what are its words, does the server take it. The outbox calls `run`.

At least once, honestly: a worker that dies after the server took a mail, and before this was noted, lets it be sent
again, under the same Message-ID, by which mail programs show it once.
"""

import smtplib
from collections.abc import Iterable
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from cockpit.accounts.models import Person
from cockpit.notify import mails
from cockpit.notify.letters import Letter
from cockpit.notify.models import Notice
from cockpit.notify.services import address_of, language_of
from cockpit.outbox import DestinationAway, Done, Refused, RetryLater
from cockpit.outbox.models import Message
from cockpit.outbox.worker import LostClaimError, complete
from cockpit.pages.middleware import zone_named


def run(message: Message, *, at: datetime) -> Done:
    """Send what of this message's notices is still true; nothing, when nothing is."""
    person = Person.objects.select_related("user").get(pk=message.payload["person"])
    notices = Notice.objects.filter(message=message, sent_at__isnull=True, dropped_at__isnull=True)
    with speaking_to(person):
        letters = {notice.pk: letter_of(notice, at=at) for notice in notices.select_related("person__user")}
        true = [letter for letter in letters.values() if letter is not None]
        if true and person.active:
            deliver(mails.build(person, address_of(person), true, message))
    with transaction.atomic():
        sent = [pk for pk, letter in letters.items() if letter is not None and person.active]
        Notice.objects.filter(pk__in=sent).update(sent_at=at)
        _drop(set(letters) - set(sent), at=at)
        if not complete(message, at=at, outcome="done", result={"letters": len(sent)}):
            raise LostClaimError(f"Another worker has message {message.pk}.")
    return Done(completed=True)


def letter_of(notice: Notice, *, at: datetime) -> Letter | None:
    """The words for it now; None when it is no longer true, or nothing of this person's any more."""
    found: Letter | None = import_string(settings.NOTICES[notice.what])(notice, at=at)
    return found


@contextmanager
def speaking_to(person: Person) -> Any:
    """In the person's language, with their times."""
    with translation.override(language_of(person)), timezone.override(zone_named(person.time_zone)):
        yield


def deliver(mail: EmailMultiAlternatives) -> None:
    """Hand it to the server. Raises what the outbox understands: away, not now, or refused."""
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as problem:
        code, said = next(iter(problem.recipients.values()))
        _answered(code, said, problem)
    except smtplib.SMTPAuthenticationError as problem:
        raise DestinationAway(f"The mail server does not let us sign in: {problem.smtp_code}.") from problem
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as problem:
        _answered(problem.smtp_code, problem.smtp_error, problem)
    except OSError as problem:  # of smtplib, too: nobody there, hung up, does not speak TLS
        raise DestinationAway(f"The mail server does not answer: {type(problem).__name__}: {problem}") from problem


def _answered(code: int, said: bytes | str, problem: Exception) -> None:
    text = f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    if code >= 500:
        raise Refused(text) from problem
    raise RetryLater(text) from problem


def _drop(pks: Iterable[int], *, at: datetime) -> None:
    Notice.objects.filter(pk__in=pks).update(dropped_at=at, dropped_why=Notice.Dropped.OVER)
