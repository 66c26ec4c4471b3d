"""The firm's records hang together, from the lead to the invoice's line."""


def by_id(odoo, model, *fields):
    return {row["id"]: row for row in odoo.search_read(model, [], list(fields), context={"active_test": False})}


class TestEngagements:
    def test_lead_order_and_project_are_of_one_client(self, odoo):
        projects = {one: row for one, row in by_id(odoo, "project.project", "partner_id", "sale_line_id").items()
                    if row["partner_id"]}  # fmt: skip
        lines = by_id(odoo, "sale.order.line", "order_id", "project_id")
        orders = by_id(odoo, "sale.order", "partner_id", "opportunity_id", "state")
        leads = by_id(odoo, "crm.lead", "partner_id", "won_status")
        assert len(projects) > 5
        for number, project in projects.items():
            line = lines[project["sale_line_id"]]
            order = orders[line["order_id"]]
            lead = leads[order["opportunity_id"]]
            assert (line["project_id"], order["state"], lead["won_status"]) == (number, "sale", "won")
            assert project["partner_id"] == order["partner_id"] == lead["partner_id"]

    def test_hours_count_to_their_projects_task_and_order_line(self, odoo):
        tasks = by_id(odoo, "project.task", "project_id", "sale_line_id", "effective_hours")
        lines = by_id(odoo, "sale.order.line", "order_id", "qty_delivered")
        spent: dict[int, float] = {}
        for row in odoo.search_read("account.analytic.line", [("so_line", "!=", False)],
                                    ["project_id", "task_id", "so_line", "order_id", "unit_amount"]):  # fmt: skip
            task = tasks[row["task_id"]]
            assert (task["project_id"], task["sale_line_id"]) == (row["project_id"], row["so_line"])
            assert lines[row["so_line"]]["order_id"] == row["order_id"]
            spent[row["task_id"]] = spent.get(row["task_id"], 0) + row["unit_amount"]
        assert spent
        for task, hours in spent.items():
            assert tasks[task]["effective_hours"] == lines[tasks[task]["sale_line_id"]]["qty_delivered"] == hours

    def test_invoices_bill_an_order_of_their_client(self, odoo):
        moves = by_id(odoo, "account.move", "partner_id", "invoice_origin", "move_type")
        lines = by_id(odoo, "sale.order.line", "order_id")
        orders = by_id(odoo, "sale.order", "partner_id", "name")
        found = odoo.search_read("account.move.line", [], ["move_id", "sale_line_ids", "balance", "price_subtotal"])
        assert len(found) > 10
        for row in found:
            [line] = row["sale_line_ids"]
            order, move = orders[lines[line]["order_id"]], moves[row["move_id"]]
            assert (order["partner_id"], order["name"]) == (move["partner_id"], move["invoice_origin"])
            assert (row["balance"] < 0) is (move["move_type"] == "out_invoice")

    def test_what_hangs_beside_points_into_it(self, odoo):
        orders, projects = by_id(odoo, "sale.order", "name"), by_id(odoo, "project.project", "partner_id")
        assert {row["sale_order_id"] for row in by_id(odoo, "hr.expense", "sale_order_id").values()} <= set(orders)
        tickets = by_id(odoo, "helpdesk.ticket", "project_id", "partner_id").values()
        assert [projects[row["project_id"]]["partner_id"] for row in tickets] == [row["partner_id"] for row in tickets]
        assert [row["amount_untaxed"] for row in by_id(odoo, "purchase.order", "amount_untaxed").values()] == [4320.0]
        assert by_id(odoo, "hr.employee.skill", "skill_id")

    def test_a_quotation_says_what_is_left_of_it(self, odoo):
        orders = by_id(odoo, "sale.order", "state", "amount_untaxed", "margin", "margin_percent")
        quoted = [row for row in orders.values() if row["state"] == "draft" and row["margin"]]
        assert quoted
        assert all(abs(row["margin"] / row["amount_untaxed"] - row["margin_percent"]) < 0.001 for row in quoted)
        assert all(0 < row["margin_percent"] < 0.5 for row in quoted)
