"""Comments, and the people who are named in them."""

import re
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import Comment, Mention, Request
from approvals.services.routing import lock
from cockpit.accounts.models import Person
from cockpit.audit import record, reference
from cockpit.events.services import emit

LONGEST = 4000
NAMED = re.compile(r"(?<![\w@.])@(?=\w)")  # not the one inside an e-mail address


class CommentRefusedError(Exception):
    """The comment was not taken. `sentence` says why and what to do."""

    sentence: str = gettext_lazy("Write something first.")  # type: ignore[assignment]

    def __init__(self, sentence: str = "") -> None:
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)


@transaction.atomic
def comment(request_id: int, *, actor: Person, text: str, at: datetime) -> Comment:
    """Add a comment; whoever is named with @ and may see the request is told by a mark in their queue.

    Raises CommentRefusedError: nothing written, too long, a name that nobody or several people have, or somebody who
    may not see the request.
    """
    text = text.strip()
    if not text:
        raise CommentRefusedError
    if len(text) > LONGEST:
        raise CommentRefusedError(_("Say it in at most %(count)d characters.") % {"count": LONGEST})
    request = lock(request_id)
    if request.purged_at is not None:
        raise CommentRefusedError(_("What was said here was removed after its time, so nothing is added any more."))
    named = [person for person in named_in(text) if person != actor]
    for person in named:
        _check_sees(person, request)
    made = Comment.objects.create(request=request, author=actor, text=text, at=at)
    Mention.objects.bulk_create(Mention(comment=made, request=request, person=person) for person in named)
    data = {"comment": made.pk, "mentions": [reference(person) for person in named]}
    record(request.audit_subject, "approvals.request.comment", actor=actor, at=at, data=data, words={"text": text})
    if named:
        say_mentioned(made, at=at)
    return made


def say_mentioned(made: Comment, *, at: datetime) -> None:
    """Whoever tells people hears that somebody is named there; once for a comment."""
    subject = made.request.audit_subject
    payload = {"request": made.request_id, "comment": made.pk}
    emit(
        "approvals.mentioned",
        subject=subject,
        key=f"approvals.mentioned/{made.pk}",
        at=at,
        payload=payload,
        origin=subject,
    )


@transaction.atomic
def look_at_mentions(request_id: int, *, actor: Person, at: datetime) -> None:
    """They have opened the request: the mark goes."""
    Mention.objects.filter(request=request_id, person=actor, seen_at__isnull=True).update(seen_at=at)


def named_in(text: str) -> list[Person]:
    """The people after each @, by full name or, where only one has it, by first name. Raises CommentRefusedError."""
    starts = [match.end() for match in NAMED.finditer(text)]
    if not starts:
        return []
    people = list(Person.objects.filter(active=True, user__isnull=False).select_related("user"))
    return list(dict.fromkeys(_named(text[start:], people) for start in starts))


def _named(rest: str, people: Iterable[Person]) -> Person:
    folded = rest.casefold()
    full = [one for one in people if _begins(folded, one.name.casefold())]
    if full:
        return max(full, key=lambda one: len(one.name))
    word = re.match(r"[\w-]+", rest)
    first = word.group() if word else ""
    found = [one for one in people if one.name.casefold().split()[:1] == [first.casefold()]]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(sorted(one.name for one in found))
        raise CommentRefusedError(
            _("@%(word)s could be %(names)s: write the full name.") % {"word": first, "names": names}
        )
    raise CommentRefusedError(_("Nobody here is called @%(word)s, so nobody would be told.") % {"word": first})


def _begins(text: str, name: str) -> bool:
    """Does the text begin with this name, and not with a longer word?"""
    return text.startswith(name) and not re.match(r"\w", text[len(name) : len(name) + 1])


def _check_sees(person: Person, request: Request) -> None:
    if person.user is None or not Request.objects.visible_to(person.user).filter(pk=request.pk).exists():
        raise CommentRefusedError(
            _("%(name)s may not see this request, so a mention would not reach them.") % {"name": person.name}
        )
