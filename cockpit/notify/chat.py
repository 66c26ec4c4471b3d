"""The same notices in a person's chat, through Apprise. The outbox calls `run`.

Others may read a chat: there is no link by which somebody could decide, only the page, which needs a sign-in.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from cockpit.accounts.models import Person
from cockpit.notify import chats
from cockpit.notify.letters import Letter
from cockpit.notify.models import Notice
from cockpit.notify.sending import letter_of, speaking_to
from cockpit.outbox import Done, Refused, RetryLater
from cockpit.outbox.models import Message

TOLD = 6  # letters in one message; more are counted


def run(message: Message, *, at: datetime) -> Done:
    """Tell what of the notices is still true; nothing, when nothing is or the person has no chat any more."""
    person = Person.objects.select_related("user").get(pk=message.payload["person"])
    notices = Notice.objects.filter(pk__in=message.payload["notices"]).exclude(dropped_why=Notice.Dropped.OFF)
    with speaking_to(person):
        said = [(notice, letter_of(notice, at=at)) for notice in notices.select_related("person__user")]
        true = [(notice, letter) for notice, letter in said if letter is not None]
    url = chats.url_of(person) if person.active else ""
    if true and url:
        _send(url, *words(true))
    return Done("done", {"letters": len(true) if url else 0})


def words(told: Sequence[tuple[Notice, Letter]]) -> tuple[str, str]:
    """Title and text."""
    lines = []
    for notice, letter in told[:TOLD]:
        lines += [letter.lead if len(told) == 1 else letter.subject, page_of(notice), ""]
    rest = len(told) - TOLD
    lines += [f"+ {rest}"] if rest > 0 else []
    return told[0][1].subject if len(told) == 1 else f"{len(told)} ×", "\n".join(lines).strip()


def page_of(notice: Notice) -> str:
    """Where it is read and decided, after a sign-in."""
    kind, _colon, key = notice.origin.partition(":")
    return settings.PUBLIC_URL + settings.SUBJECT_URLS.get(kind, "/").format(key)


def _send(url: str, title: str, text: str) -> None:
    import apprise  # its many plug-ins are read only where somebody has a chat

    if not (chat := apprise.Apprise()).add(url):
        raise Refused("The chat's address in CHAT_URLS is none that Apprise knows.")
    if not chat.notify(title=title, body=text):
        raise RetryLater("The chat did not take the message.")
