"""Invoices: amounts from the lines, the company's rate, numbers, and the ways between draft, posted and cancelled."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from . import attachments
from .behaviour import Rules
from .errors import OdooError

if TYPE_CHECKING:
    from .records import Env

LOCKED = ("partner_id", "currency_id", "invoice_date", "date", "invoice_line_ids")  # on a posted move
PREFIX = {"out_invoice": "INV", "out_refund": "RINV"}
NOT_POSTED = "You cannot create a move already in the posted state. Please create a draft move and post it after."
NO_DELETE = ("You can't delete a posted journal item. Don’t play games with your accounting records; reset the journal "
             "entry to draft before deleting it.")  # fmt: skip
NO_CUSTOMER = ("The 'Customer' field is required to validate the invoice.\nYou probably don't want to explain to your "
               "auditor that you invoiced an invisible man :)")  # fmt: skip
NEGATIVE = ("You cannot validate an invoice with a negative total amount. You should create a credit note instead. Use "
            "the action menu to transform it into a credit note or refund.")  # fmt: skip


def money(amount: float) -> float:
    return float(Decimal(repr(amount)).quantize(Decimal("0.01"), ROUND_HALF_UP))


class Moves(Rules):
    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        if not old:
            values = self._defaults(env, values)
        elif old["state"] == "posted" and (locked := [word for word in LOCKED if word in values]):
            words = "You cannot modify the following readonly fields on a posted move: "
            raise OdooError("user", words + ", ".join(locked))
        if "partner_id" in values:
            partner = env.one("res.partner", values["partner_id"])
            values = values | {"commercial_partner_id": partner.get("commercial_partner_id")}
        return values

    def _defaults(self, env: Env, values: dict) -> dict:
        kind, day = values.get("move_type"), today(env)
        if kind not in PREFIX:
            raise OdooError(
                "value", f"Wrong value for account.move.move_type: {kind!r} (here are customer invoices only)"
            )
        if values.get("state") == "posted":
            raise OdooError("user", NOT_POSTED)
        company = values.get("company_id") or env.companies[0]
        return {
            "company_id": company, "currency_id": env.one("res.company", company).get("currency_id"), "state": "draft",
            "invoice_user_id": env.uid, "payment_state": "not_paid", "date": values.get("invoice_date") or day,
            "invoice_date_due": day,
        } | values  # fmt: skip

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        for one in ids:
            compute(env, one)

    def forget(self, env: Env, ids: list[int]) -> None:
        if any(move["state"] == "posted" for move in env.data("account.move", ids).values()):
            raise OdooError("user", NO_DELETE)
        delete_lines(env, [line for one in ids for line in lines_of(env, one)])
        attachments.forget_all(env, "account.move", ids)


class Lines(Rules):
    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        move = env.one("account.move", (old | values).get("move_id"))
        kind = values.get("display_type", "product")
        defaults = {"display_type": kind, "quantity": float(kind == "product"), "sequence": 100}
        return ({} if old else defaults) | values | {key: move.get(key) for key in ("company_id", "currency_id")}

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        for move in {line["move_id"] for line in env.data("account.move.line", ids).values()}:
            compute(env, move)
            env.touch("account.move", move)

    def forget(self, env: Env, ids: list[int]) -> None:
        moves = {line["move_id"] for line in env.data("account.move.line", ids).values()}
        if any(move["state"] == "posted" for move in env.data("account.move", moves).values()):
            raise OdooError("user", NO_DELETE)
        delete_lines(env, ids)
        for move in moves:
            compute(env, move)


RULES: dict[str, Rules] = {"account.move": Moves(), "account.move.line": Lines()}


def today(env: Env) -> str:
    return env.rows("SELECT (now() AT TIME ZONE 'utc')::date::text AS day")[0]["day"]


def lines_of(env: Env, move: int) -> list[int]:
    sql = "SELECT id FROM record WHERE model = 'account.move.line' AND (data->>'move_id')::bigint = %s"
    return [row["id"] for row in env.rows(sql, [move])]


def delete_lines(env: Env, ids: list[int]) -> None:
    env.cursor.execute("DELETE FROM record WHERE model = 'account.move.line' AND id = ANY(%s)", [ids])


def compute(env: Env, one: int) -> None:
    """Lines, totals, the company's currency, and the number of a move that has just been posted.

    A posted move keeps its totals, whatever is written on its lines: Odoo lets its API do that.
    """
    move = env.one("account.move", one)
    untaxed = tax = 0.0
    rate, sign = rate_of(env, move), -1 if move["move_type"] == "out_refund" else 1
    for line, data in env.data("account.move.line", lines_of(env, one)).items():
        net = money(data.get("quantity", 0) * data.get("price_unit", 0) * (1 - data.get("discount", 0) / 100))
        rates = [found["amount"] for found in env.data("account.tax", data.get("tax_ids") or []).values()]
        gross = money(net + money(net * sum(rates) / 100))
        balance = money(-sign * net / rate)
        computed = {"price_subtotal": net, "price_total": gross, "parent_state": move["state"], "balance": balance}
        env.patch("account.move.line", line, computed)
        untaxed, tax = money(untaxed + net), money(tax + gross - net)
    if move["state"] == "posted" and move.get("name"):
        return
    total = money(untaxed + tax)
    values: dict[str, float | str] = {
        "amount_untaxed": untaxed, "amount_tax": tax, "amount_total": total, "amount_residual": total,
        "amount_untaxed_signed": money(sign * untaxed / rate), "amount_total_signed": money(sign * total / rate),
        "amount_residual_signed": money(sign * total / rate), "invoice_currency_rate": rate,
    }  # fmt: skip
    if move["state"] == "posted" and not move.get("name"):
        values["name"] = next_number(env, move)
    env.patch("account.move", one, values)


def rate_of(env: Env, move: dict) -> float:
    """Units of the invoice's currency for one of the company's, on the invoice's day."""
    if env.one("res.company", move["company_id"])["currency_id"] == move["currency_id"]:
        return 1.0
    domain = [["currency_id", "=", move["currency_id"]], ["company_id", "=", move["company_id"]],
              ["name", "<=", move.get("invoice_date") or today(env)]]  # fmt: skip
    found = env.sudo().find("res.currency.rate", domain, order="name desc", limit=1)
    return found[0]["data"]["rate"] if found else 1.0


