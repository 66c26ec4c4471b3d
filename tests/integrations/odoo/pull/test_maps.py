import pytest

from integrations.mirror.models import Company
from integrations.odoo.pull.areas.sales import SALE_ORDER_LINE
from integrations.odoo.pull.catalogue import CALENDAR_ATTENDANCE, INVOICE, INVOICE_LINE, LEAVE, MAPS, PARTNER
from integrations.odoo.pull.maps import Map, MapError, ValueRefusedError
from integrations.odoo.pull.names import NAMES

from .fake import described


def fitted(map_: Map):
    return map_.fit(described(map_.odoo_model))


def convert(map_: Map, **fields):
    """One record through a map; fields that are not given are empty."""
    fit = fitted(map_)
    blank = {"boolean": False, "float": 0.0, "integer": 0, "many2many": [], "selection": "0"}
    types = described(map_.odoo_model)
    row = {name: blank.get(types[name]["type"], False) if name in types else False for name in fit.fields}
    columns = {name: [value] for name, value in {**row, "id": 7, **fields}.items()}
    return {name: values[0] for name, values in fit.convert(columns).items()}


class TestEveryMap:
    @pytest.mark.parametrize("map_", MAPS, ids=lambda map_: map_.odoo_model)
    def test_fits_a_server_that_has_its_fields(self, map_):
        assert set(fitted(map_).fields) >= {"id", "write_date"}

    def test_is_the_only_one_of_its_model_and_of_its_table(self):
        assert len({each.odoo_model for each in MAPS}) == len({each.mirror_model for each in MAPS}) == len(MAPS)

    @pytest.mark.parametrize("map_", MAPS, ids=lambda map_: map_.odoo_model)
    def test_leaves_empty_what_a_server_may_lack(self, map_):
        """PostgreSQL refuses the whole page otherwise."""
        fields = map_.mirror_model._meta
        assert [column for column in map_.optional if not fields.get_field(column).null] == []

    def test_has_a_name_for_people(self):
        assert {each.odoo_model for each in MAPS} == set(NAMES)

    def test_never_asks_why_somebody_is_away_or_what_they_earn(self):
        asked = {(map_.odoo_model, name) for map_ in MAPS for name in map_.odoo_fields()}
        assert not asked & {("hr.leave", "holiday_status_id"), ("hr.leave", "name"), ("hr.employee", "hourly_cost"),
                            ("project.sale.line.employee.map", "cost")}  # fmt: skip


class TestFit:
    def test_names_map_field_and_model_when_the_server_lacks_one(self):
        types = described("account.move")
        del types["invoice_date_due"]
        with pytest.raises(
            MapError,
            match=r"account.move → Invoice reads the field 'invoice_date_due', which .* account.move does not have",
        ):
            INVOICE.fit(types)

    def test_takes_the_other_name_of_a_field(self):
        """Order lines had `product_uom` before Odoo 19."""
        types = described("sale.order.line")
        types["product_uom"] = types.pop("product_uom_id")
        assert SALE_ORDER_LINE.fit(types).columns["product_uom_id"] == "product_uom"
        assert "product_uom_id" not in SALE_ORDER_LINE.fit(types).fields

    def test_leaves_out_an_optional_field_that_the_server_lacks(self):
        assert "x_cockpit_release" not in fitted(INVOICE).columns

    def test_takes_an_optional_field_that_the_server_has_and_reads_all_anew_then(self):
        types = described("account.move") | {"x_cockpit_release": {"type": "char"}}
        with_release = INVOICE.fit(types)
        assert "x_cockpit_release" in with_release.fields
        assert with_release.digest != fitted(INVOICE).digest

    def test_says_which_field_has_another_type_than_its_column(self):
        types = described("account.move") | {"amount_total": {"type": "char"}}
        with pytest.raises(
            MapError, match=r"'amount_total' of account.move as float, integer, monetary, but on the server it is char"
        ):
            INVOICE.fit(types)

    def test_refuses_a_map_with_a_column_that_its_table_lacks(self):
        with pytest.raises(MapError, match="names nickname, which Company lacks"):
            Map("res.company", Company, fields={"nickname": "name"}).columns()


class TestConvert:
    def test_makes_false_empty_by_the_type_of_the_column(self):
        row = convert(INVOICE, name=False, partner_id=False, invoice_date=False, amount_total=0.0)
        assert (row["name"], row["partner_id"], row["invoice_date"], row["amount_total"]) == (None, None, None, 0.0)

    def test_keeps_a_distribution_as_json_and_its_absence_as_nothing(self):
        types = described("account.move.line") | {"analytic_distribution": {"type": "json"}}
        fit = INVOICE_LINE.fit(types)
        empty = {name: [False, False] for name in fit.fields}
        given = {"id": [1, 2], "analytic_distribution": [{"12,3": 60.0, "1": 40.0}, False]}
        assert fit.convert(empty | given)["analytic_distribution"] == ['{"1": 40.0, "12,3": 60.0}', None]

    def test_keeps_false_in_a_boolean(self):
        assert convert(PARTNER, is_company=False)["is_company"] is False

    def test_sorts_a_many2many(self):
        assert convert(PARTNER, category_id=[9, 2, 5])["category_id"] == [2, 5, 9]

    def test_renames_and_converts(self):
        assert convert(LEAVE, state="validate")["odoo_state"] == "validate"
        assert convert(CALENDAR_ATTENDANCE, dayofweek="4")["dayofweek"] == 4

    @pytest.mark.parametrize(
        ("map_", "field", "value"),
        [
            (INVOICE, "amount_total", "12"),
            (INVOICE, "partner_id", [3, "Azure"]),
            (INVOICE, "ref", 5),
            (INVOICE, "partner_id", True),
            (PARTNER, "category_id", ["3"]),
            (PARTNER, "is_company", "yes"),
            (CALENDAR_ATTENDANCE, "dayofweek", "Monday"),
        ],
    )
    def test_refuses_a_value_of_another_type_and_names_the_record(self, map_, field, value):
        with pytest.raises(ValueRefusedError, match=rf"record 7 has .* in {field}"):
            convert(map_, **{field: value})
