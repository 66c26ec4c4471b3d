"""What people attach to an invoice: the invoice itself as a PDF, and the client's signed acceptance."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from .pdf import document

if TYPE_CHECKING:
    from .records import Env


def attach_invoice(env: Env, move: int) -> int:
    """Attach the invoice as it is now; the attachment's id."""
    data = env.one("account.move", move)
    code = env.one("res.currency", data["currency_id"])["name"]
    number = data.get("name") or f"draft of {data.get('invoice_origin') or 'no order'}"
    lines = [*_head(env, data), "", "Quantity      Unit price      Amount      Text"]
    for row in env.sudo().find("account.move.line", [["move_id", "=", move]], "sequence, id"):
        line = row["data"]
        off = f" ({line['discount']:g} % off)" if line.get("discount") else ""
        lines.append(f"{line.get('quantity', 0):>8g}  ×  {line.get('price_unit', 0):>12,.2f}  =  "
                     f"{line.get('price_subtotal', 0):>12,.2f}    {line.get('name') or ''}{off}")  # fmt: skip
    lines += ["", f"Net: {data['amount_untaxed']:,.2f} {code}", f"Tax: {data['amount_tax']:,.2f} {code}",
              f"Total: {data['amount_total']:,.2f} {code}"]  # fmt: skip
    name = (data.get("name") or data.get("invoice_origin") or str(move)).replace("/", "-")
    return _attach(env, move, f"Invoice {name}.pdf", document(f"Invoice {number}", lines))


def attach_acceptance(env: Env, move: int) -> int:
    """Attach the client's acceptance of what is invoiced; the attachment's id."""
    data = env.one("account.move", move)
    lines = [*_head(env, data), "", "We accept the following services as delivered, complete and free of defects:", ""]
    for row in env.sudo().find("account.move.line", [["move_id", "=", move]], "sequence, id"):
        lines.append(f"   -  {row['data'].get('name') or ''}")
    lines += ["", "", "Signed for the client:   (signed)", "Place and date:   on record"]
    name = f"Signed acceptance {data.get('invoice_origin') or move}.pdf"
    return _attach(env, move, name, document("Acceptance of services", lines))


def _head(env: Env, data: dict) -> list[str]:
    client = env.one("res.partner", data.get("partner_id")).get("name") or "no client"
    company = env.one("res.company", data["company_id"])["name"]
    return [f"From: {company}", f"Client: {client}", f"Project: {data.get('ref') or 'none'}",
            f"Order: {data.get('invoice_origin') or 'none'}"]  # fmt: skip


def _attach(env: Env, move: int, name: str, content: bytes) -> int:
    company = env.one("account.move", move)["company_id"]
    values = {"name": name, "res_model": "account.move", "res_id": move, "company_id": company,
              "datas": base64.b64encode(content).decode()}  # fmt: skip
    return env.create("ir.attachment", [values])[0]
