"""Reading: domains, fields, counts and groups."""

import re

import pytest

from integrations.odoo.client import AccessRefusedError, UnknownNameError
from tests.contract.world import QUIET, unique

ARCHIVED = {"active_test": False}


@pytest.fixture(scope="module")
def people(odoo):
    """Three partners of one name's beginning: a company, one of its people, and an archived one."""
    mark = unique("Kranich")
    firm = odoo.partner(f"{mark} AG", is_company=True, ref="A-1")
    person = odoo.partner(f"{mark} Ines", parent_id=firm, email="ines@kranich.example")
    gone = odoo.partner(f"{mark} Old", active=False)
    return {"mark": mark, "firm": firm, "person": person, "gone": gone}


def found(odoo, people, *terms, **more):
    """Ids of the three that fit, in order."""
    domain = ["&", ["id", "in", [people["firm"], people["person"], people["gone"]]], *terms]
    return [row["id"] for row in odoo.client.search_read("res.partner", domain, ["id"], **more)]


class TestSearchRead:
    def test_gives_plain_ids_strings_and_false(self, odoo, people):
        fields = ["name", "parent_id", "email", "is_company", "category_id", "write_date"]
        row = odoo.client.search_read("res.partner", [("id", "=", people["firm"])], fields)[0]
        assert set(row) == {"id", *fields}
        assert (row["parent_id"], row["email"], row["is_company"], row["category_id"]) == (False, False, True, [])
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row["write_date"])
        person = odoo.client.search_read("res.partner", [("id", "=", people["person"])], ["parent_id"])[0]
        assert person == {"id": people["person"], "parent_id": people["firm"]}

    @pytest.mark.parametrize(
        ("terms", "expected"),
        [
            ([["is_company", "=", True]], ["firm"]),
            ([["is_company", "!=", True]], ["person"]),
            ([["ref", "=", "A-1"]], ["firm"]),
            ([["ref", "=", False]], ["person"]),
            ([["ref", "in", ["A-1", "B-2"]]], ["firm"]),
            ([["ref", "not in", ["A-1", "B-2"]]], ["person"]),
            ([["parent_id", "!=", False]], ["person"]),
            (["|", ["ref", "=", "A-1"], ["email", "!=", False]], ["firm", "person"]),
            (["!", ["ref", "=", "A-1"]], ["person"]),
            (["&", ["ref", "=", "A-1"], ["email", "!=", False]], []),
        ],
    )
    def test_understands_domains(self, odoo, people, terms, expected):
        assert found(odoo, people, *terms) == [people[name] for name in expected]

    def test_compares_ids(self, odoo, people):
        first, second = sorted([people["firm"], people["person"]])
        both = [["id", "in", [first, second]]]
        read = lambda term: [r["id"] for r in odoo.client.search_read("res.partner", [*both, term], ["id"])]  # noqa: E731
        assert read(["id", ">", first]) == [second]
        assert read(["id", ">=", first]) == [first, second]
        assert read(["id", "<", second]) == [first]
        assert read(["id", "<=", second]) == [first, second]

    def test_hides_archived_records_unless_told_otherwise(self, odoo, people):
        everyone = [["id", "!=", 0]]
        assert found(odoo, people, *everyone) == [people["firm"], people["person"]]
        assert found(odoo, people, *everyone, context=ARCHIVED) == [people["firm"], people["person"], people["gone"]]
        assert found(odoo, people, ["active", "in", [True, False]]) == [
            people["firm"],
            people["person"],
            people["gone"],
        ]

    def test_orders_and_limits(self, odoo, people):
        assert found(odoo, people, ["id", "!=", 0], order="id desc", limit=1) == [people["person"]]

    def test_gives_nothing_for_a_record_that_does_not_exist(self, odoo):
        assert odoo.client.search_read("res.partner", [("id", "=", 2**31 - 1)], ["name"]) == []
        assert odoo.client.call("res.partner", "read", [2**31 - 1], fields=["name"], load=None) == []

    def test_reads_fields_of_records(self, odoo, people):
        rows = odoo.client.call("res.partner", "read", [people["person"]], fields=["parent_id"], load=None)
        assert rows == [{"id": people["person"], "parent_id": people["firm"]}]

    def test_finds_text_in_any_case(self, odoo, people):
        rows = odoo.client.search_read("res.partner", [("name", "ilike", people["mark"].upper() + " ag")], ["id"])
        assert [row["id"] for row in rows] == [people["firm"]]

    def test_counts(self, odoo, people):
        domain = [["id", "in", [people["firm"], people["person"], people["gone"]]]]
        assert odoo.client.call("res.partner", "search_count", domain=domain) == 2
        assert odoo.client.call("res.partner", "search_count", domain=domain, context=ARCHIVED) == 3

    def test_searches_ids(self, odoo, people):
        domain = [["id", "in", [people["firm"], people["person"]]]]
        ids = odoo.client.call("res.partner", "search", domain=domain, order="id", limit=1)
        assert ids == [people["firm"]]


