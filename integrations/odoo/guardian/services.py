"""Looking at the connection, and what it says as cases.

A look asks Odoo and writes one row, outside of any transaction; the rule reads the last row and never asks. A worker
that dies in the middle of a look leaves no row: the next sweep looks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cockpit import audit, outbox
from cockpit.accounts.models import Person
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.rules import RuleWaitsError
from cockpit.exception_queue.services import clear_case, open_case
from cockpit.outbox import Done
from cockpit.outbox.models import Message
from integrations.odoo import credentials
from integrations.odoo.client import AuthenticationError, OdooClient, OdooError, WrongDatabaseError, connect
from integrations.odoo.guardian import api, kept, keys, rights, words
from integrations.odoo.guardian.finding import Finding, from_json
from integrations.odoo.manifests import declared
from integrations.odoo.models import GuardianLook

ACTOR = "system:guardian"
EVERY = timedelta(hours=1)
OLD = 3 * EVERY  # then the cases stay as they are, and the page says that nobody looks
KEPT = 200
HANDLER, DESTINATION = "odoo.guardian", "odoo-reading"
log = structlog.get_logger(__name__)


def look_if_due(*, at: datetime) -> GuardianLook | None:
    last = GuardianLook.objects.first()
    return look(at=at) if last is None or at - last.at >= EVERY else None


def look(*, at: datetime) -> GuardianLook:
    """Ask Odoo once. What cannot be had is said in the row, never raised: the other checks go on."""
    now = credentials.current()
    seen = GuardianLook(at=at)
    found = [Finding("key.unreadable", "high")] if now.unreadable else []
    try:
        client = connect(now.config)
    except (AuthenticationError, WrongDatabaseError) as problem:
        found.append(Finding("key.refused", "critical", facts={"sentence": problem.sentence}))
        seen.problem, seen.checks = problem.sentence, ["key"]
    except OdooError as problem:
        seen.problem = problem.sentence
    else:
        seen.connection = _described(client, now.source)
        for name, run in _checks(client, with_key=bool(now.config.api_key), at=at).items():
            try:
                found += list(run())
                seen.checks.append(name)
            except OdooError as problem:
                seen.problem = problem.sentence
                log.warning("guardian_check", check=name, sentence=problem.sentence)
    seen.findings = [each.as_json() for each in found]
    seen.save()
    GuardianLook.objects.exclude(pk__in=GuardianLook.objects.values("pk")[:KEPT]).delete()
    return seen


def _checks(client: OdooClient, *, with_key: bool, at: datetime) -> dict[str, Callable[[], Iterator[Finding]]]:
    manifest = declared(client)
    return {
        "key": lambda: keys.check(client, at=at, with_key=with_key),
        "rights": lambda: rights.check(client),
        "api": lambda: api.check(client, with_key=with_key),
        "drift": lambda: kept.check_drift(client, manifest),
        "neighbours": lambda: kept.check_neighbours(client, manifest),
    }


def _described(client: OdooClient, source: str) -> dict[str, object]:
    return {"url": client.url, "database": client.db, "version": client.version().text, "uid": client.uid,
            "transport": client.transport, "login": client.login, "source": source}  # fmt: skip


# --- cases ------------------------------------------------------------------------------------------


def watch(*, at: datetime) -> int:
    """The rule: cases as the last look found things; how many there are. Raises RuleWaitsError."""
    last = GuardianLook.objects.first()
    if last is None:
        raise RuleWaitsError(_("Nobody has looked at the connection to Odoo yet."))
    if at - last.at > OLD:
        raise RuleWaitsError(_("The connection to Odoo was not looked at lately: is the worker running?"))
    bad = {each.fingerprint: each for each in map(from_json, last.findings) if each.severity}
    for each in bad.values():
        _open(each, at=at)
    _close_others(set(bad), last, at=at)
    return len(bad)


def _open(finding: Finding, *, at: datetime) -> Case:
    return open_case(
        finding.fingerprint,
        kind=f"odoo.{finding.check}",
        title=words.in_english(finding),
        at=at,
        severity=finding.severity,
        subject=credentials.SUBJECT,
        detail=finding.as_json(),
        actor=ACTOR,
        anew=False,
    )


def _close_others(bad: set[str], last: GuardianLook, *, at: datetime) -> None:
    """Of the checks that came to their end: what was not found any more is right again."""
    kinds = [f"odoo.{check}" for check in last.checks]
    living = Case.objects.filter(kind__in=kinds, fingerprint__startswith="odoo.guardian:")
    for fingerprint in living.exclude(state=Case.State.RESOLVED).values_list("fingerprint", flat=True):
        if fingerprint not in bad:
            clear_case(fingerprint, at=at, reason=gettext_noop("It was looked at again, and is right."), actor=ACTOR)


# --- on the button ----------------------------------------------------------------------------------


@transaction.atomic
def ask(*, actor: Person | str, at: datetime) -> Message:
    """Let somebody look now; once a minute, however often it is pressed."""
    audit.record(credentials.SUBJECT, "odoo.guardian.ask", actor=actor, at=at)
    return outbox.put(
        HANDLER, destination=DESTINATION, subject="guardian", payload={}, key=f"guardian/{at:%Y-%m-%dT%H:%M}", at=at,
        origin=credentials.SUBJECT,
    )  # fmt: skip


def waiting() -> bool:
    open_ = [Message.State.PENDING, Message.State.DEAD]
    return Message.objects.filter(handler=HANDLER, state__in=open_).exists()


def run(message: Message, *, at: datetime) -> Done:
    """The run function of outbox handler `odoo.guardian`. An Odoo that is away is an answer, too."""
    seen = look(at=at)
    return Done(result={"findings": len(seen.findings), "problem": seen.problem})
