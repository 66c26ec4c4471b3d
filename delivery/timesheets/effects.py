"""Reminding in Odoo: a message on the employee's record that notifies the person, and from the second on the manager.

It is posted once for each person, week and day on which somebody pressed the button: the key in brackets is looked for
in Odoo before it is posted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cockpit import outbox
from cockpit.accounts.models import Person
from cockpit.audit.models import Entry, PersonRef
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.repairs import NoRepairError
from cockpit.outbox.models import Message
from cockpit.pages import words
from cockpit.transitions import subject_of
from delivery.timesheets.kinds import hours, of_case
from integrations.mirror.models import Employee, OdooUser

MODEL = "hr.employee"
HANDLER = "odoo.push"
VERB = "exception_queue.case.remind"
BACK = "exception_queue.case.remind_back"


class Remind:
    """The next step of a missing week."""

    key = "remind"
    asks_why = ""
    recall = timedelta(seconds=20)  # in which nothing is written yet

    def label(self, case: Case) -> str:
        if not _sent(case):
            return _("Remind %(name)s") % {"name": case.detail["name"]}
        manager = _manager(case)
        if manager is None:
            return _("Remind %(name)s again") % {"name": case.detail["name"]}
        said = {"name": case.detail["name"], "manager": manager.name}
        return _("Remind %(name)s and tell %(manager)s") % said

    def said(self, case: Case, *, at: datetime) -> str:
        """ "Reminded 14:03 by Mia, 2nd time"."""
        entries = _entries(case)
        if not entries:
            return "" if _partners(case) else _nobody(case)
        ref = PersonRef.objects.filter(pk=entries[0].actor.removeprefix("person:")).first()
        said = {"when": words.moment(entries[0].at, at), "who": str(ref or ""), "count": words.number(len(entries))}
        if at - entries[0].at < self.recall:
            return _("%(name)s is about to be reminded.") % {"name": case.detail["name"]}
        if len(entries) == 1:
            return _("Reminded %(when)s by %(who)s.") % said
        return _("Reminded %(when)s by %(who)s, %(count)s times by now.") % said

    def is_offered(self, case: Case, *, at: datetime) -> bool:
        """Once a day, where the person lives."""
        return bool(_partners(case)) and not _of_day(case, at).exclude(state=Message.State.SKIPPED).exists()

    def did(self, case: Case, *, waits: bool) -> str:
        said = {"name": case.detail["name"], "seconds": words.number(int(self.recall.total_seconds()))}
        return (_("%(name)s is reminded in %(seconds)s seconds") if waits else _("%(name)s was reminded")) % said

    def undo_label(self, case: Case) -> str:
        return _("Undo reminder")

    def take_back(self, data: Mapping[str, object], *, actor: Person, at: datetime) -> bool:
        message = Message.objects.select_for_update().filter(key=data.get("key"), attempt=0, not_before__gt=at).first()
        if message is None or message.state != Message.State.PENDING:
            return False
        outbox.skip(message, actor=actor, at=at, reason="Taken back before it was sent.")
        return True

    def run(self, case: Case, *, actor: Person, at: datetime, note: str = "") -> dict[str, object]:
        number = _sent(case) + 1
        partners = _partners(case)
        if number > 1 and (manager := _manager(case)):
            partners += [one for one in _partners_of(manager.odoo_employee_id) if one not in partners]
        if not partners:
            raise NoRepairError(_nobody(case))
        earlier = _of_day(case, at).count()  # each was taken back
        key = f"{_key(case, at)}/{earlier + 1}" if earlier else _key(case, at)
        employee = case.detail["employee"]
        outbox.put(
            HANDLER,
            destination="odoo-notes",
            subject=f"{MODEL}:{employee}",
            payload=_payload(case, employee, partners, f"{key.removeprefix('timesheets/')}"),
            key=key,
            at=at,
            not_before=at + self.recall,
            origin=subject_of(case),
        )
        return {"number": number, "key": key, "partners": partners}


def _payload(case: Case, employee: int, partners: list[int], mark: str) -> dict[str, object]:
    domain = [["model", "=", MODEL], ["res_id", "=", employee], ["body", "ilike", f"[{mark}]"]]
    company = Employee.objects.filter(pk=employee).values_list("company_id", flat=True).first()
    kwargs = {
        "body": body(case, mark),
        "message_type": "comment",
        "subtype_xmlid": "mail.mt_note",
        "partner_ids": partners,
    }
    return {
        "model": MODEL,
        "id": employee,
        "company_id": company,
        "find": {"model": "mail.message", "domain": domain},
        "call": {"method": "message_post", "kwargs": kwargs},
    }


def body(case: Case, mark: str) -> str:
    """What the person reads in Odoo."""
    week, found = of_case(case)
    said = {"week": week.number, "first": words.day(week.monday), "last": words.day(week.sunday), "mark": mark}
    said |= {"missing": hours(found.missing_h), "expected": hours(found.expected_h)}
    return (
        _(
            "Timesheets of week %(week)s (%(first)s – %(last)s): %(missing)s of %(expected)s are missing. "
            "Please enter them, or your leave if you were away. [%(mark)s]"
        )
        % said
    )


def _key(case: Case, at: datetime) -> str:
    person = Person.objects.filter(pk=case.detail["person"]).first()
    day = at.astimezone(ZoneInfo(person.time_zone if person else "UTC")).date()
    return f"timesheets/{case.detail['person']}/{case.detail['week']}/{day}"


def _sent(case: Case) -> int:
    return len(_entries(case))


def _entries(case: Case) -> list[Entry]:
    """The reminders that were not taken back, the latest first."""
    rows = list(Entry.objects.filter(subject=subject_of(case), verb__in=(VERB, BACK)).order_by("-seq"))
    back = {row.data.get("key") for row in rows if row.verb == BACK}
    return [row for row in rows if row.verb == VERB and row.data.get("key") not in back]


def _of_day(case: Case, at: datetime) -> QuerySet[Message]:
    key = _key(case, at)
    return Message.objects.filter(Q(key=key) | Q(key__startswith=f"{key}/"))


def _manager(case: Case) -> Person | None:
    return Person.objects.filter(pk=case.detail.get("manager"), active=True).first()


def _partners(case: Case) -> list[int]:
    return _partners_of(case.detail.get("employee"))


def _partners_of(employee: int | None) -> list[int]:
    """The contact of the employee's user: whom Odoo notifies."""
    user = Employee.objects.filter(pk=employee or 0).values_list("user_id", flat=True).first()
    found = OdooUser.objects.filter(pk=user or 0, active=True, partner_id__isnull=False).values_list(
        "partner_id", flat=True
    )
    return [one for one in found if one]


def _nobody(case: Case) -> str:
    return _("%(name)s has no user in Odoo that could be reminded there.") % {"name": case.detail["name"]}


REMIND = Remind()
