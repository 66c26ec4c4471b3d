"""The three writes of an invoice's release, as messages; the client's reference stands for the release text."""

from datetime import UTC, datetime
from typing import Any

from cockpit import outbox
from cockpit.outbox.models import Message
from integrations.odoo.client import OdooClient

AT = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
RELEASE = "released by Ann"
AMOUNT = "41626.20"


def put_release(invoice: int) -> Message:
    call = {"method": "write", "kwargs": {"vals": {"ref": RELEASE}}}
    return _put("release", invoice, {"already": {"ref": RELEASE}, "expect": _expected(invoice), "call": call})


def put_post(invoice: int) -> Message:
    call, done = {"method": "action_post"}, {"state": "posted"}
    return _put(
        "post", invoice, {"expect": _expected(invoice), "call": call, "verify": done, "read_back": ["state", "name"]}
    )


def put_note(invoice: int) -> Message:
    key = f"[R-{invoice}/1]"
    domain = [["model", "=", "account.move"], ["res_id", "=", invoice], ["body", "ilike", key]]
    words = {"body": f"Approved by Ann {key}", "message_type": "comment", "subtype_xmlid": "mail.mt_note"}
    find = {"model": "mail.message", "domain": domain}
    return _put("note", invoice, {"call": {"method": "message_post", "kwargs": words}, "find": find}, "odoo-notes")


def note_count(client: OdooClient, invoice: int) -> int:
    domain = [["res_id", "=", invoice], ["body", "ilike", "Approved by Ann"]]
    return client.call("mail.message", "search_count", domain=domain)


def _expected(invoice: int) -> list[dict[str, Any]]:
    line = {"name": "Consulting", "quantity": "1", "price_unit": AMOUNT}
    domain = [["move_id", "=", invoice], ["display_type", "=", "product"]]
    return [
        {"model": "account.move", "id": invoice, "fields": {"state": "draft", "amount_total": AMOUNT}},
        {"model": "account.move.line", "domain": domain, "order": "sequence,id", "rows": [line]},
    ]


def _put(what: str, invoice: int, payload: dict[str, Any], destination: str = "odoo") -> Message:
    return outbox.put(
        "odoo.push",
        destination=destination,
        subject=f"account.move:{invoice}",
        payload={"model": "account.move", "id": invoice, "company_id": 1, **payload},
        key=f"R-{invoice}/1/{what}",
        at=AT,
    )
