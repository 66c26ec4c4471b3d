"""A record is not as the mirror had it: read it again at once, so that people are asked anew without waiting."""

from datetime import datetime, timedelta

from cockpit import outbox
from cockpit.outbox import Done
from cockpit.outbox.models import Message
from integrations.odoo.client import OdooError
from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.pull.round import pull_round
from integrations.odoo.push import connection

HANDLER = "odoo.reread"
SECOND_IS_OVER = timedelta(seconds=2)  # a round reads up to the last whole second that is over


def reread(model: str, odoo_id: int, *, is_gone: bool, at: datetime) -> Message | None:
    """Ask for a round over `model` in two seconds, once a minute and record; None where it is not mirrored."""
    if model not in {each.odoo_model for each in MAPS}:
        return None
    return outbox.put(
        HANDLER,
        destination="odoo-reading",
        subject=model,
        payload={"model": model, "is_gone": is_gone},
        key=f"reread/{model}:{odoo_id}/{at:%Y-%m-%dT%H:%M}",
        at=at,
        origin=f"odoo.{model}:{odoo_id}",
        not_before=at + SECOND_IS_OVER,
    )


def run(message: Message, *, at: datetime) -> Done:
    """The run function of outbox handler `odoo.reread`: a hint. What it cannot do, the next regular round does."""
    compare_ids = True if message.payload["is_gone"] else None
    try:
        runs = pull_round(connection.client(at=at), at=at, models=[message.payload["model"]], compare_ids=compare_ids)
    except OdooError as problem:
        return Done(result={"left_to_the_next_round": problem.sentence})
    return Done(result={"runs": [run.pk for run in runs]})
