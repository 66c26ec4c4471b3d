"""One Odoo with the small firm in it, for tests that mean the same on the real server and on the sandbox.

Whoever provides one hands in its environment: ODOO_URL, ODOO_DB, and LOGIN, PASSWORD and API_KEY of each person, like
ODOO_LOGIN for `cockpit`, ODOO_ADMIN_LOGIN for `admin`, ODOO_ANN_LOGIN for `ann` … (a password will do for people, who
then come over /jsonrpc). There are two companies,
"Halden & Roth GmbH" in EUR and "Halden & Roth Inc." in USD, where invoices can be posted; `cockpit` and `admin`
belong to both. Ann is finance and may do all in accounting, Ben and Lea may write invoices, Eve may not even see them;
Lea is nobody's emergency until a test makes her. Tests share the database: each makes what it reads.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import count
from typing import Any
from uuid import uuid4

from delivery import guards
from delivery.expenses.facts import release_text as expense_text
from delivery.orders.facts import release_text as order_text
from integrations.odoo import provision
from integrations.odoo.client import OdooClient, OdooConfig, connect
from integrations.odoo.manifest import Manifest

COMPANIES = {"de": "Halden & Roth GmbH", "us": "Halden & Roth Inc."}
QUIET = {"tracking_disable": True, "mail_create_nosubscribe": True}
numbers = count(1)
run = uuid4().hex[:6]


def unique(word: str) -> str:
    """A name that no other test, and no earlier run, has used."""
    return f"{word} {run}-{next(numbers)}"


@dataclass
class World:
    env: Mapping[str, str]
    transport: str  # json2 | jsonrpc
    _clients: dict[str, OdooClient] = field(default_factory=dict)

    def config(self, name: str = "cockpit", **changes: Any) -> OdooConfig:
        key = self._of(name, "API_KEY")
        values = {
            "url": self.env["ODOO_URL"],
            "db": self.env["ODOO_DB"],
            "login": self.login(name),
            "api_key": key,
            "password": self._of(name, "PASSWORD"),
            "transport": self.transport if key else "jsonrpc",
            **changes,
        }
        return OdooConfig(**values)

    def login(self, name: str) -> str:
        return self._of(name, "LOGIN") or name

    def _of(self, name: str, what: str) -> str:
        return self.env.get(f"ODOO_{what}" if name == "cockpit" else f"ODOO_{name.upper()}_{what}", "")

    def as_user(self, name: str) -> OdooClient:
        """A client of that user, kept for the session. Not for use by several threads at once."""
        if name not in self._clients:
            self._clients[name] = connect(self.config(name))
        return self._clients[name]

    def new_client(self, name: str = "cockpit") -> OdooClient:
        """A client of one's own, for a thread."""
        return connect(self.config(name))

    def user_id(self, name: str) -> int:
        return self.admin.search_read("res.users", [("login", "=", self.login(name))], ["id"])[0]["id"]

    @property
    def client(self) -> OdooClient:
        """The integration user."""
        return self.as_user("cockpit")

    @property
    def admin(self) -> OdooClient:
        return self.as_user("admin")

    # --- the firm -----------------------------------------------------------------------------------

    @cached_property
    def companies(self) -> dict[str, int]:
        rows = self.admin.search_read("res.company", [("name", "in", list(COMPANIES.values()))], ["name"])
        found = {row["name"]: row["id"] for row in rows}
        return {key: found[name] for key, name in COMPANIES.items()}

    def currency(self, code: str) -> int:
        return self.admin.search_read("res.currency", [("name", "=", code)], ["id"])[0]["id"]

    def partner(self, name: str = "", **more: Any) -> int:
        values = {"name": name or unique("Brandt AG"), **more}
        return self.client.call("res.partner", "create", vals_list=[values], context=QUIET)[0]

    @cached_property
    def product(self) -> int:
        return self.admin.search_read("product.product", [("name", "=", "Consulting")], ["id"], limit=1)[0]["id"]

    # --- invoices -----------------------------------------------------------------------------------

    def line(self, price: float = 100.0, **more: Any) -> list:
        """The command that adds an untaxed line to an invoice."""
        values = {"name": "Consulting", "quantity": 1.0, "price_unit": price, "tax_ids": [[6, 0, []]], **more}
        return [0, 0, values]

    def invoice(
        self,
        amount: float = 100.0,
        *,
        company: str = "de",
        lines: Sequence[list] = (),
        by: str = "cockpit",
        **more: Any,
    ) -> int:
        """A draft customer invoice of one untaxed line, or of `lines`."""
        values = {
            "move_type": "out_invoice",
            "company_id": self.companies[company],
            "partner_id": self.partner(),
            "invoice_date": "2026-11-20",
            "invoice_line_ids": list(lines) or [self.line(amount)],
            **more,
        }
        context = {**QUIET, "allowed_company_ids": [self.companies[company]]}
        return self.as_user(by).call("account.move", "create", vals_list=[values], context=context)[0]

    def move(self, invoice: int, *fields: str) -> dict:
        names = fields or ("state", "name", "amount_total")
        return self.client.search_read("account.move", [("id", "=", invoice)], names)[0]

    def lines(self, invoice: int) -> list[dict]:
        """Its product lines, in the order in which they are printed."""
        domain = [("move_id", "=", invoice), ("display_type", "=", "product")]
        fields = ["product_id", "name", "quantity", "price_unit", "discount", "sequence"]
        return self.client.search_read("account.move.line", domain, fields, order="sequence,id")

    def post(self, invoice: int, by: str = "cockpit") -> None:
        self.as_user(by).call("account.move", "action_post", [invoice])

    def facts(self, invoice: int) -> dict:
        """What `release_text` reads, as Odoo holds it now."""
        move = self.move(invoice, "company_id", "partner_id", "currency_id", "amount_total")
        code = self.client.search_read("res.currency", [("id", "=", move["currency_id"])], ["name"])[0]["name"]
        return {
            "company": {"id": move["company_id"]},
            "client": {"id": move["partner_id"]},
            "amount": {"amount": str(Decimal(repr(move["amount_total"]))), "currency": code},
            "lines": [
                {
                    "product": line["product_id"] or None,
                    "text": line["name"] or "",
                    "quantity": repr(line["quantity"]),
                    "unit_price": repr(line["price_unit"]),
                    "discount": repr(line["discount"]),
                }
                for line in self.lines(invoice)
            ],
        }

    def release(self, invoice: int, by: str = "cockpit") -> None:
        """Release the invoice as it is now."""
        values = {"x_cockpit_release": guards.release_text(self.facts(invoice))}
        self.as_user(by).call("account.move", "write", [invoice], vals=values)

    # --- quotations ---------------------------------------------------------------------------------

    def sold(self, price: float = 100.0, **more: Any) -> list:
        """The command that adds an untaxed line to a quotation."""
        values = {"product_id": self.product, "name": "Consulting", "product_uom_qty": 1.0, "price_unit": price,
                  "tax_ids": [[6, 0, []]], **more}  # fmt: skip
        return [0, 0, values]

    def quotation(
        self, discount: float = 0.0, price: float = 10_000.0, *, by: str = "cockpit", lines: Sequence[list] = (),
        company: str = "de", **more: Any,
    ) -> int:  # fmt: skip
        values = {
            "company_id": self.companies[company],
            "partner_id": self.partner(),
            "user_id": self.user_id(by),
            "order_line": list(lines) or [self.sold(price, discount=discount)],
            **more,
        }
        context = {**QUIET, "allowed_company_ids": [self.companies[company]]}
        return self.client.call("sale.order", "create", vals_list=[values], context=context)[0]

    def order(self, order: int, *fields: str) -> dict:
        return self.client.search_read("sale.order", [("id", "=", order)], fields or ("state", "name"))[0]

    def sold_lines(self, order: int) -> list[dict]:
        fields = ["product_id", "name", "product_uom_qty", "price_unit", "discount", "sequence"]
        return self.client.search_read("sale.order.line", [("order_id", "=", order)], fields, order="sequence,id")

    def confirm(self, order: int, by: str = "cockpit") -> None:
        self.as_user(by).call("sale.order", "action_confirm", [order])

    def order_facts(self, order: int) -> dict:
        """What an order's `release_text` reads, as Odoo holds it now."""
        names = ("company_id", "partner_id", "currency_id", "payment_term_id")
        found = self.order(order, *names)
        code = self.client.search_read("res.currency", [("id", "=", found["currency_id"])], ["name"])[0]["name"]
        return {
            "company": {"id": found["company_id"]},
            "client": {"id": found["partner_id"]},
            "amount": {"currency": code},
            "payment_term": {"id": found["payment_term_id"] or 0},
            "lines": [
                {
                    "product": line["product_id"] or None,
                    "text": line["name"] or "",
                    "quantity": repr(line["product_uom_qty"]),
                    "unit_price": repr(line["price_unit"]),
                    "discount": repr(line["discount"]),
                }
                for line in self.sold_lines(order)
            ],
        }

    def release_order(self, order: int, kinds: str = "discount", by: str = "cockpit") -> None:
        text = f"{kinds}|{order_text(self.order_facts(order))}"
        self.as_user(by).call("sale.order", "write", [order], vals={"x_cockpit_release": text})

    def let_sell(self, who: str) -> None:
        """Give somebody the rights of sales."""
        name = {"module": "sales_team", "xml_id": "group_sale_salesman_all_leads"}
        group = self.admin.call("ir.model.data", "check_object_reference", **name)[1]
        self.admin.call("res.users", "write", [self.user_id(who)], vals={"group_ids": [[4, group, 0]]})

    def guard_orders(self, mode: guards.Mode, **domains: list) -> None:
        """Hold orders by kind; without a domain, by discounts above 15 per cent."""
        held = domains or {"discount": [["order_line.discount", ">", 15]]}
        link = "https://cockpit.example/orders/{id}"
        guards.publish_guard(self.client, json.dumps(held), mode, model="sale.order", link=link)

    # --- expenses -----------------------------------------------------------------------------------

    def expense(self, amount: float = 100.0, *, of: str = "ben", name: str = "", **more: Any) -> int:
        """A submitted expense of somebody's; of a category of its own: Odoo asks about two that are alike."""
        [product] = self.admin.call("product.product", "create", vals_list=[{"name": unique("Travel")}])
        [employee] = self.admin.search_read("hr.employee", [("user_id", "=", self.user_id(of))], ["company_id"])
        values = {
            "name": name or unique("Train to the client"),
            "employee_id": employee["id"],
            "company_id": employee["company_id"],
            "product_id": product,
            "date": "2026-11-20",
            "total_amount_currency": amount,
            "total_amount": amount,
            "currency_id": self.currency("EUR"),
            "payment_mode": "own_account",
            "manager_id": self.user_id("lea"),
            **more,
        }
        made = self.client.call("hr.expense", "create", vals_list=[values], context=QUIET)
        self.client.call("hr.expense", "action_submit", made)
        return made[0]

    def spent(self, expense: int, *fields: str) -> dict:
        return self.client.search_read("hr.expense", [("id", "=", expense)], fields or ("state", "approval_state"))[0]

    def approve_expense(self, expense: int, by: str = "cockpit") -> None:
        self.as_user(by).call("hr.expense", "action_approve", [expense])

    def release_expense(self, expense: int, by: str = "cockpit") -> None:
        names = ("company_id", "employee_id", "currency_id", "total_amount_currency", "product_id", "name")
        found = self.spent(expense, *names)
        code = self.client.search_read("res.currency", [("id", "=", found["currency_id"])], ["name"])[0]["name"]
        facts = {
            "company": {"id": found["company_id"]},
            "employee": {"id": found["employee_id"]},
            "amount": {"amount": str(Decimal(repr(found["total_amount_currency"]))), "currency": code},
            "product": {"id": found["product_id"] or 0},
            "what": found["name"],
        }
        self.as_user(by).call("hr.expense", "write", [expense], vals={"x_cockpit_release": expense_text(facts)})

    def guard_expenses(self, mode: guards.Mode, above: float = 500.0) -> None:
        link = "https://cockpit.example/expenses/{id}"
        domain = json.dumps([["total_amount", ">", above]])
        guards.publish_guard(self.client, domain, mode, model="hr.expense", link=link)

    # --- the guard ----------------------------------------------------------------------------------

    @property
    def manifest(self) -> Manifest:
        return guards.manifest(self.login("cockpit"))

    def provision(self) -> None:
        """Make the guard, if it is not there, and put Lea into the emergency group."""
        provision.apply(self.admin, self.manifest)
        group = self.admin.search_read("res.groups", [("name", "=", "Cockpit: emergency release")], ["id"])[0]["id"]
        self.admin.call("res.groups", "write", [group], vals={"user_ids": [[4, self.user_id("lea"), 0]]})

    def guard(self, mode: guards.Mode, above: str = "1000", company: str = "de") -> None:
        """Hold invoices of a company above an amount in its own currency."""
        code = {"de": "EUR", "us": "USD"}[company]
        limit = guards.GuardLimit(self.companies[company], Decimal(above), code, code)
        domain = guards.guard_domain([limit])
        guards.publish_guard(self.client, domain, mode, link="https://cockpit.example/invoices/{id}")
