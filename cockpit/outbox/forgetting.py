"""What messages carried, taken away when its time is over. That they happened stays."""

from django.db.models import QuerySet

from cockpit.outbox.models import Attempt, Message


def unfinished(origin: str) -> bool:
    """Does anything that this origin caused still wait, or need a person?"""
    return Message.objects.filter(origin=origin, state__in=Message.UNFINISHED).exists()


def finished_of(origin: str) -> QuerySet[Message]:
    return Message.objects.filter(origin=origin).exclude(state__in=Message.UNFINISHED)


def forget(origin: str) -> int:
    """Empty the finished messages of an origin and what their tries answered; returns how many there were."""
    Attempt.objects.filter(message__in=finished_of(origin)).update(error="")
    return finished_of(origin).update(payload={}, result={}, last_error="")
