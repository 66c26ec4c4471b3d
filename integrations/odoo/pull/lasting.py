"""The case about records that are different still after they were read again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from cockpit.exception_queue.kinds import Kind, Record
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.services import clear_case, open_case
from cockpit.pages import words
from integrations.odoo.links import record_url
from integrations.odoo.pull.maps import Map

KIND, ACTOR = "odoo.differs", "system:pull"
SHOWN = 10


def open_for(map_: Map, ids: Sequence[int], sentence: str, *, at: datetime) -> str:
    """`ids` of the records, or the sentence why they could not be read again. The sentence for the run."""
    open_case(
        f"{KIND}:{map_.odoo_model}",
        kind=KIND,
        title=f"{map_.odoo_model} differs from Odoo",
        at=at,
        severity="high",
        subject=f"mirror.model:{map_.odoo_model}",
        detail={"model": map_.odoo_model, "count": len(ids), "ids": list(ids[:SHOWN]), "sentence": sentence},
        actor=ACTOR,
        anew=False,
    )
    return sentence or f"{map_.odoo_model}: {len(ids)} records differ from Odoo after they were read again."


def clear_for(map_: Map, *, at: datetime) -> None:
    clear_case(
        f"{KIND}:{map_.odoo_model}", at=at, reason=gettext_noop("The records agree with Odoo again."), actor=ACTOR
    )


def title(case: Case) -> str:
    return _("%(model)s differs from Odoo") % {"model": case.detail["model"]}


def why(case: Case) -> str:
    if case.detail["sentence"]:
        said = _("Records differ, and reading them again fails. %(sentence)s")
        return said % {"sentence": case.detail["sentence"]}
    count = case.detail["count"]
    said = ngettext(
        "%(count)s record was read again and differs still: Odoo says two different things of it.",
        "%(count)s records were read again and differ still: Odoo says two different things of them.",
        count,
    )
    return said % {"count": words.number(count)}


def records(case: Case) -> list[Record]:
    model = case.detail["model"]
    return [Record(f"{model} {id_}", record_url(model, id_)) for id_ in case.detail["ids"]]


LASTING = Kind(
    gettext_lazy("Records differ from Odoo"),
    owner_roles=("operations_admin", "pmo"),
    within_h=8,
    runbook="records-differ",
    closes=gettext_lazy("When the records agree with Odoo again."),
    may_be_closed=False,
    title=title,
    why=why,
    records=records,
)