class TestNames:
    @pytest.mark.parametrize(
        "call",
        [
            lambda c: c.search_read("x_no.such.model", [], ["id"]),
            lambda c: c.search_read("res.partner", [], ["x_no_field"]),
            lambda c: c.search_read("res.partner", [("x_no_field", "=", 1)], ["id"]),
            lambda c: c.search_read("res.partner", [("name", "~~", "x")], ["id"]),
            lambda c: c.call("res.partner", "x_no_method", []),
            lambda c: c.call("res.partner", "write", [1], vals={"x_no_field": 1}),
            lambda c: c.call("res.partner", "create", vals_list=[{"name": "x", "x_no_field": 1}]),
            lambda c: c.call("res.partner", "search_count", domian=[]),
        ],
    )
    def test_that_are_unknown_are_told_apart(self, odoo, call):
        with pytest.raises(UnknownNameError):
            call(odoo.client)

    def test_the_unknown_field_is_named(self, odoo):
        with pytest.raises(UnknownNameError, match="x_no_field"):
            odoo.client.search_read("res.partner", [], ["name", "x_no_field"])

    def test_private_methods_are_closed(self, odoo):
        with pytest.raises(AccessRefusedError):
            odoo.client.call("res.partner", "_search", domain=[])


class TestFieldsGet:
    def test_tells_type_relation_and_storage(self, odoo):
        fields = odoo.client.call(
            "account.move", "fields_get", allfields=["partner_id", "state"], attributes=["type", "relation", "store"]
        )
        assert fields["partner_id"] == {"type": "many2one", "relation": "res.partner", "store": True}
        assert fields["state"]["type"] == "selection"

    def test_leaves_out_a_field_that_does_not_exist(self, odoo):
        fields = odoo.client.call("account.move", "fields_get", allfields=["x_no_field"], attributes=["type"])
        assert "x_no_field" not in fields


class TestRights:
    def test_are_told(self, odoo):
        assert odoo.client.call("account.move", "has_access", [], operation="write") is True
        assert odoo.client.call("ir.model.fields", "has_access", [], operation="create") is False
        assert odoo.client.call("res.users", "has_group", [odoo.client.uid], group_ext_id="base.group_user") is True
        assert odoo.client.call("res.users", "has_group", [odoo.client.uid], group_ext_id="base.group_system") is False

    def test_a_stranger_may_not_read_invoices(self, odoo):
        with pytest.raises(AccessRefusedError, match=r"account\.move"):
            odoo.as_user("eve").search_read("account.move", [], ["name"])

    def test_a_stranger_may_not_write_a_partner(self, odoo, people):
        with pytest.raises(AccessRefusedError):
            odoo.as_user("eve").call("res.currency", "write", [1], vals={"name": "XXX"})

    def test_companies_that_are_not_the_users_are_closed(self, odoo):
        invoice = odoo.invoice(company="us")
        seen = odoo.as_user("ben").search_read("account.move", [("id", "=", invoice)], ["id"])
        assert seen == []
        context = {"allowed_company_ids": [odoo.companies["us"]]}
        with pytest.raises(AccessRefusedError):
            odoo.as_user("ben").search_read("account.move", [("id", "=", invoice)], ["name"], context=context)


