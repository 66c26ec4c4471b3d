"""What the page about the connection shows. Asks our own rows alone: it stands while Odoo is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.odoo.guardian import services, words
from integrations.odoo.guardian.finding import Finding, from_json
from integrations.odoo.models import GuardianLook

LOOKS = 10
CHECKS = {
    "key": gettext_lazy("Key"),
    "rights": gettext_lazy("Rights"),
    "api": gettext_lazy("API"),
    "drift": gettext_lazy("What the cockpit keeps in Odoo"),
    "neighbours": gettext_lazy("Rules of others"),
}
ORDER = ("critical", "high", "medium", "low", "")
STATES = {"critical": "late", "high": "late", "medium": "soon", "low": "soon", "": "ok"}
SEVERITIES = {
    "critical": gettext_lazy("critical"),
    "high": gettext_lazy("high"),
    "medium": gettext_lazy("medium"),
    "low": gettext_lazy("low"),
    "": gettext_lazy("in order"),
}


@dataclass(frozen=True)
class Line:
    """`state` is late | soon | ok."""

    state: str
    severity: str
    what: str
    do: str


@dataclass(frozen=True)
class Check:
    """`ended` False: the last look could not find out; what it said is not known anew."""

    name: str
    label: str
    lines: list[Line]
    ended: bool


def context(*, at: datetime) -> dict[str, Any]:
    """Two queries."""
    looks = list(GuardianLook.objects.all()[:LOOKS])
    last = looks[0] if looks else None
    found = [from_json(row) for row in last.findings] if last else []
    return {
        "last": last,
        "looks": looks,
        "configured": bool(settings.ODOO["URL"]),
        "stale": bool(last and at - last.at > services.OLD),
        "answer": _answer(last, found, at),
        "state": _state(last, found, at),
        "connection": next((each.connection for each in looks if each.connection), {}),
        "key": next((each for each in found if each.code == "key.ends"), None),
        "key_days": next((each.facts["days"] for each in found if each.code == "key.ends"), None),
        "checks": [_check(name, str(label), last, found) for name, label in CHECKS.items()] if last else [],
        "waiting": services.waiting(),
    }


def _check(name: str, label: str, last: GuardianLook, found: list[Finding]) -> Check:
    mine = sorted((each for each in found if each.check == name), key=lambda each: ORDER.index(each.severity))
    return Check(name, label, [_line(each) for each in mine], ended=name in last.checks)


def _line(each: Finding) -> Line:
    return Line(STATES[each.severity], str(SEVERITIES[each.severity]), words.what(each), words.do(each))


def _state(last: GuardianLook | None, found: list[Finding], at: datetime) -> str:
    """Nothing is green that was not looked at lately."""
    if last is None or at - last.at > services.OLD:
        return "stale"
    if last.problem:
        return "late"
    return next((STATES[each] for each in ORDER if any(one.severity == each for one in found)), "ok")


def _answer(last: GuardianLook | None, found: list[Finding], at: datetime) -> str:
    if last is None:
        return _("Nobody has looked at the connection to Odoo yet.")
    if last.problem and not last.connection:
        return last.problem
    bad = sum(bool(each.severity) for each in found)
    if last.problem:
        return _("Not everything could be looked at. %(why)s") % {"why": last.problem}
    if not bad:
        return _("The connection to Odoo is in order.")
    said = ngettext("%(count)d thing to put right.", "%(count)d things to put right.", bad)
    return said % {"count": bad}
