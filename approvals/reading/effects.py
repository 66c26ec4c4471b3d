"""What Odoo said: the effects of a decision, from the outbox, as one answer. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from approvals.kinds import Effect, Kind
from cockpit.outbox import Standing
from cockpit.pages import words

UNFINISHED = {"waiting", "running", "trying_again"}
FAILED = {"refused", "dead"}


@dataclass(frozen=True)
class Answer:
    """`state` is ok, soon, late or "" (under way); `quote` is Odoo's own wording."""

    state: str
    icon: str
    sentence: str
    more: str = ""
    quote: str = ""
    short: str = ""  # two words for a list


def of_round(standings: list[Standing], key: str) -> list[Standing]:
    """The effects of one round: a request that was asked anew has those of earlier decisions too."""
    return [one for one in standings if one.key.startswith(f"{key}/")]


def pending(standings: list[Standing]) -> bool:
    return any(one.kind in UNFINISHED for one in standings)


def answer(kind: Kind, standings: list[Standing], now: datetime) -> Answer | None:
    """How the outside took the decision; None for a kind without effects."""
    if not kind.effects:
        return None
    if bad := next((one for one in standings if one.kind in FAILED), None):
        return _failed(bad, now)
    latest = {one.key.rpartition("/")[2]: one for one in standings}  # what somebody had written again counts
    if moved := next((one for one in latest.values() if one.kind == "done" and one.outcome == "refused"), None):
        return _not_as_decided(moved)
    if skipped := next((one for one in standings if one.kind == "skipped"), None):
        return Answer(
            "soon",
            "refused",
            _("Somebody left this step out, so Odoo was not told."),
            quote=skipped.reason,
            short=_("left out"),
        )
    lead = _lead(kind, standings)
    if lead is not None and lead.kind == "done":
        return _done(kind, lead, standings, now)
    waiting = next((one for one in standings if one.kind == "trying_again"), None)
    if waiting is not None:
        return _trying_again(waiting, now)
    return Answer("", "wait", _("Odoo is being told now."), short=_("Odoo is told"))


def effect_of(kind: Kind, standing: Standing) -> Effect | None:
    return next((effect for effect in kind.effects if effect.key == standing.key.rpartition("/")[2]), None)


def said_at(standing: Standing) -> datetime | None:
    """Odoo's own time when it was seen to stand, else ours."""
    value = standing.result.get("at")
    return datetime.fromisoformat(value) if isinstance(value, str) else standing.at


def values_of(standing: Standing) -> Mapping[str, Any]:
    return standing.result.get("values") or {}


def _lead(kind: Kind, standings: list[Standing]) -> Standing | None:
    """The effect that people wait for; without it (a rejection) the last one."""
    leads = [one for one in standings if (effect := effect_of(kind, one)) and effect.lead]
    return next(reversed(leads or standings), None)


def _done(kind: Kind, lead: Standing, standings: list[Standing], now: datetime) -> Answer:
    effect, at = effect_of(kind, lead), said_at(lead)
    when = words.moment(at, now, seconds=True) if at else ""
    sentence = str(effect.done(values_of(lead), when)) if effect else _("Done in Odoo at %(time)s") % {"time": when}
    late = next((one for one in standings if one.kind == "trying_again"), None)
    more = _trying_again(late, now).sentence if late else ""
    return Answer("ok", "approved", sentence, more=more, short=_("in Odoo"))


def _failed(standing: Standing, now: datetime) -> Answer:
    when = words.moment(standing.at, now, seconds=True) if standing.at else ""
    quote = str(standing.result.get("refused") or standing.reason)
    if standing.kind == "refused":
        sentence = _("Odoo refused it at %(time)s, in these words:") % {"time": when}
    else:
        sentence = _("Odoo did not take it; given up at %(time)s. The last trouble was:") % {"time": when}
    return Answer(
        "late",
        "refused",
        sentence,
        _("It is among the exceptions, where it can be tried again."),
        quote,
        _("Odoo refused"),
    )


def _not_as_decided(standing: Standing) -> Answer:
    if standing.result.get("reason") == "gone":
        return Answer(
            "soon",
            "refused",
            _("The record was deleted in Odoo before the decision arrived, so nothing was done."),
            short=_("deleted"),
        )
    changed = "\n".join(_difference(one) for one in standing.result.get("differences", []))
    return Answer(
        "soon",
        "refused",
        _("The record changed in Odoo after the decision, so nothing was forced. It is asked anew as it is now."),
        quote=changed,
        short=_("changed since"),
    )


def _difference(one: Mapping[str, Any]) -> str:
    """In Odoo's names: "amount_total: 48200.00 → 46900.00"."""
    return f"{one.get('field', '?')}: {one.get('expected', '—')} → {one.get('actual', '—')}"


def _trying_again(standing: Standing, now: datetime) -> Answer:
    again = words.moment(standing.at, now) if standing.at else ""
    if standing.since is not None:
        sentence = _(
            "Odoo cannot be reached since %(since)s. The decision waits here and is sent again at %(again)s."
        ) % {
            "since": words.moment(standing.since, now),
            "again": again,
        }
        return Answer("soon", "away", sentence, more=standing.reason, short=_("Odoo is away"))
    sentence = _("Odoo did not take it yet. The decision waits here and is sent again at %(again)s.") % {"again": again}
    return Answer("soon", "away", sentence, more=standing.reason, short=_("waits for Odoo"))
