"""From a week that was not entered in Odoo to a reminder there, and to the case that closes itself."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cockpit.exception_queue.models import Case
from cockpit.exception_queue.repairs import NoRepairError, run_repair
from cockpit.outbox.models import Message
from delivery.models import TimesheetRule
from delivery.timesheets.rules import Week
from delivery.timesheets.watching import fingerprint, watch
from integrations.mirror.models import OdooUser
from tests.contract.world import QUIET, unique

WHO = "lea"  # who does not record time until this test


class TestAMissingWeek:
    def test_is_seen_reminded_filled_and_resolved(self, cockpit):
        TimesheetRule.objects.update_or_create(pk=1, defaults={"look_back_weeks": 3})
        week = Week(Week.of(cockpit.now.date()).monday - timedelta(days=14))  # its grace is over, whatever day it is
        week_before = week.monday - timedelta(days=7)
        work = Work(cockpit.odoo)
        work.enter(8, week_before)
        case = self.look(cockpit, week)
        expected = Decimal(case.detail["expected_h"])
        assert (case.state, Decimal(case.detail["booked_h"])) == ("open", 0)
        assert expected > 8

        self.remind(cockpit, case)
        with pytest.raises(NoRepairError, match="Reminded"):
            self.remind(cockpit, case)
        [message] = self.messages(cockpit, case)
        assert f"{case.detail['person']}/{week.key}" in message["body"]
        partner = OdooUser.objects.get(pk=cockpit.odoo.user_id(WHO)).partner_id
        assert message["partner_ids"] == [partner], "Odoo notifies the person"

        work.enter(4, week.monday)
        assert Decimal(self.look(cockpit, week).detail["booked_h"]) == 4
        left = expected - 4
        for number in range(1, 7):
            hours = min(left, Decimal(8))
            if hours > 0:
                work.enter(float(hours), week.monday + timedelta(days=number))
                left -= hours
        case = self.look(cockpit, week)
        assert (case.state, case.closed_because.partition(":")[0]) == ("resolved", "The timesheets were entered")

    def look(self, cockpit, week) -> Case:
        cockpit.pull(models=None)
        watch(at=cockpit.now)
        return Case.objects.get(fingerprint=fingerprint(cockpit.person(WHO).pk, week))

    def remind(self, cockpit, case):
        run_repair(case.pk, "remind", actor=cockpit.person("mia"), at=cockpit.now)
        cockpit.let_pass(21)  # in which it could be taken back
        cockpit.work()
        sent = Message.objects.get(origin=f"exception_queue.case:{case.pk}")
        assert (sent.state, sent.outcome) == ("done", "verified"), sent.last_error

    def messages(self, cockpit, case):
        domain = [["model", "=", "hr.employee"], ["res_id", "=", case.detail["employee"]]]
        domain.append(["body", "ilike", f"[{case.detail['person']}/{case.detail['week']}/"])
        return cockpit.odoo.client.search_read("mail.message", domain, ["body", "partner_ids"])


class Work:
    """A project of its own, and hours of one person on it."""

    def __init__(self, odoo):
        values = {"name": unique("Rollout"), "company_id": odoo.companies["de"]}
        self.odoo = odoo
        self.project = odoo.client.call("project.project", "create", vals_list=[values], context=QUIET)[0]
        domain = [("user_id", "=", odoo.user_id(WHO))]
        self.employee = odoo.client.search_read("hr.employee", domain, ["id"])[0]["id"]

    def enter(self, hours: float, day: date) -> None:
        row = {"name": "Rollout", "project_id": self.project, "employee_id": self.employee}
        row |= {"unit_amount": hours, "date": day.isoformat()}
        self.odoo.client.call("account.analytic.line", "create", vals_list=[row])
