"""The cockpit's automations, played natively: the sandbox never runs the Python code of a server action.

An automation fires as in Odoo: active, on its model, a trigger field changed (a create always counts), its domain fits
afterwards. Its action is then looked up by external id in PLAYED; one that stands for unknown code is refused. The
contract tests hold these functions and the code in Odoo equal.
"""

from __future__ import annotations

import ast
import hashlib
import json
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


def post(env: Env, one: int) -> None:
    """A held invoice posts only with a release that fits it, or in an emergency."""
    sudo, move = env.sudo(), env.one("account.move", one)
    guards = sudo.find("x_cockpit_guard", [["x_model", "=", "account.move"]], limit=1)
    guard = guards[0]["data"] if guards else {}
    if not guard or guard.get("x_mode") in ("off", "observe"):
        return
    if not sudo.ids("account.move", [["id", "=", one], *json.loads(guard["x_domain"])]):
        return
    emergency = move.get("x_cockpit_emergency") and env.in_group(EMERGENCY)
    if move.get("x_cockpit_release") != release_text(env, one, move) and not emergency:
        why = (
            "it was changed after it was approved." if move.get("x_cockpit_release") else guard.get("x_words") or False
        )
        link = (guard.get("x_link") or "").replace("{id}", str(one))
        raise OdooError("user", f"Waiting for approval in the cockpit: {why}\n{link}")


def release_text(env: Env, one: int, move: dict) -> str:
    """company|partner|currency|total|digest of the lines of products, in the order of sequence and id."""
    lines = env.sudo().find(
        "account.move.line", [["move_id", "=", one], ["display_type", "=", "product"]], "sequence, id"
    )
    rows = [[data.get("product_id") or 0, data.get("name") or "", _number(data.get("quantity"), 6),
             _number(data.get("price_unit"), 6), _number(data.get("discount"), 6)]
            for data in (line["data"] for line in lines)]  # fmt: skip
    currency = env.one("res.currency", move["currency_id"])["name"]
    digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    parts = [move["company_id"], move.get("partner_id") or 0, currency, _number(move["amount_total"], 2), digest]
    return "|".join(map(str, parts))


def _number(value: float | None, digits: int) -> str:
    return f"{round(value or 0.0, digits) + 0.0:.{digits}f}"


def release(env: Env, one: int) -> None:
    if not env.in_group(RELEASE):
        raise OdooError("user", "Only the cockpit releases invoices, after they were approved there.")


def emergency(env: Env, one: int) -> None:
    if not env.in_group(EMERGENCY):
        raise OdooError("user", "An emergency release needs the group Cockpit: emergency release.")


def emergency_by(env: Env, one: int) -> None:
    """Whoever takes part in an emergency release joins those who may not review it."""
    who = [each for each in (env.one("account.move", one).get("x_cockpit_emergency_by") or "").split(",") if each]
    if str(env.uid) not in who:
        env.sudo().write("account.move", [one], {"x_cockpit_emergency_by": ",".join([*who, str(env.uid)])})


PLAYED = {
    "cockpit.action_invoice_post": post,
    "cockpit.action_invoice_release": release,
    "cockpit.action_invoice_emergency": emergency,
    "cockpit.action_invoice_emergency_by": emergency_by,
}
