"""Whole columns by `array_agg` and rows by `search_read` say the same of every mapped field, value by value."""

from typing import Any

import pytest

from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.pull.maps import FittedMap, Map
from integrations.odoo.pull.reader import EVERY_RECORD
from tests.contract.lifecycle import Lifecycle

MANY = {"many2many", "one2many", "binary"}
AT_MOST = 5_000


@pytest.fixture(scope="module")
def lifecycle(odoo):
    made = Lifecycle(odoo)
    made.build()
    return made


def described(odoo: Any, map_: Map) -> dict[str, dict[str, Any]]:
    return odoo.client.call(
        map_.odoo_model, "fields_get", allfields=[*map_.odoo_fields(), "id", "write_date"],
        attributes=["type", "store"],
    )  # fmt: skip


def by_columns(odoo: Any, fitted: FittedMap, names: list[str], domain: list[Any]) -> dict[str, list[Any]]:
    [group] = odoo.client.call(
        fitted.map.odoo_model, "formatted_read_group", domain=domain, groupby=[],
        aggregates=[f"{name}:array_agg" for name in names], context=EVERY_RECORD,
    )  # fmt: skip
    return {name: group[f"{name}:array_agg"] or [] for name in names}


def source_of(source: Any) -> str:
    return source if isinstance(source, str) else source.field


@pytest.mark.parametrize("map_", MAPS, ids=lambda map_: map_.odoo_model)
def test_columns_and_rows_agree(odoo, lifecycle, map_):
    if not lifecycle.has(map_.odoo_model):
        assert map_.capability, "a model that every server must have"
        return
    types = described(odoo, map_)
    fitted = map_.fit(types)
    rows = odoo.client.search_read(
        map_.odoo_model, list(map_.domain), fitted.fields, order="id", limit=AT_MOST, context=EVERY_RECORD
    )
    assert rows or map_.odoo_model not in lifecycle.made, "what was made is not read"
    stored = [name for name in fitted.fields if types[name]["store"] and types[name]["type"] not in MANY]
    upto = ["id", "<=", rows[-1]["id"] if rows else 0]
    columns = by_columns(odoo, fitted, stored, [*map_.domain, upto])
    assert columns["id"] == [row["id"] for row in rows]
    some = FittedMap(map_, {column: source for column, source in fitted.columns.items() if source_of(source) in stored})
    from_rows = some.convert({name: [row[name] for row in rows] for name in some.fields})
    from_columns = some.convert({name: columns[name] for name in some.fields})
    different = [
        (column, id_, left, right)
        for column in from_rows
        for id_, left, right in zip(columns["id"], from_rows[column], from_columns[column], strict=True)
        if left != right
    ]
    assert different == []


def test_the_lifecycle_is_whole(lifecycle):
    """Otherwise the other tests compare nothing."""
    assert {
        "crm.lead", "sale.order", "sale.order.line", "project.project", "project.task", "project.milestone",
        "project.update", "account.analytic.line", "project.sale.line.employee.map", "account.move",
        "account.move.line", "hr.expense", "purchase.order", "purchase.order.line", "hr.employee.skill",
        "helpdesk.ticket", "mail.activity", "product.product",
    } <= set(lifecycle.made)  # fmt: skip


def test_the_links_of_a_lifecycle_hold(odoo, lifecycle):
    """From the invoice's line back to the lead, through what Odoo itself computes."""
    made = lifecycle.made

    def read(model: str, *fields: str) -> dict[str, Any]:
        return odoo.client.search_read(model, [("id", "=", made[model])], fields, context=EVERY_RECORD)[0]

    assert read("account.move.line", "sale_line_ids")["sale_line_ids"] == [made["sale.order.line"]]
    assert read("sale.order.line", "order_id", "qty_delivered") == {
        "id": made["sale.order.line"], "order_id": made["sale.order"], "qty_delivered": 7.5,
    }  # fmt: skip
    assert read("project.task", "sale_line_id", "effective_hours", "milestone_id") == {
        "id": made["project.task"], "sale_line_id": made["sale.order.line"], "effective_hours": 7.5,
        "milestone_id": made["project.milestone"],
    }  # fmt: skip
    hours = read("account.analytic.line", "so_line", "order_id", "task_id")
    assert (hours["so_line"], hours["order_id"]) == (made["sale.order.line"], made["sale.order"])
    assert read("sale.order", "amount_untaxed")["amount_untaxed"] == 14440.0
    if "crm.lead" in made:
        assert read("sale.order", "opportunity_id")["opportunity_id"] == made["crm.lead"]
