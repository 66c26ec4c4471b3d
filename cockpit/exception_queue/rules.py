"""Rules that look for themselves, and when each last did. Named in settings.CASE_RULES, run by the beat.

A rule is `run(at=…) -> int` (the living cases it found); it raises RuleWaitsError while its data is not there. One that
breaks is written down and logged, and does not keep the others from running.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from cockpit.exception_queue.models import RuleRun

LOCK = "exception rules"
LATE = 3  # times its interval: then a rule counts as not run
log = structlog.get_logger(__name__)


class RuleWaitsError(Exception):
    """The rule cannot look yet; the text says what it waits for. Nothing was opened or closed."""


@dataclass(frozen=True)
class Standing:
    rule: str
    label: str
    ran_at: datetime | None  # when it last looked to its end
    ok: bool
    sentence: str


def run_due(*, at: datetime) -> list[str]:
    """Run every rule whose time has come; their names. Nothing while another process is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [LOCK])
        if not cursor.fetchone()[0]:
            return []
    try:
        known = {run.rule: run for run in RuleRun.objects.all()}
        due = [name for name, wiring in settings.CASE_RULES.items() if _is_due(known.get(name), wiring, at)]
        for name in due:
            run_rule(name, at=at)
        return due
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [LOCK])


def run_rule(name: str, *, at: datetime) -> RuleRun:
    """Run one rule and write down how it ended."""
    columns: dict[str, object] = {"started_at": at, "sentence": ""}
    try:
        found = import_string(settings.CASE_RULES[name]["run"])(at=at)
        columns |= {"status": RuleRun.Status.DONE, "succeeded_at": at, "found": found}
    except RuleWaitsError as waits:
        columns |= {"status": RuleRun.Status.WAITING, "sentence": str(waits)}
    except Exception as problem:
        log.exception("rule_failed", rule=name)
        columns |= {"status": RuleRun.Status.FAILED, "sentence": f"{type(problem).__name__}: {problem}"[:500]}
    return RuleRun.objects.update_or_create(rule=name, defaults=columns)[0]


def standing(*, at: datetime) -> list[Standing]:
    """How each rule stands. One query."""
    known = {run.rule: run for run in RuleRun.objects.all()}
    return [_standing(name, wiring, known.get(name), at) for name, wiring in settings.CASE_RULES.items()]


def _standing(name: str, wiring: dict, run: RuleRun | None, at: datetime) -> Standing:
    label = str(wiring["label"])
    if run is None:
        return Standing(name, label, None, False, _("It has not run yet."))
    if run.status != RuleRun.Status.DONE:
        return Standing(name, label, run.succeeded_at, False, run.sentence)
    late = at - run.started_at > timedelta(seconds=wiring["every_s"] * LATE + 60)
    said = _("It has not run lately: is the worker running?") if late else ""
    return Standing(name, label, run.succeeded_at, not late, said)


def _is_due(run: RuleRun | None, wiring: dict, at: datetime) -> bool:
    if run is None:
        return True
    every = wiring["every_s"] if run.status == RuleRun.Status.DONE else min(wiring["every_s"], 60)
    return at - run.started_at >= timedelta(seconds=every)
