"""Noting that somebody is to be told, and putting what is due into the outbox."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from cockpit import outbox
from cockpit.accounts.models import Person
from cockpit.notify.models import Notice

MAIL = "mail"  # the destination: one breaker for the mail server


class NoticeError(ValueError):
    """The notice cannot be made as asked; the message says why."""


@transaction.atomic
def tell(
    person: Person,
    what: str,
    *,
    about: str,
    key: str,
    at: datetime,
    origin: str = "",
    payload: dict[str, Any] | None = None,
) -> Notice | None:
    """Have `person` told, in the caller's transaction; None when they were told under this `key` already, or will be.

    What was dropped under this key because it was over, and is true again, is told now.

    `what` is a name in settings.NOTICES: what is wired there is asked for the words when it is sent, and whether it is
    still true.
    """
    if what not in settings.NOTICES:
        raise NoticeError(f"No notice {what!r} in settings.NOTICES; there are {', '.join(sorted(settings.NOTICES))}.")
    notice, new = Notice.objects.get_or_create(
        key=f"{key}/{person.pk}",
        defaults={
            "person": person, "what": what, "about": about, "origin": origin, "payload": payload or {},
            "made_at": at, "due_at": at,
        },
    )  # fmt: skip
    if not new:
        again = Notice.objects.filter(pk=notice.pk, dropped_why=Notice.Dropped.OVER)
        if not again.update(dropped_at=None, dropped_why="", message=None, due_at=at):
            return None
        notice.refresh_from_db()
    if not address_of(person):
        _drop(notice, Notice.Dropped.NO_ADDRESS, at=at)
        return notice
    put([notice], at=at)
    return notice


def put(notices: list[Notice], *, at: datetime) -> None:
    """One mail for these notices of one person. Mails of a person are a stream, so they keep their order."""
    first = notices[0]
    message = outbox.put(
        "notify.mail",
        destination=MAIL,
        subject=f"accounts.person:{first.person_id}",
        payload={"person": first.person_id},
        key=f"notify.mail:{first.key}/{at.isoformat()}",
        at=at,
        origin=first.origin if len(notices) == 1 else "",
    )
    Notice.objects.filter(pk__in=[one.pk for one in notices]).update(message=message)


def address_of(person: Person) -> str:
    return person.email or (person.user.email if person.user else "")


def _drop(notice: Notice, why: str, *, at: datetime) -> None:
    notice.dropped_at, notice.dropped_why = at, why
    notice.save(update_fields=["dropped_at", "dropped_why"])
