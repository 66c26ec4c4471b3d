"""Where a record stands with the kinds of requests that are in force on it: it goes on when all of them let it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from approvals import kinds as declared
from approvals import services as approvals
from approvals.models import Policy, PolicyVersion, Request
from cockpit.accounts.models import Unit
from delivery import compiling
from delivery.record_facts import Found


class Standing(StrEnum):
    PASSES = "passes"  # nobody is asked
    APPROVED = "approved"
    WAITING = "waiting"
    REFUSED = "refused"  # rejected, or taken back by whoever asked


LETS_GO = {Standing.PASSES, Standing.APPROVED}
STANDINGS = {
    Request.State.APPROVED: Standing.APPROVED,
    Request.State.REJECTED: Standing.REFUSED,
    Request.State.OBSERVED: Standing.PASSES,
}


def ask(keys: Iterable[str], *, subject: str, found: Found, at: datetime, actor: str) -> dict[str, Standing]:
    """Ask by each kind, or bring what is open about the record up to date; where it stands with each."""
    return {key: _ask(key, subject, found, at, actor) for key in keys}


def _ask(key: str, subject: str, found: Found, at: datetime, actor: str) -> Standing:
    facts = facts_for(key, found.facts)
    request = approvals.ask(
        key,
        subject=subject,
        unit=found.unit,
        facts=facts,
        at=at,
        actor=actor,
        requester=found.author,
        barred=found.barred,
        client_odoo_id=found.client_odoo_id,
        client_name=found.client_name,
        project_odoo_id=found.project_odoo_id,
    )
    if request is None:
        passes = approvals.asks_nobody(key, unit=found.unit, facts=facts, at=at)
        return Standing.PASSES if passes else Standing.REFUSED
    return STANDINGS.get(Request.State(request.state), Standing.WAITING)


def facts_for(key: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Those that the kind knows: of one record several kinds tell different things."""
    known = {fact.key for fact in declared.get(key).facts}
    return {name: value for name, value in facts.items() if name in known}


def open_requests(keys: Iterable[str], subject: str) -> list[Request]:
    return list(Request.objects.open().filter(kind_key__in=list(keys), subject=subject).order_by("pk"))


def close_all(requests: Iterable[Request], reason: str, *, at: datetime, actor: str) -> None:
    for request in requests:
        approvals.close(request, reason, at=at, actor=actor)


def enforced(key: str, at: datetime) -> PolicyVersion | None:
    """The version that binds now; None while the kind is off or only observed."""
    rules = Policy.objects.filter(kind=key, mode=Policy.Mode.ENFORCE).first()
    return rules.version_at(at) if rules else None


def in_force(key: str, at: datetime) -> list[PolicyVersion]:
    """The kind's version in force, whatever its mode; none where it has no policy, or that is off."""
    rules = Policy.objects.filter(kind=key).exclude(mode=Policy.Mode.OFF).first()
    version = rules.version_at(at) if rules else None
    return [version] if version else []


def held_since(
    key: str, found: Found, sees: compiling.Sees, *, at: datetime, facts: Mapping[str, Any] | None = None
) -> datetime | None:
    """Since when Odoo's guard holds a record with these facts for this kind; None: it does not.

    `facts`: as the guard takes them, where that differs.
    """
    version = enforced(key, at)
    if version is None or version.published_at is None:
        return None
    company = Unit.objects.get(pk=found.unit.company_id)
    held = compiling.clauses(version.table(), [company], sees)
    return version.published_at if compiling.holds(held, facts or found.facts, company.pk) else None


def asked_about(keys: Iterable[str], model: str) -> list[int]:
    """Ids of the model's records that are being asked about."""
    beginning = f"odoo.{model}:"
    open_now = Request.objects.open().filter(kind_key__in=list(keys), subject__startswith=beginning)
    return [int(subject.removeprefix(beginning)) for subject in open_now.values_list("subject", flat=True)]
