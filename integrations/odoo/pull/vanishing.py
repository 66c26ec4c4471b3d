"""The case about many records that vanished at once: opened, cleared, and what it says of itself."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from cockpit.exception_queue.kinds import Kind
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.services import clear_case, open_case
from integrations.odoo.pull.maps import Map

KIND, ACTOR = "odoo.vanished", "system:pull"


def open_for(map_: Map, said: str, *, at: datetime) -> str:
    """The sentence for the run."""
    sentence = f"{map_.odoo_model}: {said}"
    open_case(
        f"{KIND}:{map_.odoo_model}",
        kind=KIND,
        title="Many records vanished from Odoo",
        at=at,
        severity="high",
        detail={"model": map_.odoo_model, "sentence": sentence},
        actor=ACTOR,
    )
    return sentence


def clear_for(map_: Map, *, at: datetime) -> None:
    clear_case(
        f"{KIND}:{map_.odoo_model}", at=at, reason=gettext_noop("The records agree with Odoo again."), actor=ACTOR
    )


def title(case: Case) -> str:
    return _("Many records of %(model)s vanished from Odoo") % {"model": case.detail["model"]}


def why(case: Case) -> str:
    said = _("Nothing was taken away here yet: a lost right or company looks the same. %(sentence)s")
    return said % {"sentence": case.detail["sentence"]}


VANISHED = Kind(
    gettext_lazy("Records vanished from Odoo"),
    owner_roles=("operations_admin", "pmo"),
    within_h=8,
    runbook="records-differ",
    closes=gettext_lazy("When the records agree with Odoo again."),
    may_be_closed=False,
    title=title,
    why=why,
)
