"""`odoo check` on the real server: the groups that docs/odoo.md asks for are enough, and fewer are named."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from integrations.odoo.checking import Finding, findings
from tests.contract.world import World, unique

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).parents[2] / "docs" / "odoo.md"


def check(odoo: World, settings: Any, login: str, password: str) -> list[Finding]:
    known = {"URL": odoo.env["ODOO_URL"], "DB": odoo.env["ODOO_DB"], "TRANSPORT": "auto"}
    settings.ODOO = {**settings.ODOO, **known, "LOGIN": login, "API_KEY": "", "PASSWORD": password}
    return list(findings(at=timezone.now()))


@pytest.fixture
def least(odoo: World) -> str:
    """A user with exactly the groups of the docs."""
    names = [name.split(".") for name in re.findall(r"\(`(\w+\.group_\w+)`\)", DOCS.read_text())]
    rows = [
        odoo.admin.search_read("ir.model.data", [("module", "=", m), ("name", "=", n)], ["res_id"]) for m, n in names
    ]
    login = unique("least").replace(" ", "-")
    values = {
        "name": login,
        "login": login,
        "password": login,
        "company_ids": [[6, 0, list(odoo.companies.values())]],
        "company_id": odoo.companies["de"],
        "group_ids": [[4, row[0]["res_id"], 0] for row in rows],
    }
    odoo.admin.call("res.users", "create", vals_list=[values], context={"no_reset_password": True})
    return login


class TestCheck:
    def test_finds_the_groups_of_the_docs_enough(self, odoo, settings, least):
        found = check(odoo, settings, least, least)
        assert [f for f in found if f.level == "fail" and f.subject != "guard"] == []
        assert {"account.move", "hr.leave", "account.analytic.line", "mail.message"} <= {f.subject for f in found}

    def test_names_the_rights_that_a_stranger_lacks(self, odoo, settings):
        odoo.provision()
        found = check(odoo, settings, "eve", "eve")
        failed = {f.subject: f.words for f in found if f.level == "fail"}
        assert {"account.move", "account.move.line", "hr.employee", "guard"} == set(failed)
        assert {"sale.order", "crm.lead", "purchase.order"} <= {f.subject for f in found if f.level == "absent"}
        assert "Give 'eve' a group that may, like Invoicing." in failed["account.move"]
        assert "'eve' may not release" in failed["guard"]