class TestGroups:
    def test_count_sum_and_newest_change(self, odoo):
        made = [odoo.partner() for _ in range(3)]
        domain = [["id", "in", made]]
        rows = odoo.client.call(
            "res.partner",
            "formatted_read_group",
            domain=domain,
            groupby=[],
            aggregates=["__count", "id:sum", "write_date:max"],
        )
        newest = max(r["write_date"] for r in odoo.client.search_read("res.partner", domain, ["write_date"]))
        assert len(rows) == 1
        assert (rows[0]["__count"], rows[0]["id:sum"]) == (3, sum(made))
        assert str(rows[0]["write_date:max"]).startswith(newest)

    def test_by_month(self, odoo):
        values = {"name": unique("Audit"), "company_id": odoo.companies["de"]}
        project = odoo.client.call("project.project", "create", vals_list=[values], context=QUIET)
        domain = [("user_id", "=", odoo.as_user("ben").uid)]
        employee = odoo.client.search_read("hr.employee", domain, ["id"])[0]["id"]
        row = {"name": "x", "project_id": project[0], "employee_id": employee, "unit_amount": 1}
        days = ("2026-09-30", "2026-10-01", "2026-10-31")
        ids = odoo.client.call("account.analytic.line", "create", vals_list=[{**row, "date": day} for day in days])
        groups = odoo.client.call(
            "account.analytic.line",
            "formatted_read_group",
            domain=[["project_id", "=", project[0]]],
            groupby=["date:month"],
            aggregates=["__count", "id:sum"],
        )
        assert [(g["date:month"][0], g["__count"], g["id:sum"]) for g in groups] == [
            ("2026-09-01", 1, ids[0]),
            ("2026-10-01", 2, ids[1] + ids[2]),
        ]

    def test_by_month_and_company_with_sums_of_numbers_and_links(self, odoo):
        made = [odoo.invoice(100.5, company="de", invoice_date="2026-09-30"),
                odoo.invoice(20.25, company="de", invoice_date="2026-09-01"),
                odoo.invoice(7, company="us", invoice_date="2026-09-30")]  # fmt: skip
        groups = odoo.client.call(
            "account.move",
            "formatted_read_group",
            domain=[["id", "in", made]],
            groupby=["invoice_date:month", "company_id"],
            aggregates=["__count", "amount_total:sum", "partner_id:sum"],
        )
        rows = odoo.client.search_read(
            "account.move", [["id", "in", made]], ["company_id", "amount_total", "partner_id"]
        )
        for company in ("de", "us"):
            mine = [row for row in rows if row["company_id"] == odoo.companies[company]]
            group = next(each for each in groups if each["company_id"][0] == odoo.companies[company])
            assert group["invoice_date:month"][0] == "2026-09-01"
            assert group["__count"] == len(mine)
            assert group["amount_total:sum"] == pytest.approx(sum(row["amount_total"] for row in mine))
            assert group["partner_id:sum"] == sum(row["partner_id"] for row in mine)
            inside = [["id", "in", made], *group["__extra_domain"]]
            assert len(odoo.client.call("account.move", "search", domain=inside, order="id")) == len(mine)

    def test_by_links_count_a_record_under_each(self, odoo):
        tags = odoo.admin.call(
            "res.partner.category", "create", vals_list=[{"name": unique("A")}, {"name": unique("B")}]
        )
        both, none = odoo.partner(category_id=[[6, 0, tags]]), odoo.partner()
        groups = odoo.client.call(
            "res.partner",
            "formatted_read_group",
            domain=[["id", "in", [both, none]]],
            groupby=["category_id"],
            aggregates=["__count", "id:sum"],
        )
        found = {group["category_id"] and group["category_id"][0]: group["id:sum"] for group in groups}
        assert found == {tags[0]: both, tags[1]: both, False: none}
