"""Running one handler for one event: the outbox calls `handle`."""

from datetime import datetime

from django.db import transaction
from django.utils.module_loading import import_string

from cockpit.events.models import Event
from cockpit.outbox import Done
from cockpit.outbox.models import Message
from cockpit.outbox.worker import LostClaimError, complete


def handle(message: Message, *, at: datetime) -> Done:
    """Call `handler(event, at=at)` and complete the message in one transaction.

    Either both are there or neither: a worker that dies between leaves nothing half done, and one whose claim has
    passed on has its effects rolled back. Handlers still use keys, and never touch the network.
    """
    event = Event.objects.get(pk=message.payload["event"])
    handler = import_string(message.payload["handler"])
    with transaction.atomic():
        handler(event, at=at)
        if not complete(message, at=at, outcome="done", result={}):
            raise LostClaimError(f"Another worker has message {message.pk}; these effects are rolled back.")
    return Done(completed=True)
