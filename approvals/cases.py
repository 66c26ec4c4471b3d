"""What a case says of a request that nobody may decide, in the reader's language."""

from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.dateformat import format as date_text
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cockpit.accounts.roles import ROLES
from cockpit.exception_queue.kinds import Kind, Record
from cockpit.exception_queue.models import Case
from cockpit.pages import words


def _title(case: Case) -> str:
    role = ROLES.get(case.detail.get("role", ""))
    if role is None:
        return case.title
    named = {"request": case.detail["request"], "role": role.label, "unit": case.detail["unit"]}
    return _("%(request)s waits for %(role)s of %(unit)s, but nobody there may decide it") % named


def _why(case: Case) -> str:
    return _("It waits for ever unless somebody else gets the role: everybody who holds it took part, or nobody does.")


NO_APPROVER = Kind(
    gettext_lazy("Nobody may decide"),
    owner_roles=("pmo", "leadership"),
    within_h=8,
    closes=gettext_lazy("When somebody who may decide it holds the role."),
    why=_why,
    title=_title,
)


def _uncovered_title(case: Case) -> str:
    days = {end: words.day(date.fromisoformat(case.detail[end])) for end in ("first", "last")}
    named = {"person": case.detail["person"], **days}
    return _("%(person)s is away from %(first)s to %(last)s, and nobody decides for them") % named


def _uncovered_why(case: Case) -> str:
    held = [f"{ROLES[role].label} ({unit})" for role, unit in case.detail.get("roles", []) if role in ROLES]
    if not held:
        return _("What they are asked by name waits until they are back.")
    return _("Nobody else who is here then holds: %(roles)s. What that role is asked waits until they are back.") % {
        "roles": ", ".join(held)
    }


def _deputies(case: Case) -> list[Record]:
    return [Record(_("Name a deputy"), reverse("deputies"))]


UNCOVERED = Kind(
    gettext_lazy("Nobody decides during a leave"),
    owner_roles=("pmo", "leadership"),
    within_h=8,
    closes=gettext_lazy("When a deputy is confirmed, somebody else holds the role, or the leave is gone."),
    title=_uncovered_title,
    why=_uncovered_why,
    records=_deputies,
)


def _outage_title(case: Case) -> str:
    start, end = (localtime(datetime.fromisoformat(case.detail[key])) for key in ("from", "until"))
    named = {"start": date_text(start, "D j M H:i"), "end": date_text(end, "D j M H:i")}
    named["incident"] = case.detail["incident"]
    return _("The cockpit was down from %(start)s until %(end)s, incident %(incident)s") % named


def _outage_why(case: Case) -> str:
    count = case.detail["clocks"]
    return ngettext(
        "The clock of %(count)d step waited meanwhile, so it is due later. Look at why the cockpit stood still.",
        "The clocks of %(count)d steps waited meanwhile, so they are due later. Look at why the cockpit stood still.",
        count,
    ) % {"count": count}


OUTAGE = Kind(
    gettext_lazy("The cockpit was down"),
    owner_roles=("operations_admin", "pmo"),
    within_h=16,
    closes=gettext_lazy("When somebody has looked at it and closes it."),
    why=_outage_why,
    title=_outage_title,
)


def _recertify_title(case: Case) -> str:
    count = case.detail["count"]
    text = ngettext(
        "%(count)d role of %(unit)s is to be confirmed or taken away",
        "%(count)d roles of %(unit)s are to be confirmed or taken away",
        count,
    )
    return text % {"count": count, "unit": case.detail["unit"]}


def _recertify_why(case: Case) -> str:
    return _("Nobody has looked at them for %(count)d months. Who moved on should not go on deciding.") % {
        "count": settings.RECERTIFY_MONTHS
    }


RECERTIFY = Kind(
    gettext_lazy("Roles to confirm"),
    owner_roles=("leadership", "pmo", "operations_admin"),
    within_h=80,
    closes=gettext_lazy("When each of them is confirmed or taken away."),
    title=_recertify_title,
    why=_recertify_why,
    records=lambda case: [Record(_("Look at the roles"), f"{reverse('grants')}#unit-{case.detail['unit_id']}")],
)


def _left_title(case: Case) -> str:
    count = case.detail["count"]
    text = ngettext(
        "%(count)d thing waits for %(person)s, who cannot sign in any more",
        "%(count)d things wait for %(person)s, who cannot sign in any more",
        count,
    )
    return text % {"count": count, "person": case.detail["person"]}


LEFT_BEHIND = Kind(
    gettext_lazy("Left behind"),
    owner_roles=("pmo", "leadership"),
    within_h=8,
    closes=gettext_lazy("When everything is handed over, or they can sign in again."),
    title=_left_title,
    why=lambda case: _("Decisions, questions and cases that name them wait for ever unless somebody else gets them."),
    records=lambda case: [Record(_("Hand over"), reverse("hand_over", args=[case.detail["person_id"]]))],
)
