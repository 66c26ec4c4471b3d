"""Reading one model anew, from its first record to its last, because somebody asked for it."""

from datetime import datetime

from django.db import transaction

from cockpit import audit, outbox
from cockpit.accounts.models import Person
from cockpit.outbox import Done, RetryLater
from cockpit.outbox.models import Message
from integrations.odoo.pull.round import UnknownModelError, chosen_maps, pull_round
from integrations.odoo.push import connection

__all__ = ["UnknownModelError", "ask", "run", "waiting"]

HANDLER = "odoo.resync"
DESTINATION = "odoo-reading"


@transaction.atomic
def ask(model: str, *, actor: Person | str, at: datetime, accept_vanished: bool = False) -> Message:
    """Let `model` (and what belongs together with it) be read anew and compared with Odoo; once a minute.

    `accept_vanished` buries what is gone, however much. Raises UnknownModelError.
    """
    chosen_maps([model])
    verb = "mirror.vanished.accept" if accept_vanished else "mirror.resync.ask"
    audit.record(f"mirror.model:{model}", verb, actor=actor, at=at)
    return outbox.put(
        HANDLER,
        destination=DESTINATION,
        subject=model,
        payload={"model": model} | ({"accept_vanished": True} if accept_vanished else {}),
        key=f"{'accept' if accept_vanished else 'resync'}/{model}/{at:%Y-%m-%dT%H:%M}",
        at=at,
        origin=f"mirror.model:{model}",
    )


def waiting(model: str) -> bool:
    """Was it asked for and has not happened yet? One query."""
    open_ = [Message.State.PENDING, Message.State.DEAD]
    return Message.objects.filter(handler=HANDLER, subject=model, state__in=open_).exists()


def run(message: Message, *, at: datetime) -> Done:
    """The run function of outbox handler `odoo.resync`. While another round is under way it waits for its turn."""
    client = connection.client(at=at)
    accept = bool(message.payload.get("accept_vanished"))
    models = [message.payload["model"]]
    runs = pull_round(client, at=at, models=models, whole=not accept, compare_ids=True, accept_vanished=accept)
    if not runs:
        raise RetryLater("Another round is reading; this one waits for its turn.", after_s=5, counts=False)
    return Done(result={"runs": [run.pk for run in runs], "read": sum(run.read for run in runs)})