def next_number(env: Env, move: dict) -> str:
    """The next of its company and year; two at once collide on the unique index, and the later one is tried again."""
    prefix = f"{PREFIX[move['move_type']]}/{(move.get('invoice_date') or move['date'])[:4]}/"
    sql = """SELECT max(data->>'name') AS name FROM record WHERE model = 'account.move'
        AND data->>'company_id' = %s AND starts_with(data->>'name', %s)"""
    last = env.rows(sql, [str(move["company_id"]), prefix])[0]["name"]
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:05}"


def action_post(env: Env, model: str, ids: list[int]) -> bool:
    env.check(model, "write", ids)
    for one, move in env.data(model, ids).items():
        if problem := problem_of(env, one, move):
            raise OdooError("user", problem)
        day = today(env)
        env.write(
            model, [one], {"state": "posted"} | ({} if move.get("invoice_date") else {"invoice_date": day, "date": day})
        )
    return False


def problem_of(env: Env, one: int, move: dict) -> str:
    """Why a move can't be posted, in Odoo's words; "" when it can."""
    if move["state"] != "draft":
        return f"The entry {move.get('name') or False} (id {one}) must be in draft."
    if not lines_of(env, one):
        return "Even magicians can't post nothing!"
    if not move.get("partner_id"):
        return NO_CUSTOMER
    return NEGATIVE if move["amount_total"] < 0 else ""


def button_draft(env: Env, model: str, ids: list[int]) -> None:
    env.check(model, "write", ids)
    if any(move["state"] == "draft" for move in env.data(model, ids).values()):
        raise OdooError("user", "Only posted/cancelled journal entries can be reset to draft.")
    env.write(model, ids, {"state": "draft"})


def button_cancel(env: Env, model: str, ids: list[int]) -> None:
    env.check(model, "write", ids)
    if any(move["state"] == "cancel" for move in env.data(model, ids).values()):
        raise OdooError("user", "Only draft journal entries can be cancelled.")
    env.write(model, ids, {"state": "cancel"})
