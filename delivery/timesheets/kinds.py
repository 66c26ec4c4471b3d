"""What a missing week of timesheets says of itself on the exceptions page."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cockpit.accounts.models import Person
from cockpit.exception_queue.kinds import Kind, Record
from cockpit.exception_queue.models import Case
from cockpit.pages import words
from delivery.timesheets.rules import PersonWeek, Week
from integrations.odoo.links import record_url


def hours(value: Decimal) -> str:
    """With a space that does not break."""
    said = {"hours": words.number(value.normalize() if value else Decimal(0))}
    return (_("%(hours)s h") % said).replace(" ", words.NBSP)


def of_case(case: Case) -> tuple[Week, PersonWeek]:
    found = PersonWeek(Decimal(case.detail["expected_h"]), Decimal(case.detail["booked_h"]))
    return Week.named(case.detail["week"]), found


def title(case: Case) -> str:
    week, found = of_case(case)
    said = {"name": case.detail["name"], "hours": hours(found.missing_h), "week": week.number}
    return _("%(name)s: %(hours)s of timesheets missing in week %(week)s") % said


def row(case: Case) -> str:
    _week, found = of_case(case)
    return _("%(name)s · %(missing)s") % {"name": case.detail["name"], "missing": hours(found.missing_h)}


def why(case: Case) -> str:
    if case.money is None:
        return _("What is not entered is neither invoiced nor paid. No rate of theirs is known from invoiced hours.")
    rate = words.money(case.detail["rate"], case.currency)
    return _("What is not entered is neither invoiced nor paid. Their hours were usually invoiced at %(rate)s.") % {
        "rate": rate
    }


def records(case: Case) -> list[Record]:
    week, found = of_case(case)
    dates = " – ".join(words.day(day, now=case.last_seen_at) for day in (week.monday, week.sunday))
    rows = [
        Record(case.detail["name"], record_url("hr.employee", case.detail["employee"]), _("employee in Odoo")),
        Record(_("Week %(week)s") % {"week": week.number}, "", dates),
        Record(_("Expected"), "", _("working calendar less public holidays and leave"), hours(found.expected_h)),
        Record(_("Entered"), "", _("timesheets of the week"), hours(found.booked_h)),
        Record(_("Missing"), "", "", hours(found.missing_h)),
    ]
    manager = Person.objects.filter(pk=case.detail.get("manager")).first()
    return [*rows, Record(manager.name, "", _("manager"))] if manager else rows


def heading(cause: str, count: int) -> str:
    key = cause.partition(":")[2]
    week = Week.named(key).number if key else ""
    said = ngettext(
        "Timesheets missing, week %(week)s (%(count)s person)",
        "Timesheets missing, week %(week)s (%(count)s people)",
        count,
    )
    return said % {"week": week, "count": words.number(count)}


MISSING = Kind(
    label=gettext_lazy("Timesheets missing"),
    owner_roles=("pmo", "delivery_manager"),
    within_h=16,
    runbook="timesheets-missing",
    closes=gettext_lazy("When the hours are entered in Odoo, or leave for the week is approved there."),
    may_be_closed=False,
    title=title,
    row=row,
    why=why,
    records=records,
    cause=heading,
)
