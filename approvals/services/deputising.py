"""Deputies: proposing one, confirming it, declining it, ending it before its time. By itself it ends on its day."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from approvals import kinds as known
from approvals.delegations import LONGEST, SUMMER, Delegation
from approvals.resolvers import can_act
from cockpit.accounts import grants
from cockpit.accounts.models import Person
from cockpit.audit import record, reference
from cockpit.events.services import emit

OVERSEES = "pmo"


class DeputyRefusedError(Exception):
    """Nothing was changed; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


@transaction.atomic
def propose(
    delegator: Person,
    deputy: Person,
    *,
    start_at: datetime,
    end_at: datetime,
    actor: Person | str,
    at: datetime,
    kinds: Sequence[str] = (),
    limit: Decimal | None = None,
    client_odoo_id: int | None = None,
    absence_odoo_id: int | None = None,
) -> Delegation:
    """Somebody shall decide for `delegator` in that time; it counts once it is confirmed. The same twice is once.

    `limit` is in the reporting currency; `kinds` empty: all of them. Raises DeputyRefusedError.
    """
    Person.objects.select_for_update().get(pk=delegator.pk)  # so that two presses of one button are one
    _check(delegator, deputy, start_at, end_at, at)
    if unknown := [key for key in kinds if key not in known.registry()]:
        raise DeputyRefusedError(_("There is no kind of request “%(kind)s”.") % {"kind": unknown[0]})
    same: dict[str, Any] = {
        "delegator": delegator, "deputy": deputy, "start_at": start_at, "end_at": end_at, "kinds": sorted(kinds),
        "limit": limit, "client_odoo_id": client_odoo_id, "request": None, "ended_at": None,
    }  # fmt: skip
    twin = Delegation.objects.filter(**same).first()
    if twin is not None:
        return twin
    source = Delegation.Source.HAND if absence_odoo_id is None else Delegation.Source.LEAVE
    made = Delegation.objects.create(**same, source=source, absence_odoo_id=absence_odoo_id, proposed_at=at)
    _say(made, "propose", actor=actor, at=at, **_terms(made))
    return made


@transaction.atomic
def confirm(delegation_id: int, *, actor: Person, at: datetime) -> Delegation:
    """In its time the deputy decides. Whom it is for confirms that, or the PMO of their unit; never the deputy.

    Confirming twice is once. Raises DeputyRefusedError.
    """
    found = _lock(delegation_id)
    if actor == found.deputy:
        raise DeputyRefusedError(
            _("Whoever would decide for %(person)s does not confirm that themselves.") % {"person": found.delegator}
        )
    if not may_arrange(actor, found.delegator):
        raise DeputyRefusedError(
            _("Only %(person)s, or the PMO of their unit, can confirm this.") % {"person": found.delegator}
        )
    _check_living(found, at)
    if found.confirmed_at is not None:
        return found
    if not can_act(found.deputy):
        raise DeputyRefusedError(_cannot_sign_in(found.deputy))
    found.confirmed_at = at
    found.save(update_fields=["confirmed_at"])
    _say(found, "confirm", actor=actor, at=at, **_terms(found))
    return found


@transaction.atomic
def appoint(delegator: Person, deputy: Person, *, actor: Person, at: datetime, **terms: Any) -> Delegation:
    """Propose and confirm in one. Whoever offers to be the deputy only proposes it. Raises DeputyRefusedError."""
    if actor != deputy and not may_arrange(actor, delegator):
        raise DeputyRefusedError(
            _("You can name a deputy for yourself, or as PMO for somebody of your unit; not for %(person)s.")
            % {"person": delegator}
        )
    made = propose(delegator, deputy, actor=actor, at=at, **terms)
    return made if actor == deputy else confirm(made.pk, actor=actor, at=at)


@transaction.atomic
def decline(delegation_id: int, *, actor: Person | str, at: datetime, why: str = "") -> Delegation:
    """A proposal that shall not be. Either of the two may, or the PMO. Declining twice is once."""
    found = _lock(delegation_id)
    if isinstance(actor, Person):
        _check_part(found, actor)
    if found.confirmed_at is not None:
        raise DeputyRefusedError(_("It is confirmed already. End it instead."))
    return _end(found, "decline", actor=actor, at=at, why=why)


