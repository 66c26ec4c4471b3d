"""The cockpit's automations, played natively: the sandbox never runs the Python code of a server action.

An automation fires as in Odoo: active, on its model, a trigger field changed (a create always counts), its domain fits
afterwards. Its action is then looked up by external id in PLAYED; one that stands for unknown code is refused. The
contract tests hold these functions and the code in Odoo equal.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from . import hooks
from .errors import OdooError, refusal

if TYPE_CHECKING:
    from .records import Env

RELEASE, EMERGENCY = "cockpit.group_release", "cockpit.group_emergency"


def fire(env: Env, name: str, ids: list[int], before: dict[int, dict]) -> None:
    """Run every automation of the model for the records that changed; `before` is empty after a create."""
    sudo = env.sudo()
    rules = sudo.find("base.automation", [["model_id.model", "=", name], ["active", "=", True]])
    after = env.data(name, ids) if rules else {}
    for rule in (row["data"] | {"id": row["id"]} for row in rules):
        watched = [data["name"] for data in env.data("ir.model.fields", rule.get("trigger_field_ids") or []).values()]
        hit = [one for one in ids if _triggered(rule["trigger"], watched, before.get(one), after[one])]
        domain = ast.literal_eval(rule.get("filter_domain") or "[]")
        for one in sudo.ids(name, [["id", "in", hit], *domain]) if hit else ():
            _act(env, rule, name, one)


def fire_unlink(env: Env, name: str, ids: list[int]) -> None:
    """Run every automation that waits for the records to be deleted, just before they are."""
    sudo = env.sudo()
    rules = [["model_id.model", "=", name], ["active", "=", True], ["trigger", "=", "on_unlink"]]
    for rule in (row["data"] | {"id": row["id"]} for row in sudo.find("base.automation", rules)):
        domain = ast.literal_eval(rule.get("filter_domain") or "[]")
        for one in sudo.ids(name, [["id", "in", ids], *domain]):
            _act(env, rule, name, one)


def _act(env: Env, rule: dict, name: str, one: int) -> None:
    for row in env.sudo().find("ir.actions.server", [["base_automation_id", "=", rule["id"]]]):
        if row["data"]["state"] == "webhook":
            hooks.ask(env.sudo(), name, one, row["data"] | {"id": row["id"]})
        else:
            _play(env, row["id"], one)


def _triggered(trigger: str, watched: list[str], old: dict | None, new: dict) -> bool:
    if old is None:
        return trigger in ("on_create", "on_create_or_write")
    changed = not watched or any(old.get(word) != new.get(word) for word in watched)
    return trigger in ("on_write", "on_create_or_write") and changed


def _play(env: Env, action: int, one: int) -> None:
    xmlid = env.external_ids("ir.actions.server", [action]).get(action, "")
    if xmlid not in PLAYED:
        raise refusal(f"running the server action {xmlid or action}")
    PLAYED[xmlid](env, one)


def hold(model: str, env: Env, one: int) -> None:
    """A held record moves on only with a release that fits it, or in an emergency."""
    sudo, record = env.sudo(), env.one(model, one)
    guards = sudo.find("x_cockpit_guard", [["x_model", "=", model]], limit=1)
    guard = guards[0]["data"] if guards else {}
    if not guard or guard.get("x_mode") in ("off", "observe"):
        return
    domains = json.loads(guard["x_domain"])
    by_kind = {"": domains} if isinstance(domains, list) else domains
    kinds = [kind for kind in sorted(by_kind) if sudo.ids(model, [["id", "=", one], *by_kind[kind]])]
    if not kinds or (record.get("x_cockpit_emergency") and env.in_group(EMERGENCY)):
        return
    release, text = record.get("x_cockpit_release") or "", TEXTS[model](env, one, record)
    named, _, rest = release.partition("|")
    is_one = isinstance(domains, list)
    if release == text if is_one else rest == text and set(kinds) <= set(named.split(",")):
        return
    why = "it was changed after it was approved." if release else guard.get("x_words") or False
    why = why if is_one else f"{why} ({', '.join(kinds)})"
    link = (guard.get("x_link") or "").replace("{id}", str(one))
    raise OdooError("user", f"Waiting for approval in the cockpit: {why}\n{link}")


def hold_line(env: Env, line: int) -> None:
    hold("sale.order", env, env.one("sale.order.line", line)["order_id"])


def invoice_text(env: Env, one: int, move: dict) -> str:
    """company|partner|currency|total|digest of the lines of products, in the order of sequence and id."""
    lines = env.sudo().find(
        "account.move.line", [["move_id", "=", one], ["display_type", "=", "product"]], "sequence, id"
    )
    currency = env.one("res.currency", move["currency_id"])["name"]
    head = [move["company_id"], move.get("partner_id") or 0, currency, _number(move["amount_total"], 2)]
    return _text(head, [_row(line["data"], "quantity") for line in lines])


def order_text(env: Env, one: int, order: dict) -> str:
    """company|partner|currency|payment term|digest of what is sold."""
    domain = [["order_id", "=", one], ["display_type", "=", False], ["is_downpayment", "=", False],
              ["is_expense", "=", False]]  # fmt: skip
    lines = env.sudo().find("sale.order.line", domain, "sequence, id")
    currency = env.one("res.currency", order["currency_id"])["name"]
    head = [order["company_id"], order.get("partner_id") or 0, currency, order.get("payment_term_id") or 0]
    return _text(head, [_row(line["data"], "product_uom_qty") for line in lines])


def expense_text(env: Env, one: int, expense: dict) -> str:
    """company|employee|currency|amount|product|digest of what for."""
    currency = env.one("res.currency", expense["currency_id"])["name"]
    head = [expense["company_id"], expense.get("employee_id") or 0, currency,
            _number(expense.get("total_amount_currency"), 2), expense.get("product_id") or 0]  # fmt: skip
    return _text(head, [[expense.get("name") or ""]])


def _row(data: dict, quantity: str) -> list:
    return [data.get("product_id") or 0, data.get("name") or "", _number(data.get(quantity), 6),
            _number(data.get("price_unit"), 6), _number(data.get("discount"), 6)]  # fmt: skip


def _text(head: list, rows: list) -> str:
    return "|".join([*map(str, head), hashlib.sha256(json.dumps(rows).encode()).hexdigest()])


def _number(value: float | None, digits: int) -> str:
    return f"{round(value or 0.0, digits) + 0.0:.{digits}f}"


def release(many: str, env: Env, one: int) -> None:
    if not env.in_group(RELEASE):
        raise OdooError("user", f"Only the cockpit releases {many}, after they were approved there.")


def emergency(env: Env, one: int) -> None:
    if not env.in_group(EMERGENCY):
        raise OdooError("user", "An emergency release needs the group Cockpit: emergency release.")


def emergency_by(model: str, env: Env, one: int) -> None:
    """Whoever takes part in an emergency release joins those who may not review it."""
    who = [each for each in (env.one(model, one).get("x_cockpit_emergency_by") or "").split(",") if each]
    if str(env.uid) not in who:
        env.sudo().write(model, [one], {"x_cockpit_emergency_by": ",".join([*who, str(env.uid)])})


TEXTS = {"account.move": invoice_text, "sale.order": order_text, "hr.expense": expense_text}
SHORT = {
    "account.move": ("invoice", "invoices"),
    "sale.order": ("order", "orders"),
    "hr.expense": ("expense", "expenses"),
}
PLAYED: dict[str, Callable[[Env, int], None]] = {"cockpit.action_order_lines": hold_line}
for model, (short, many) in SHORT.items():
    PLAYED |= {
        f"cockpit.action_{short}_post": partial(hold, model),
        f"cockpit.action_{short}_release": partial(release, many),
        f"cockpit.action_{short}_emergency": emergency,
        f"cockpit.action_{short}_emergency_by": partial(emergency_by, model),
    }
