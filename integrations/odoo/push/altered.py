"""Somebody altered in Odoo what was decided on: nothing was overwritten. A case with both values, and two next steps.

Ours can be written again only over the fields that the effect itself sets, and only over what the page showed: another
change meanwhile is another case. Where something else moved that was decided on, people must decide anew.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from cockpit import outbox
from cockpit.accounts.models import Person
from cockpit.exception_queue.acts import ReasonMissingError
from cockpit.exception_queue.dead_letters import money_of
from cockpit.exception_queue.kinds import Kind, Record
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.repairs import NoRepairError
from cockpit.exception_queue.scopes import unit_of
from cockpit.exception_queue.services import clear_case, open_case
from cockpit.outbox.models import Message
from integrations.odoo.links import record_url
from integrations.odoo.push.plan import Push

KIND, ACTOR = "push.altered", "system:push"
NO_VALUE = "–"


def open_for(message: Message, push: Push, result: Mapping[str, Any], *, at: datetime) -> None:
    """The one case of this effect, however often it was written again."""
    worth = money_of(message.origin)
    open_case(
        fingerprint(message.key),
        kind=KIND,
        title=f"{message.subject} was altered in Odoo",
        at=at,
        severity="high",
        unit=unit_of(message.origin),
        money=worth[0] if worth else None,
        currency=worth[1] if worth else "",
        subject=message.origin or message.subject,
        detail={
            "message": message.pk,
            "record": message.subject,
            "model": push.model,
            "id": push.id,
            "reason": result["reason"],
            "done": result.get("done", False),
            "differences": result.get("differences", []),
            "ours": dict(push.goal),
        },
        actor=ACTOR,
        anew=False,
    )


def clear(fingerprint: str, *, at: datetime) -> None:
    clear_case(fingerprint, at=at, reason=gettext_noop("What was decided stands in Odoo now."), actor=ACTOR)


def fingerprint(key: str) -> str:
    return f"{KIND}:{root(key)}"


def root(key: str) -> str:
    """The key without what a second writing added: R-42/1/again-2/rate → R-42/1/rate."""
    return re.sub(r"again-\d+/(?=[^/]*$)", "", key)


def again(key: str, number: int) -> str:
    """The effect's own name stays the last part: pages know it by that."""
    head, sep, last = root(key).rpartition("/")
    return f"{head}{sep}again-{number}/{last}"


def overwritable(detail: Mapping[str, Any]) -> bool:
    """Is all that differs what the effect itself sets, on its own record? Else writing it would pass by a decision."""
    if detail["reason"] != "changed" or detail["done"] or not detail["id"]:
        return False
    return all(
        (row["model"], row["id"]) == (detail["model"], detail["id"]) and row["field"] in detail["ours"]
        for row in detail["differences"]
    )


def over_what_was_shown(payload: Mapping[str, Any], detail: Mapping[str, Any]) -> dict[str, Any]:
    """The payload that writes ours again: it expects what the page shows, not what was there when it was decided."""
    renewed = copy.deepcopy(dict(payload))
    shown = {row["field"]: row["actual"] for row in detail["differences"]}
    for one in renewed.get("expect") or ():
        if (one["model"], one.get("id")) == (detail["model"], detail["id"]):
            one["fields"].update({name: value for name, value in shown.items() if name in one["fields"]})
    return renewed


# --- what the case says -------------------------------------------------------------------------


def title(case: Case) -> str:
    if case.detail["reason"] == "gone":
        return _("%(record)s was deleted in Odoo before what was decided arrived") % {"record": case.detail["record"]}
    return _("%(record)s was altered in Odoo after it was decided") % {"record": case.detail["record"]}


def why(case: Case) -> str:
    if case.detail["reason"] == "gone":
        return _("Nothing was written, and nothing is made a second time. Decide whether it is still needed.")
    if case.detail["done"]:
        return _("It is done in Odoo, but something else is not as it was decided on. See whether that is right.")
    if overwritable(case.detail):
        return _("Nothing was overwritten. Keep what stands in Odoo, or write again what was decided.")
    return _("Nothing was written. What differs is what was decided on: it must be decided anew.")


