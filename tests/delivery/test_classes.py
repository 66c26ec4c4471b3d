"""Where tier, project type and service line come from."""

from decimal import Decimal

import pytest

from delivery import classifying
from delivery.classes import ClassError, Source, classify, parse
from delivery.models import ClientTier
from integrations.mirror import models as mirror
from tests.mirrored import mirrored

NAMES = {
    "tier": ["Strategic"],
    "partner.tag": ["Press", "Region: North"],
    "project.tag": ["Key", "TYPE: Implementation", "Type: Support"],
    "product.category": ["Consulting"],
    "department": [],
    "own:risk": ["high"],
}


class TestParse:
    def test_keeps_the_order(self):
        assert parse("product.category, project.tag:Type:,own:risk") == (
            Source("product.category"), Source("project.tag", "Type:"), Source("own", "risk"),
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("crm.tag", "'crm.tag' is no source; there are partner.tag, project.tag"),
            ("own", "own needs the key"),
            ("department:North", "only tags have a beginning"),
        ],
    )
    def test_names_what_is_wrong(self, text, said):
        with pytest.raises(ClassError, match=said):
            parse(text)


class TestClassify:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("partner.tag", "Strategic"),
            ("partner.tag:Region:", "North"),
            ("project.tag", "Key"),
            ("project.tag:Type:", "Implementation"),
            ("project.tag:Phase:", None),
            ("department, product.category", "Consulting"),
            ("project.tag:Phase:, own:risk", "high"),
            ("order.tag", None),
            ("", None),
        ],
    )
    def test_takes_the_first_that_is_known(self, text, found):
        assert classify(parse(text), NAMES) == found

    def test_does_not_take_a_beginning_alone(self):
        assert classify(parse("project.tag:Type:"), {"project.tag": ["Type:", "Type: Audit"]}) == "Audit"


class TestSettings:
    def test_that_are_wrong_are_named_at_the_start(self, settings):
        settings.CLASSES_FROM = {**settings.CLASSES_FROM, "project_type": "tags"}
        [problem] = classifying.check_sources()
        assert "PROJECT_TYPE_FROM: 'tags' is no source" in problem.msg

    def test_that_are_the_default_are_right(self):
        assert classifying.check_sources() == []


@pytest.mark.django_db
class TestRecords:
    @pytest.fixture(autouse=True)
    def firm(self):
        for number, name in ((1, "Press"), (2, "Key account"), (3, "Strategic")):
            mirrored(mirror.PartnerTag, number, name=name)
        mirrored(mirror.Partner, 7, name="Nordlicht AG", category_id=[1, 2, 3])
        mirrored(mirror.ProjectTag, 4, name="Type: Implementation")
        mirrored(mirror.Department, 6, name="Delivery Berlin")
        mirrored(mirror.Employee, 8, name="Ben", user_id=9, department_id=6)
        for number, name in ((1, "Training"), (2, "Architecture")):
            mirrored(mirror.ProductCategory, number, name=name)
            mirrored(mirror.ProductTemplate, number, name=name, categ_id=number)
            mirrored(mirror.Product, number + 10, product_tmpl_id=number)

    def test_a_clients_tier_is_the_one_of_lowest_rank_and_no_other_tag(self):
        client = mirror.Partner.objects.get(pk=7)
        assert classifying.client_tier(client) is None
        ClientTier.objects.create(tag_odoo_id=2, name="Key account", rank=2)
        ClientTier.objects.create(tag_odoo_id=3, name="Strategic", rank=1)
        assert classifying.client_tier(client) == "Strategic"

    def test_a_project_has_the_type_of_its_tag(self):
        assert classifying.project_type(mirrored(mirror.Project, 3, tag_ids=[4])) == "Implementation"

    def test_a_service_line_is_what_most_of_the_money_is_for_else_the_managers_department(self):
        small = mirrored(mirror.SaleOrderLine, 1, product_id=11, price_subtotal=Decimal(100))
        large = mirrored(mirror.SaleOrderLine, 2, product_id=12, price_subtotal=Decimal(900))
        assert classifying.service_line([small, large]) == "Architecture"
        assert classifying.service_line([], mirrored(mirror.Project, 3, user_id=9)) == "Delivery Berlin"

    def test_a_field_of_ones_own_can_say_it(self, settings):
        settings.CLASSES_FROM = {**settings.CLASSES_FROM, "client_tier": "own:grade, partner.tag"}
        assert classifying.client_tier(mirrored(mirror.Partner, 7, extra={"grade": "A"})) == "A"