@transaction.atomic
def end_early(delegation_id: int, *, actor: Person | str, at: datetime, why: str = "") -> Delegation:
    """The deputy decides no more from this moment; what they decided stays decided. Ending twice is once."""
    found = _lock(delegation_id)
    if isinstance(actor, Person):
        _check_part(found, actor)
    return _end(found, "end", actor=actor, at=at, why=why)


@transaction.atomic
def shorten(delegation_id: int, *, end_at: datetime, actor: Person | str, at: datetime, why: str = "") -> Delegation:
    """It ends earlier than was said: the leave it is for does. Never longer, for that nobody agreed to."""
    found = _lock(delegation_id)
    if found.ended_at is not None or end_at >= found.end_at:
        return found
    if end_at <= max(at, found.start_at):
        return _end(found, "end", actor=actor, at=at, why=why)
    found.end_at = end_at
    found.save(update_fields=["end_at"])
    _say(found, "shorten", actor=actor, at=at, until=end_at.isoformat(), why=why)
    return found


def may_arrange(actor: Person, delegator: Person) -> bool:
    """Whether `actor` says who decides for `delegator`: themselves, and the PMO of their unit."""
    if actor == delegator:
        return True
    return delegator.unit is not None and grants.holders(OVERSEES, delegator.unit).filter(pk=actor.pk).exists()


def _check(delegator: Person, deputy: Person, start_at: datetime, end_at: datetime, at: datetime) -> None:
    if delegator == deputy:
        raise DeputyRefusedError(_("Somebody else must decide for %(person)s.") % {"person": delegator})
    for person in (deputy, delegator):
        if not can_act(person):
            raise DeputyRefusedError(_cannot_sign_in(person))
    if end_at <= start_at:
        raise DeputyRefusedError(_("The last day lies before the first."))
    if end_at <= at:
        raise DeputyRefusedError(_("That time is over already."))
    if end_at - start_at > LONGEST + SUMMER:
        raise DeputyRefusedError(
            _("At most %(count)d days in one go: name the deputy again then, so that none is forgotten.")
            % {"count": LONGEST.days}
        )


def _cannot_sign_in(person: Person) -> str:
    return _("%(person)s cannot sign in, and so could not decide.") % {"person": person}


def _check_living(found: Delegation, at: datetime) -> None:
    if found.ended_at is not None:
        words = _("This was ended meanwhile.") if found.confirmed_at else _("This was declined meanwhile.")
        raise DeputyRefusedError(words)
    if found.end_at <= at:
        raise DeputyRefusedError(_("That time is over already."))


def _check_part(found: Delegation, actor: Person) -> None:
    if actor != found.deputy and not may_arrange(actor, found.delegator):
        raise DeputyRefusedError(_("Only the two of them, or the PMO of their unit, can end this."))


def _end(found: Delegation, verb: str, *, actor: Person | str, at: datetime, why: str = "") -> Delegation:
    if found.ended_at is None:
        found.ended_at = at
        found.save(update_fields=["ended_at"])
        _say(found, verb, actor=actor, at=at, **({"why": why} if why else {}))
    return found


def _lock(delegation_id: int) -> Delegation:
    rows = Delegation.objects.select_for_update(of=("self",)).select_related("delegator__unit", "delegator__user")
    return rows.select_related("deputy__user").get(pk=delegation_id)


def _terms(made: Delegation) -> dict[str, Any]:
    return {
        "from": made.start_at.isoformat(),
        "until": made.end_at.isoformat(),
        "kinds": list(made.kinds),
        "limit": None if made.limit is None else str(made.limit),
        "client": made.client_odoo_id,
    }


def _say(made: Delegation, verb: str, *, actor: Person | str, at: datetime, **more: Any) -> None:
    """In the trail, and to whoever tells the two of them."""
    data = {"delegator": reference(made.delegator), "deputy": reference(made.deputy), **more}
    entry = record(made.audit_subject, f"approvals.delegation.{verb}", actor=actor, at=at, data=data)
    emit(
        "approvals.deputy.changed",
        subject=made.audit_subject,
        key=f"{made.audit_subject}/{entry.seq}",
        at=at,
        payload={"delegation": made.pk, "what": verb},
    )
