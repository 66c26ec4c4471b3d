"""Employees and their versions: what changes over time, and how the employee shows what counts today."""

import pytest

from integrations.odoo.client import OdooError, RefusedError
from tests.contract.world import unique

SHOWN = ["current_version_id", "department_id", "job_title", "resource_calendar_id"]
DATED = [
    "employee_id",
    "date_version",
    "department_id",
    "active",
    "company_id",
    "employee_type",
    "resource_calendar_id",
]


@pytest.fixture
def departments(odoo):
    rows = [
        {"name": unique("Old"), "company_id": odoo.companies["de"]},
        {"name": unique("New"), "company_id": odoo.companies["de"]},
    ]
    return odoo.admin.call("hr.department", "create", vals_list=rows)


@pytest.fixture
def hired(odoo, departments):
    """Somebody who came in the middle of January, and changed the department in June."""
    values = {"name": unique("Kim"), "company_id": odoo.companies["de"], "department_id": departments[0],
              "job_title": "Analyst", "contract_date_start": "2026-01-15"}  # fmt: skip
    person = odoo.admin.call("hr.employee", "create", vals_list=[values])[0]
    change = {"date_version": "2026-06-01", "department_id": departments[1]}
    odoo.admin.call("hr.employee", "create_version", [person], values=change)
    return person


def versions(odoo, person, fields=DATED, **context):
    domain = [["employee_id", "=", person]]
    return odoo.admin.search_read("hr.version", domain, list(fields), order="date_version", context=context or None)


def shown(odoo, person):
    return odoo.admin.call("hr.employee", "read", [person], fields=SHOWN, load=None)[0]


class TestVersions:
    def test_begin_with_the_contract_and_copy_what_did_not_change(self, odoo, hired, departments):
        first, second = versions(odoo, hired, [*DATED, "job_title", "contract_date_start", "contract_date_end"])
        assert (first["date_version"], second["date_version"]) == ("2026-01-15", "2026-06-01")
        assert (first["department_id"], second["department_id"]) == tuple(departments)
        assert first["resource_calendar_id"] == second["resource_calendar_id"] != False  # noqa: E712
        for version in (first, second):
            assert (version["job_title"], version["company_id"]) == ("Analyst", odoo.companies["de"])
            assert (version["active"], version["employee_type"]) == (True, "employee")
            assert (version["contract_date_start"], version["contract_date_end"]) == ("2026-01-15", False)

    def test_are_read_by_the_integration_user(self, odoo, hired):
        found = odoo.client.search_read("hr.version", [["employee_id", "=", hired]], DATED, order="id")
        assert [row["date_version"] for row in found] == ["2026-01-15", "2026-06-01"]

    def test_of_today_are_what_the_employee_shows(self, odoo, hired, departments):
        now = shown(odoo, hired)
        assert now["current_version_id"] == versions(odoo, hired)[1]["id"]
        assert now["department_id"] == departments[1]

    def test_that_begin_later_are_not_shown_yet(self, odoo, hired, departments):
        later = {"date_version": "2099-01-01", "department_id": departments[0]}
        odoo.admin.call("hr.employee", "create_version", [hired], values=later)
        assert shown(odoo, hired)["department_id"] == departments[1]
        assert len(versions(odoo, hired)) == 3

    def test_of_the_same_day_are_the_same(self, odoo, hired):
        last = versions(odoo, hired)[1]["id"]
        again = odoo.admin.call("hr.employee", "create_version", [hired], values={"date_version": "2026-06-01"})
        assert again in (last, [last])

    def test_take_what_is_written_on_the_employee(self, odoo, hired):
        odoo.admin.call("hr.employee", "write", [hired], vals={"job_title": "Lead"})
        titles = [row["job_title"] for row in versions(odoo, hired, ["job_title"])]
        assert titles == ["Analyst", "Lead"]

    def test_show_what_is_written_on_them(self, odoo, hired):
        odoo.admin.call("hr.version", "write", [versions(odoo, hired)[1]["id"]], vals={"job_title": "Partner"})
        assert shown(odoo, hired)["job_title"] == "Partner"

    def test_share_their_contract(self, odoo, hired):
        odoo.admin.call("hr.employee", "write", [hired], vals={"contract_date_end": "2026-12-31"})
        ends = [row["contract_date_end"] for row in versions(odoo, hired, ["contract_date_end"])]
        assert ends == ["2026-12-31", "2026-12-31"]

    def test_give_way_when_archived(self, odoo, hired, departments):
        odoo.admin.call("hr.version", "write", [versions(odoo, hired)[1]["id"]], vals={"active": False})
        assert shown(odoo, hired)["department_id"] == departments[0]
        assert [row["active"] for row in versions(odoo, hired, ["active"], active_test=False)] == [True, False]

    def test_keep_the_day_somebody_left(self, odoo, hired):
        odoo.admin.call("hr.employee", "write", [hired], vals={"active": False, "departure_date": "2026-10-31"})
        days = [row["departure_date"] for row in versions(odoo, hired, ["departure_date"])]
        assert days == [False, "2026-10-31"]

    @pytest.mark.parametrize(
        ("values", "why"),
        [
            ({"date_version": "2026-01-15"}, "sharing the same effective date"),
            ({"contract_date_start": False, "contract_date_end": "2026-12-31"}, "must have a start date"),
        ],
    )
    def test_refuse_what_makes_no_sense(self, odoo, hired, values, why):
        with pytest.raises(RefusedError, match=why):
            odoo.admin.call("hr.version", "write", [versions(odoo, hired)[1]["id"]], vals=values)

    def test_leave_at_least_one(self, odoo, hired):
        every = [row["id"] for row in versions(odoo, hired)]
        with pytest.raises(RefusedError, match="at least one active version"):
            odoo.admin.call("hr.version", "unlink", every)

    def test_are_closed_to_other_people(self, odoo, hired):
        with pytest.raises(OdooError, match=r"hr\.version"):
            odoo.as_user("eve").search_read("hr.version", [["employee_id", "=", hired]], ["date_version"])
