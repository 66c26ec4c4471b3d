"""What follows from what between lead and purchase: variants, numbers, amounts, hours that add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from .behaviour import OwnCompany, Rules, Timesheets
from .errors import OdooError
from .moves import money, rate_of, today
from .schema import Field
from .values import taken

if TYPE_CHECKING:
    from .records import Env

NOW = "now() AT TIME ZONE 'utc'"
TAXES = Field("tax_ids", "*", relation="account.tax")


class Templates(Rules):
    """A product comes with one variant; name and code are the template's."""

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        return values if old else {"type": "consu", "sale_ok": True, "purchase_ok": True} | values

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        for one, data in env.data("product.template", ids).items() if created else ():
            same = {key: data.get(key) for key in ("name", "default_code", "list_price")}
            env.sudo().create("product.product", [same | {"product_tmpl_id": one}])


def stored(env: Env, model: str, values: dict) -> int:
    """A record without the rules of its model; its id."""
    sql = f"""INSERT INTO record SELECT %s, nextval(%s), %s, {NOW}, %s, {NOW}, %s RETURNING id"""
    return env.rows(sql, [model, f'"id_{model}"', env.uid, env.uid, Jsonb(values)])[0]["id"]


class Variants(Rules):
    """One that is made by itself brings its template."""

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        for one, data in env.data("product.product", ids).items() if created else ():
            if not data.get("product_tmpl_id"):
                same = {key: data.get(key) for key in ("name", "default_code", "list_price")}
                values = {"active": True, "type": "service", "sale_ok": True, "purchase_ok": True} | same
                env.patch("product.product", one, {"product_tmpl_id": stored(env, "product.template", values)})


class Categories(Rules):
    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        for one, data in env.data("product.category", ids).items():
            above = env.one("product.category", data.get("parent_id")).get("complete_name")
            name = f"{above} / {data['name']}" if above else data["name"]
            env.patch("product.category", one, {"complete_name": name})


class Leads(OwnCompany):
    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        return super().prepare(env, values if old else {"type": "lead", "user_id": env.uid} | values, old)

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        for one, data in env.data("crm.lead", ids).items():
            is_won = env.one("crm.stage", data.get("stage_id")).get("is_won")
            won = "won" if is_won else "pending" if data["active"] else "lost"
            share = data.get("probability") or 0
            revenue = money((data.get("expected_revenue") or 0) * share / 100)
            env.patch("crm.lead", one, {"won_status": won, "prorated_revenue": revenue})


class Orders(OwnCompany):
    """Sales and purchase orders: a number, the company's currency, and the sum of the lines."""

    model, lines, letter = "sale.order", "sale.order.line", "S"
    told: tuple[str, ...] = ("company_id", "currency_id", "state")  # what the lines repeat

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        if old:
            return values
        values = super().prepare(env, values, old)
        billed = {"partner_invoice_id": values.get("partner_id")} if self.model == "sale.order" else {}
        own = env.one("res.company", values["company_id"])["currency_id"]
        return {"state": "draft", "user_id": env.uid, "currency_id": own, "date_order": f"{today(env)} 09:00:00",
                **billed} | values  # fmt: skip

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        for one in ids:
            if created:
                env.patch(self.model, one, {"name": f"{self.letter}{one:05}"})
            self.add_up(env, one)

    def add_up(self, env: Env, one: int) -> None:
        order = env.one(self.model, one)
        untaxed = tax = 0.0
        for line in env.sudo().find(self.lines, [["order_id", "=", one]]):
            net, gross = line["data"]["price_subtotal"], line["data"]["price_total"]
            untaxed, tax = money(untaxed + net), money(tax + gross - net)
            env.patch(self.lines, line["id"], {key: order.get(key) for key in self.told})
        rate = rate_of(env, order | {"invoice_date": order["date_order"][:10]})
        sums = {"amount_untaxed": untaxed, "amount_tax": tax, "amount_total": money(untaxed + tax)}
        sums["currency_rate"] = rate
        sums |= self.margin(env, one, untaxed)
        env.patch(self.model, one, sums | self.more(order, money((untaxed + tax) / rate)))

    def margin(self, env: Env, one: int, untaxed: float) -> dict:
        """What is left of the net after what the lines cost; nothing where no line says what it costs."""
        lines = [line["data"] for line in env.sudo().find(self.lines, [["order_id", "=", one]])]
        cost = sum((line.get("purchase_price") or 0) * (line.get("product_uom_qty") or 0) for line in lines)
        if not cost or not untaxed:
            return {}
        return {"margin": money(untaxed - cost), "margin_percent": (untaxed - cost) / untaxed}

    def more(self, order: dict, total: float) -> dict:
        return {"invoice_status": "to invoice" if order["state"] == "sale" else "no"}

    def forget(self, env: Env, ids: list[int]) -> None:
        lines = env.sudo().ids(self.lines, [["order_id", "in", ids]])
        env.cursor.execute("DELETE FROM record WHERE model = %s AND id = ANY(%s)", [self.lines, lines])


def action_confirm(env: Env, model: str, ids: list[int]) -> bool:
    """A quotation becomes an order, dated now; one that is an order is refused."""
    env.check(model, "write", ids)
    for order in env.data(model, ids).values():
        if order["state"] not in ("draft", "sent"):
            raise OdooError("user", "Some orders are not in a state requiring confirmation.")
    at = env.rows(f"SELECT to_char({NOW}, 'YYYY-MM-DD HH24:MI:SS') AS at")[0]["at"]
    env.write(model, ids, {"state": "sale", "date_order": at})
    return True