def records(case: Case) -> list[Record]:
    """A row for each difference, with both values."""
    rows = case.detail["differences"]
    if not rows and case.detail["id"]:
        return [Record(case.detail["record"], record_url(case.detail["model"], case.detail["id"]))]
    return [_record(row, case.detail["ours"]) for row in rows]


def _record(row: Mapping[str, Any], ours: Mapping[str, Any]) -> Record:
    named = {"was": shown(row["expected"]), "theirs": shown(row["actual"]), "ours": shown(ours.get(row["field"]))}
    if row["field"] in ours:
        said = _("Decided: %(ours)s · in Odoo now: %(theirs)s · when it was decided: %(was)s") % named
    else:
        said = _("Decided on: %(was)s · in Odoo now: %(theirs)s") % named
    url = record_url(row["model"], row["id"]) if row["id"] else ""
    return Record(row["field"] or _("row %(number)s") % {"number": row.get("row", "")}, url, said)


def shown(value: Any) -> str:
    """A value as people read it; a row as its fields."""
    if value is None or value is False or value == "" or value == []:
        return NO_VALUE
    if value is True:
        return _("yes")
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(one)}" for name, one in value.items() if name != "id")
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(shown(one) for one in value)
    return str(localize(value))


ALTERED = Kind(
    gettext_lazy("Altered in Odoo meanwhile"),
    owner_roles=("operations_admin", "pmo"),
    within_h=8,
    runbook="altered-in-odoo",
    closes=gettext_lazy("When somebody keeps what stands in Odoo, or what was decided stands there."),
    may_be_closed=False,
    title=title,
    why=why,
    records=records,
)


# --- what can be done about it ------------------------------------------------------------------


class Keep:
    """What stands in Odoo is right."""

    key = "keep"
    asks_why = gettext_lazy("Why is what stands in Odoo right?")

    def label(self, case: Case) -> str:
        return _("Keep Odoo's…")

    def said(self, case: Case, *, at: datetime) -> str:
        return _waits(case)

    def is_offered(self, case: Case, *, at: datetime) -> bool:
        return not _waits(case)

    def run(self, case: Case, *, actor: Person, at: datetime, note: str = "") -> dict[str, object]:
        if not note.strip():
            raise ReasonMissingError
        clear_case(case.fingerprint, at=at, reason=note.strip(), actor=actor)
        return {"message": case.detail["message"], "differences": case.detail["differences"]}


class Ours:
    """Write again what was decided, over exactly what the page shows."""

    key = "ours"
    asks_why = gettext_lazy("Why is what was decided still right?")

    def label(self, case: Case) -> str:
        return _("Write ours again…")

    def said(self, case: Case, *, at: datetime) -> str:
        if not overwritable(case.detail):
            return _("It cannot be written again: what it was decided on has changed. Let it be decided anew.")
        return _waits(case)

    def is_offered(self, case: Case, *, at: datetime) -> bool:
        return not self.said(case, at=at)

    def run(self, case: Case, *, actor: Person, at: datetime, note: str = "") -> dict[str, object]:
        if not note.strip():
            raise ReasonMissingError
        old = Message.objects.filter(pk=case.detail["message"]).first()
        if old is None:
            raise NoRepairError(_("The message behind it waits for nobody any more."))
        number = _written_again(old.key).count() + 1
        renewed = over_what_was_shown(old.payload, case.detail)
        message = outbox.put(
            old.handler,
            destination=old.destination,
            subject=old.subject,
            payload={**renewed, "answers": case.fingerprint},
            key=again(old.key, number),
            at=at,
            origin=old.origin,
        )
        return {"message": message.pk, "over": case.detail["differences"]}


def _written_again(key: str) -> Any:
    head, sep, last = root(key).rpartition("/")
    return Message.objects.filter(key__startswith=f"{head}{sep}again-", key__endswith=f"/{last}")


def _waits(case: Case) -> str:
    old = Message.objects.filter(pk=case.detail["message"]).first()
    if old and _written_again(old.key).filter(state__in=Message.UNFINISHED).exists():
        return _("It was asked for, and waits for its turn.")
    return ""


KEEP, OURS = Keep(), Ours()
