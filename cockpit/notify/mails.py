"""A mail from letters: plain text, and simple HTML that fetches nothing from anywhere."""

import hashlib
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, ngettext

from cockpit.accounts.models import Person
from cockpit.notify.letters import Letter
from cockpit.outbox.models import Message


def build(person: Person, address: str, letters: Sequence[Letter], message: Message) -> EmailMultiAlternatives:
    """One mail: of one letter its own words, of several a digest of them."""
    context = {
        "letters": letters,
        "person": person,
        "language": get_language(),
        "wishes": settings.PUBLIC_URL + reverse("notices"),
    }
    mail = EmailMultiAlternatives(
        subject=_subject(letters),
        body=render_to_string("notify/mail.txt", context),
        to=[address],
        headers={
            "Message-ID": message_id(message),
            "List-Unsubscribe": f"<{settings.PUBLIC_URL}{reverse('notices')}>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    mail.attach_alternative(render_to_string("notify/mail.html", context), "text/html")
    return mail


def message_id(message: Message) -> str:
    """The same for every try of a message."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    return f"<{message.pk}.{hashlib.sha256(message.key.encode()).hexdigest()[:16]}@{host}>"


def _subject(letters: Sequence[Letter]) -> str:
    if len(letters) == 1:
        return " ".join(letters[0].subject.split())[:200]
    return ngettext("%(count)d thing for you", "%(count)d things for you", len(letters)) % {"count": len(letters)}