class Purchases(Orders):
    model, lines, letter = "purchase.order", "purchase.order.line", "P"
    told = ("company_id",)

    def more(self, order: dict, total: float) -> dict:
        return {"invoice_status": "to invoice" if order["state"] == "purchase" else "no", "amount_total_cc": total}


class OrderLines(Rules):
    """Net and gross of a line; its order adds up."""

    model, quantity, orders = "sale.order.line", "product_uom_qty", Orders()

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        line = {self.quantity: 1.0, "price_unit": 0.0, "discount": 0.0, "sequence": 10} | old | values
        order = env.one(self.orders.model, line.get("order_id"))
        net = money(line[self.quantity] * line["price_unit"] * (1 - line["discount"] / 100))
        taxes = taken(self.model, TAXES, values["tax_ids"]) if "tax_ids" in values else old.get("tax_ids") or []
        rates = [tax["amount"] for tax in env.data("account.tax", taxes).values()]
        made = {"price_subtotal": net, "price_total": money(net + money(net * sum(rates) / 100))}
        return line | made | {key: order.get(key) for key in self.orders.told} | self.also(order, line)

    def also(self, order: dict, line: dict) -> dict:
        method = {"qty_delivered_method": line.get("qty_delivered_method") or "timesheet"}
        return method | {"salesman_id": order.get("user_id"), "invoice_status": "no"}

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        for order in {line["order_id"] for line in env.data(self.model, ids).values()}:
            self.orders.add_up(env, order)

    def forget(self, env: Env, ids: list[int]) -> None:
        orders = {line["order_id"] for line in env.data(self.model, ids).values()}
        env.cursor.execute("DELETE FROM record WHERE model = %s AND id = ANY(%s)", [self.model, ids])
        for order in orders:
            self.orders.add_up(env, order)


class PurchaseLines(OrderLines):
    model, quantity, orders = "purchase.order.line", "product_qty", Purchases()

    def also(self, order: dict, line: dict) -> dict:
        return {"partner_id": order.get("partner_id")}


class Tasks(Rules):
    """Company and client of the project; the order of the line."""

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        if not old:
            project = env.one("project.project", values.get("project_id"))
            of_project = {key: project.get(key) for key in ("company_id", "partner_id", "sale_line_id")}
            values = {"state": "01_in_progress", "priority": "0", **of_project} | values
        line = env.one("sale.order.line", (old | values).get("sale_line_id"))
        return values | {"sale_order_id": line.get("order_id")}


class TaskHours(Timesheets):
    """What a timesheet counts to: the task's order line, else the project's; the task adds up its hours."""

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        if not old and "so_line" not in values:
            task = env.one("project.task", values.get("task_id"))
            project = env.one("project.project", values.get("project_id"))
            line = task.get("sale_line_id") or project.get("sale_line_id")
            values = values | {"so_line": line, "order_id": env.one("sale.order.line", line).get("order_id")}
        return super().prepare(env, values, old)

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        tasks = {line["task_id"] for line in env.data("account.analytic.line", ids).values() if line.get("task_id")}
        lines = {line["so_line"] for line in env.data("account.analytic.line", ids).values() if line.get("so_line")}
        for task in tasks:
            spent = hours(env, "task_id", task)
            planned = env.one("project.task", task).get("allocated_hours") or 0
            env.patch("project.task", task, {
                "effective_hours": spent, "total_hours_spent": spent, "remaining_hours": planned - spent,
                "overtime": max(0, spent - planned), "progress": round(100 * spent / planned, 2) if planned else 0,
            })  # fmt: skip
        for line in lines:
            env.patch("sale.order.line", line, {"qty_delivered": hours(env, "so_line", line)})


def hours(env: Env, link: str, one: int) -> float:
    sql = """SELECT coalesce(sum((data->>'unit_amount')::numeric), 0)::float AS sum FROM record
        WHERE model = 'account.analytic.line' AND (data->>%s)::bigint = %s"""
    return env.rows(sql, [link, one])[0]["sum"]


class Expenses(OwnCompany):
    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        company = {"company_id": env.one("hr.employee", values.get("employee_id")).get("company_id")} if not old else {}
        return {"state": "draft", "quantity": 1.0, **company} | values if not old else values


def action_submit(env: Env, model: str, ids: list[int]) -> None:
    env.check(model, "write", ids)
    env.write(model, ids, {"state": "submitted", "approval_state": "submitted"})


def action_approve(env: Env, model: str, ids: list[int]) -> None:
    env.check(model, "write", ids)
    waiting = [one for one, data in env.data(model, ids).items() if data["state"] in ("draft", "submitted")]
    env.write(model, waiting, {"state": "approved", "approval_state": "approved", "manager_id": env.uid})


class Tickets(OwnCompany):
    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        if not old:
            values = {"priority": "1", "kanban_state": "normal"} | values
        partner = env.one("res.partner", (old | values).get("partner_id"))
        return super().prepare(env, values, old) | {"commercial_partner_id": partner.get("commercial_partner_id")}

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        for one in ids if created else ():
            env.patch("helpdesk.ticket", one, {"number": f"HT{one:05}"})


class Activities(Rules):
    """Odoo names the model by its row in ir.model."""

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        if "res_model_id" in values:
            values = values | {"res_model": env.one("ir.model", values["res_model_id"]).get("model")}
        return values


RULES: dict[str, Rules] = {
    "product.template": Templates(), "product.product": Variants(), "product.category": Categories(),
    "crm.lead": Leads(), "sale.order": Orders(), "sale.order.line": OrderLines(), "purchase.order": Purchases(),
    "purchase.order.line": PurchaseLines(), "project.task": Tasks(), "account.analytic.line": TaskHours(),
    "hr.expense": Expenses(), "helpdesk.ticket": Tickets(), "mail.activity": Activities(),
}  # fmt: skip
