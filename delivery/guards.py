"""The guard inside Odoo: a record that the policy asks about moves on only when the cockpit released it.

Deny by default: it works while the cockpit is down. A release is a text made of the record's own material fields, so
it fits only what was approved. The text is computed here and, alike, by the code that runs in Odoo.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django.conf import settings

from delivery.guarded import NOTHING, RELEASE_GROUP, id_of, number, product_row, text_of
from delivery.guarding import BY_NAME, INVOICES, MODELS
from integrations.odoo.client import OdooClient, OdooError, UnknownNameError
from integrations.odoo.installation import GUARD, pin
from integrations.odoo.manifest import Access, Group, Manifest, ManualField, ManualModel, Where

INVOICE = INVOICES.model
Mode = Literal["off", "observe", "enforce"]
MODES: tuple[Mode, ...] = ("off", "observe", "enforce")


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
    amount = facts["amount"]
    head = [id_of(facts["company"]), id_of(facts["client"]), amount["currency"], number(amount["amount"], 2)]
    return text_of(head, map(product_row, facts["lines"]))


def publish_guard(
    client: OdooClient, domain: str, mode: Mode, *, model: str = INVOICE, words: str = "", link: str = ""
) -> None:
    """Write what Odoo holds of a model, as the integration user. Twice the same writes once.

    `domain` is a domain in JSON, or one for each kind of request: then a release must name all that hold the record.
    `words` say why and who decides; `link` is where to look, with {id} for the record's id. Raises GuardMissingError,
    GuardNotWrittenError or another OdooError; then nothing was published.
    """
    if mode not in MODES:
        raise ValueError(f"{mode!r} is no mode of a guard; use {', '.join(MODES)}.")
    if not _is_domain(json.loads(domain)):
        raise ValueError(f"{domain!r} is no domain.")
    wanted = {"x_domain": domain, "x_mode": mode, "x_words": words or BY_NAME[model].words, "x_link": link}
    odoo_id, now = _row(client, model)
    if now == wanted:
        return
    client.call(GUARD, "write", [odoo_id], vals=wanted)
    if _row(client, model)[1] != wanted:
        raise GuardNotWrittenError("Odoo took the guard's new row, but reads back another one. Publish again.")


def _is_domain(value: Any) -> bool:
    return isinstance(value, list) or (
        isinstance(value, dict) and bool(value) and all(isinstance(one, list) for one in value.values())
    )


def published_guard(client: OdooClient, model: str = INVOICE) -> dict[str, str]:
    """A model's row as Odoo holds it now: x_domain, x_mode, x_words, x_link. Raises GuardMissingError."""
    return _row(client, model)[1]


def _row(client: OdooClient, model: str) -> tuple[int, dict[str, str]]:
    fields = ["x_domain", "x_mode", "x_words", "x_link"]
    try:
        rows = client.search_read(GUARD, [("x_model", "=", model)], fields, limit=1)
    except UnknownNameError:
        rows = []
    if not rows:
        raise GuardMissingError(
            f"This Odoo holds no guard for {BY_NAME[model].many} yet. Run `manage.py odoo apply` once, as its "
            "administrator."
        )
    return rows[0]["id"], {name: rows[0][name] or "" for name in fields}


def manifest(login: str = "") -> Manifest:
    """Everything in Odoo that the guard needs. `login`: the integration user's, else the one of ODOO_LOGIN."""
    return Manifest(
        (
            Group("group_release", "Cockpit: release", "May release what was approved. Nobody but the cockpit's user "
                  "belongs here.", members=(login or settings.ODOO["LOGIN"],)),
            Group("group_emergency", "Cockpit: emergency release", "May let a record move on without a release, "
                  "for a reason given on it. Each one is reviewed by a second person."),
            ManualModel(GUARD, "Cockpit guard", tuple(ManualField(GUARD, *words) for words in GUARD_FIELDS)),
            # The administrator makes the first row and may not change it; nobody may delete one.
            Access(GUARD, "base.group_system", ("read", "create")),
            Access(GUARD, "base.group_user", ("read",)),
            Access(GUARD, RELEASE_GROUP, ("read", "write")),
            *(Access(model, RELEASE_GROUP, ("read",)) for model in WATCHED),
            pin(),
            *(Where(each.model, each.watched[0], each.parts()) for each in MODELS),
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
WORDS = INVOICES.words
