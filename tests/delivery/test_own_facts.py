"""The firm's own fields as facts: declared for the kind, filled from the mirror, and usable in its policy."""

import pytest

from approvals import kinds
from approvals.facts import check
from delivery import own_facts
from delivery.invoice_release.facts import of_invoice
from delivery.invoice_release.kinds import KEY
from integrations.mirror import models as mirror
from tests import cast
from tests.mirrored import mirrored

FILE = """
[[field]]
model = "res.partner"
field = "x_risk"
key = "risk_score"
label = "Risk score"
type = "number"
[[field]]
model = "project.project"
field = "x_key"
key = "key_project"
label = "Key project"
type = "yes_no"
[[field]]
model = "hr.employee"
field = "x_grade"
key = "grade"
label = "Grade"
type = "text"
"""


@pytest.fixture
def named(settings, tmp_path):
    path = tmp_path / "fields.toml"
    path.write_text(FILE)
    settings.ODOO = {**settings.ODOO, "FIELDS": str(path)}
    return path


class TestDeclared:
    def test_for_kinds_that_know_the_model(self, named):
        declared = {fact.key: (str(fact.label), fact.type) for fact in kinds.get(KEY).facts if "own_" in fact.key}
        assert declared == {"own_risk_score": ("Risk score", "number"), "own_key_project": ("Key project", "choice")}
        assert own_facts.facts_of("no_such_kind") == ()

    def test_not_while_the_file_is_broken(self, named):
        named.write_text("[[field]")
        assert [fact for fact in kinds.get(KEY).facts if "own_" in fact.key] == []

    def test_not_without_a_file(self):
        assert kinds.get(KEY) is kinds.registry()[KEY]


@pytest.mark.django_db
class TestFilled:
    @pytest.fixture
    def invoice(self):
        cast.firm()
        mirrored(mirror.Currency, 1, name="EUR")
        company = cast.Unit.objects.filter(odoo_model="res.company").order_by("pk").first()
        mirrored(mirror.Company, company.odoo_id, name=company.name, currency_id=1)
        mirrored(mirror.Partner, 7, name="Nordlicht AG", category_id=[], extra={"risk_score": 0.7})
        mirrored(mirror.Project, 3, name="Portal", extra={"key_project": False})
        mirrored(mirror.SaleOrderLine, 5, order_id=4, project_id=3)
        mirrored(mirror.InvoiceLine, 11, move_id=17, sale_line_ids=[5])
        return mirrored(
            mirror.Invoice, 17, company_id=company.odoo_id, partner_id=7, commercial_partner_id=7, currency_id=1,
            move_type="out_invoice",
        )  # fmt: skip

    def test_from_client_and_billed_project(self, named, invoice):
        facts = of_invoice(invoice).facts
        assert (facts["own_risk_score"], facts["own_key_project"]) == ("0.7", "no")
        check(kinds.get(KEY), facts)

    def test_is_not_known_where_several_projects_are_billed(self, named, invoice):
        mirrored(mirror.SaleOrderLine, 6, order_id=4, project_id=8)
        mirrored(mirror.InvoiceLine, 12, move_id=17, sale_line_ids=[6])
        assert of_invoice(invoice).facts["own_key_project"] is None

    def test_is_nothing_without_a_file(self, invoice):
        assert not [key for key in of_invoice(invoice).facts if key.startswith("own_")]
