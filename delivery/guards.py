"""The guard inside Odoo: a customer invoice above the policy's amount posts only when the cockpit released it.

Deny by default: it works while the cockpit is down. A release is a text made of the invoice's own material fields, so
it fits only what was approved. The text is computed here and, alike, by the code that runs in Odoo.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal

from django.conf import settings

from integrations.odoo.client import OdooClient, OdooError, UnknownNameError
from integrations.odoo.installation import GUARD, pin
from integrations.odoo.manifest import Access, Automation, Group, Manifest, ManualField, ManualModel, Row, View

INVOICE = "account.move"
RELEASE_GROUP = "cockpit.group_release"
EMERGENCY_GROUP = "cockpit.group_emergency"
Mode = Literal["off", "observe", "enforce"]
MODES: tuple[Mode, ...] = ("off", "observe", "enforce")
NOTHING = '[["id", "=", 0]]'


class GuardMissingError(OdooError):
    """The guard has not been made in this Odoo, or its row is gone."""


class GuardNotWrittenError(OdooError):
    """Odoo took the guard's new row, but reads back another one."""


@dataclass(frozen=True)
class GuardLimit:
    """One company's limit: invoices above `amount` wait for a decision, all of them where it is None.

    `company` is Odoo's id; `currency` is the amount's, `company_currency` the one in which Odoo keeps the totals.
    """

    company: int
    amount: Decimal | None
    currency: str
    company_currency: str


def guard_domain(limits: Iterable[GuardLimit]) -> str:
    """The invoices that Odoo must hold, as a domain in JSON: a superset of those that the policy asks about.

    An amount in a currency other than the company's cannot be compared in Odoo: then all invoices of it are held.
    A company without a limit is not held at all.
    """
    held = [_held(limit) for limit in limits]
    if not held:
        return NOTHING
    either: list[Any] = ["|"] * (len(held) - 1) + [term for terms in held for term in terms]
    return json.dumps(["&", ["move_type", "=", "out_invoice"], *either])


def _held(limit: GuardLimit) -> list[Any]:
    company = ["company_id", "=", limit.company]
    if limit.amount is None or limit.currency != limit.company_currency:
        return [company]
    return ["&", company, ["amount_total_signed", ">", float(limit.amount)]]


def release_text(facts: Mapping[str, Any]) -> str:
    """The release that fits an invoice with these facts: company|partner|currency|total|digest of its lines.

    `facts`: `company` and `client` with `id`, `amount` with `amount` and `currency`, `lines` of products in Odoo's
    order (sequence, id) with `product`, `text`, `quantity`, `unit_price`, `discount`. Numbers as text or Decimal.
    """
    rows = [
        [
            line["product"] or 0,
            line["text"] or "",
            _number(line["quantity"], 6),
            _number(line["unit_price"], 6),
            _number(line["discount"], 6),
        ]
        for line in facts["lines"]
    ]
    amount = facts["amount"]
    return "|".join(
        [
            str((facts["company"] or {}).get("id") or 0),
            str((facts["client"] or {}).get("id") or 0),
            amount["currency"],
            _number(amount["amount"], 2),
            sha256(json.dumps(rows).encode()).hexdigest(),
        ]
    )


def _number(value: Decimal | str | float | None, digits: int) -> str:
    return f"{round(float(value or 0), digits) + 0.0:.{digits}f}"  # + 0.0: there is no minus zero


def publish_guard(client: OdooClient, domain: str, mode: Mode, *, words: str = "", link: str = "") -> None:
    """Write what Odoo holds, as the integration user. Twice the same writes once.

    `words` say why and who decides; `link` is where to look, with {id} for the invoice's id. Raises GuardMissingError,
    GuardNotWrittenError or another OdooError; then nothing was published.
    """
    if mode not in MODES:
        raise ValueError(f"{mode!r} is no mode of a guard; use {', '.join(MODES)}.")
    if not isinstance(json.loads(domain), list):
        raise ValueError(f"{domain!r} is no domain.")
    wanted = {"x_domain": domain, "x_mode": mode, "x_words": words or WORDS, "x_link": link}
    odoo_id, now = _row(client)
    if now == wanted:
        return
    client.call(GUARD, "write", [odoo_id], vals=wanted)
    if _row(client)[1] != wanted:
        raise GuardNotWrittenError("Odoo took the guard's new row, but reads back another one. Publish again.")


def published_guard(client: OdooClient) -> dict[str, str]:
    """The row as Odoo holds it now: x_domain, x_mode, x_words, x_link. Raises GuardMissingError."""
    return _row(client)[1]


def _row(client: OdooClient) -> tuple[int, dict[str, str]]:
    fields = ["x_domain", "x_mode", "x_words", "x_link"]
    try:
        rows = client.search_read(GUARD, [("x_model", "=", INVOICE)], fields, limit=1)
    except UnknownNameError:
        rows = []
    if not rows:
        raise GuardMissingError("This Odoo holds no guard yet. Run `manage.py odoo apply` once, as its administrator.")
    return rows[0]["id"], {name: rows[0][name] or "" for name in fields}


