"""The rule for old data: a case for each model whose last success is older than its limit; one for all of them when
Odoo is away, under which the others are silent. It closes them again when the model was read.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from cockpit.accounts.models import Person
from cockpit.exception_queue.kinds import Kind, Record
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.repairs import NoRepairError
from cockpit.exception_queue.services import clear_case, open_case
from cockpit.pages import words
from integrations.mirror.dependents import names_of
from integrations.mirror.services import Freshness, freshness
from integrations.odoo import resync
from integrations.odoo.pull.catalogue import MAPS

ONE, ALL = "mirror.stale", "mirror.all_stale"
ACTOR = "system:pull"
LATE = timedelta(minutes=10)  # the line in the frame says it after two; a case is for what does not mend itself
# What decisions and the exceptions' own rules read: old, they mislead people at once.
DECIDES = {"account.move", "account.move.line", "res.currency.rate", "account.analytic.line", "hr.leave", "hr.employee"}


def watch(*, at: datetime) -> int:
    """Open and close the cases as the mirror stands; how many models are old."""
    known = freshness(at=at)
    expected = {each.odoo_model for each in MAPS} & set(known)
    old = {model: known[model] for model in sorted(expected) if is_old(known[model])}
    is_away = len(expected) > 1 and set(old) == expected
    parent = _open_all(old, at=at) if is_away else None
    for model, one in old.items():
        _open_one(model, one, parent, at=at)
    for model in expected - set(old):
        clear_case(f"{ONE}:{model}", at=at, reason=gettext_noop("It was read from Odoo again."), actor=ACTOR)
    if not is_away:
        clear_case(ALL, at=at, reason=gettext_noop("Odoo is read again."), actor=ACTOR)
    return len(old)


def is_old(one: Freshness) -> bool:
    """A model that failed, or was never read, counts from when it was read last: nothing is old in its first load."""
    return one.state != "fresh" and one.lag is not None and one.lag > LATE


def _open_all(old: dict[str, Freshness], *, at: datetime) -> Case:
    since = min(one.succeeded_at for one in old.values() if one.succeeded_at)
    return open_case(
        ALL,
        kind=ALL,
        title=f"Nothing was read from Odoo since {since:%Y-%m-%d %H:%M} UTC",
        at=at,
        severity="critical",
        detail={"models": len(old), "since": since.isoformat(), "sentence": next(iter(old.values())).sentence},
        actor=ACTOR,
        anew=False,
    )


def _open_one(model: str, one: Freshness, parent: Case | None, *, at: datetime) -> None:
    since = one.succeeded_at.isoformat() if one.succeeded_at else ""
    open_case(
        f"{ONE}:{model}",
        kind=ONE,
        title=f"{model} was not read from Odoo since {one.succeeded_at:%Y-%m-%d %H:%M} UTC",
        at=at,
        severity="high" if model in DECIDES else "low",
        subject=f"mirror.model:{model}",
        detail={"model": model, "since": since, "sentence": one.sentence},
        parent=parent,
        actor=ACTOR,
        anew=False,
    )


# --- what the page says -----------------------------------------------------------------------------


def _since(case: Case) -> str:
    return words.moment(datetime.fromisoformat(case.detail["since"]), case.last_seen_at)


def title(case: Case) -> str:
    said = {"model": case.detail.get("model", ""), "when": _since(case)}
    if case.kind == ALL:
        return _("Nothing was read from Odoo since %(when)s") % said
    return _("%(model)s was not read from Odoo since %(when)s") % said


def why(case: Case) -> str:
    if case.kind == ALL:
        count = case.detail["models"]
        said = ngettext(
            "All numbers are as they were then. %(sentence)s %(count)s kind of record waits for it.",
            "All numbers are as they were then. %(sentence)s %(count)s kinds of records wait for it.",
            count,
        )
        return said % {"sentence": case.detail["sentence"], "count": words.number(count)}
    if case.detail["model"] in DECIDES:
        said = _("Decisions and exceptions rest on it, and may be wrong while it is old. %(sentence)s")
    else:
        said = _("Numbers that depend on it are grey while it is old. %(sentence)s")
    names = names_of(case.detail["model"])
    needed = " " + _("Needed by %(names)s.") % {"names": ", ".join(names)} if names else ""
    return said % {"sentence": case.detail["sentence"]} + needed


def records(case: Case) -> list[Record]:
    return [Record(case.detail["model"], "/data/", _("as of %(when)s") % {"when": _since(case)})]


_COMMON: dict[str, Any] = {
    "owner_roles": ("operations_admin", "pmo"),
    "within_h": 2,
    "runbook": "data-is-old",
    "may_be_closed": False,
    "closes": gettext_lazy("When it was read from Odoo again."),
    "title": title,
    "why": why,
}
STALE = Kind(gettext_lazy("Data from Odoo is old"), records=records, **_COMMON)
ALL_STALE = Kind(gettext_lazy("Odoo is not read"), records=lambda case: [], **_COMMON)


class Resync:
    """Ask for a round over the model, through the outbox."""

    key = "resync"
    asks_why = ""

    def label(self, case: Case) -> str:
        return _("Read it again now")

    def said(self, case: Case, *, at: datetime) -> str:
        return "" if self.is_offered(case, at=at) else _("It was asked for, and waits for its turn.")

    def is_offered(self, case: Case, *, at: datetime) -> bool:
        return not resync.waiting(_model(case))

    def run(self, case: Case, *, actor: Person, at: datetime, note: str = "") -> dict[str, object]:
        try:
            message = resync.ask(_model(case), actor=actor, at=at)
        except resync.UnknownModelError as unknown:
            raise NoRepairError(_("It is not read from Odoo any more.")) from unknown
        return {"message": message.pk}


def _model(case: Case) -> str:
    """Of the case for all, one that is small: it shows whether Odoo answers."""
    return case.detail.get("model", "res.company")


RESYNC = Resync()