def manifest(login: str = "") -> Manifest:
    """Everything in Odoo that the invoice guard needs. `login`: the integration user's, else the one of ODOO_LOGIN."""
    return Manifest(
        (
            Group("group_release", "Cockpit: release", "May release what was approved. Nobody but the cockpit's user "
                  "belongs here.", members=(login or settings.ODOO["LOGIN"],)),
            Group("group_emergency", "Cockpit: emergency release", "May post an invoice without a release, for a "
                  "reason given on it. Each one is reviewed by a second person."),
            ManualModel(GUARD, "Cockpit guard", tuple(ManualField(GUARD, *words) for words in GUARD_FIELDS)),
            # The administrator makes the first row and may not change it; nobody may delete one.
            Access(GUARD, "base.group_system", ("read", "create")),
            Access(GUARD, "base.group_user", ("read",)),
            Access(GUARD, RELEASE_GROUP, ("read", "write")),
            *(Access(model, RELEASE_GROUP, ("read",)) for model in WATCHED),
            ManualField(INVOICE, "x_cockpit_release", "Cockpit release",
                        help="What the cockpit approved. The invoice posts only while it still fits."),
            ManualField(INVOICE, "x_cockpit_emergency", "Emergency release: reason",
                        help="Why this is posted without approval. Only for members of Cockpit: emergency release."),
            ManualField(INVOICE, "x_cockpit_emergency_by", "Emergency release: by whom",
                        help="The ids of the users who took part in it: none of them may review it."),
            pin(),
            Row(GUARD, "guard_invoice", {"x_model": INVOICE, "x_mode": "off", "x_domain": NOTHING, "x_words": WORDS}),
            Automation("invoice_post", "Cockpit: posting needs a release", INVOICE, ("state", "amount_total"),
                       "[('state', '=', 'posted')]", POST_CODE),
            Automation("invoice_release", "Cockpit: who may release", INVOICE, ("x_cockpit_release",),
                       "[('x_cockpit_release', '!=', False)]", RELEASE_CODE),
            Automation("invoice_emergency", "Cockpit: who may release in an emergency", INVOICE,
                       ("x_cockpit_emergency",), "[('x_cockpit_emergency', '!=', False)]", EMERGENCY_CODE),
            Automation("invoice_emergency_by", "Cockpit: who took part in an emergency release", INVOICE,
                       ("x_cockpit_emergency", "x_cockpit_emergency_by", "state"),
                       "[('x_cockpit_emergency', '!=', False)]", EMERGENCY_BY_CODE),
            View("invoice_form", "Cockpit: reason of an emergency release", INVOICE, "account.view_move_form", FORM),
        )
    )  # fmt: skip


# What the cockpit reads to see whether somebody changed the guard.
WATCHED = ("ir.model", "ir.model.fields", "ir.model.access", "ir.model.data", "base.automation", "ir.actions.server",
           "ir.ui.view")  # fmt: skip
GUARD_FIELDS = (
    ("x_model", "Model"),
    ("x_mode", "Mode (off, observe, enforce)"),
    ("x_domain", "What is held (domain as JSON)", "text"),
    ("x_words", "Why, and who decides", "text"),
    ("x_link", "Where to look ({id}: the record's id)"),
)
WORDS = "an invoice of this amount is posted only after finance of its unit has approved it."

# Odoo lets the journal items of a posted invoice be rewritten over its API. The rule on `amount_total` keeps the total;
# one on the items themselves would keep their texts, too, but every journal entry of the firm would take a third longer
# to create. The cockpit sees such a change when it reads the lines: the release does not fit them any more.
POST_CODE = f"""
guard = env["{GUARD}"].sudo().search([("x_model", "=", record._name)], order="id", limit=1)
move = record.sudo()
if guard and guard.x_mode not in ("off", "observe") and move.filtered_domain(json.loads(guard.x_domain)):
    number = lambda value, digits: "%.*f" % (digits, round(value, digits) + 0.0)
    lines = move.invoice_line_ids.filtered(lambda line: line.display_type == "product")
    rows = [
        [
            line.product_id.id or 0,
            line.name or "",
            number(line.quantity, 6),
            number(line.price_unit, 6),
            number(line.discount, 6),
        ]
        for line in lines.sorted(lambda line: (line.sequence, line.id))
    ]
    env.cr.execute("SELECT encode(sha256(convert_to(%s, 'UTF8')), 'hex')", [str(json.dumps(rows))])
    text = "|".join([
        str(move.company_id.id or 0),
        str(move.partner_id.id or 0),
        move.currency_id.name,
        number(move.amount_total, 2),
        env.cr.fetchone()[0],
    ])
    emergency = move.x_cockpit_emergency and env.user.has_group("{EMERGENCY_GROUP}")
    if move.x_cockpit_release != text and not emergency:
        why = "it was changed after it was approved." if move.x_cockpit_release else guard.x_words
        link = (guard.x_link or "").replace("{{id}}", str(record.id))
        raise UserError("Waiting for approval in the cockpit: %s\\n%s" % (why, link))
"""
RELEASE_CODE = f"""
if not env.user.has_group("{RELEASE_GROUP}"):
    raise UserError("Only the cockpit releases invoices, after they were approved there.")
"""
FORM = f"""
<xpath expr="//group[@id='header_right_group']" position="inside">
  <field name="x_cockpit_emergency" groups="{EMERGENCY_GROUP}" invisible="move_type != 'out_invoice'"/>
</xpath>
"""
EMERGENCY_CODE = f"""
if not env.user.has_group("{EMERGENCY_GROUP}"):
    raise UserError("An emergency release needs the group Cockpit: emergency release.")
"""
# Whoever gives the reason, posts, or writes this field joins it: nobody can put somebody else in their place.
EMERGENCY_BY_CODE = """
move = record.sudo()
who = [one for one in (move.x_cockpit_emergency_by or "").split(",") if one]
if str(env.uid) not in who:
    move.write({"x_cockpit_emergency_by": ",".join([*who, str(env.uid)])})
"""
