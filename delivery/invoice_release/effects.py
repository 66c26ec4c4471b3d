"""What a decision does in Odoo: release, then post, in one stream; the note goes its own way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from approvals.models import Decision, Request, Round
from cockpit import outbox
from cockpit.events.models import Event
from delivery.guards import release_text
from delivery.invoice_release.facts import InvoiceFacts
from delivery.invoice_release.kinds import KEY
from integrations.mirror.models import Currency, Invoice

MODEL = "account.move"
HANDLER = "odoo.push"


def on_decided(event: Event, *, at: datetime) -> None:
    """Handler of `approvals.decided`: approved → release and post; either way one note on the invoice."""
    request = Request.objects.get(pk=event.payload["request"])
    if request.kind_key != KEY:
        return
    round_ = request.rounds.get(pk=event.payload["round"])
    decisions = list(
        round_.decisions.filter(void_at__isnull=True).select_related("person", "effective_person", "snapshot", "step")
    )
    odoo_id = int(request.subject.rpartition(":")[2])
    key = f"{request.number}/{round_.number}"
    facts = decisions[-1].snapshot.facts
    if event.payload["outcome"] == "approved":
        put_release(odoo_id, facts, key=key, origin=request.audit_subject, at=at)
        put_post(odoo_id, facts, key=key, origin=request.audit_subject, at=at)
    put_note(odoo_id, facts, note_words(request, round_, decisions, key), key=key, origin=request.audit_subject, at=at)


def release_unasked(invoice: Invoice, found: InvoiceFacts, *, at: datetime) -> None:
    """Write the release for a draft that nobody must agree to but that Odoo would hold. Once per content."""
    text = release_text(found.facts)
    if invoice.x_cockpit_release != text:
        put_release(
            invoice.pk,
            found.facts,
            key=f"pass/{MODEL}:{invoice.pk}/{invoice.row_version}",
            origin=f"odoo.{MODEL}:{invoice.pk}",
            at=at,
        )


def put_release(odoo_id: int, facts: Mapping[str, Any], *, key: str, origin: str, at: datetime) -> None:
    text = release_text(facts)
    _put(
        odoo_id,
        facts,
        what="release",
        key=key,
        origin=origin,
        at=at,
        payload={
            "already": {"x_cockpit_release": text},
            "expect": expected(odoo_id, facts),
            "call": {"method": "write", "kwargs": {"vals": {"x_cockpit_release": text}}},
            "read_back": ["x_cockpit_release"],
            "verify": {"x_cockpit_release": text},
        },
    )


def put_post(odoo_id: int, facts: Mapping[str, Any], *, key: str, origin: str, at: datetime) -> None:
    _put(
        odoo_id,
        facts,
        what="post",
        key=key,
        origin=origin,
        at=at,
        payload={
            "already": {"state": "posted"},
            "expect": expected(odoo_id, facts),
            "call": {"method": "action_post", "kwargs": {}},
            "read_back": ["state", "name", "date", "invoice_date_due"],
            "verify": {"state": "posted"},
        },
    )


def put_note(odoo_id: int, facts: Mapping[str, Any], words: str, *, key: str, origin: str, at: datetime) -> None:
    """Who, for whom, policy version, when, link, under a visible key that is looked for before posting."""
    _put(
        odoo_id,
        facts,
        what="note",
        key=key,
        origin=origin,
        at=at,
        destination="odoo-notes",
        payload={
            "find": {
                "model": "mail.message",
                "domain": [["model", "=", MODEL], ["res_id", "=", odoo_id], ["body", "ilike", f"[{key}]"]],
            },
            "call": {
                "method": "message_post",
                "kwargs": {"body": words, "message_type": "comment", "subtype_xmlid": "mail.mt_note"},
            },
        },
    )


def expected(odoo_id: int, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The material facts as Odoo must still hold them; drift is measured against what was decided."""
    header = {
        "state": "draft",
        "company_id": facts["company"]["id"],
        "partner_id": facts["client"]["id"],
        "currency_id": Currency.objects.values_list("pk", flat=True).get(name=facts["amount"]["currency"]),
        "amount_total": facts["amount"]["amount"],
    }
    rows = [
        {
            "product_id": line["product"],
            "name": line["text"],
            "quantity": line["quantity"],
            "price_unit": line["unit_price"],
            "discount": line["discount"],
        }
        for line in facts["lines"]
    ]
    lines = {
        "model": f"{MODEL}.line",
        "domain": [["move_id", "=", odoo_id], ["display_type", "=", "product"]],
        "order": "sequence,id",
        "rows": rows,
    }
    return [{"model": MODEL, "id": odoo_id, "fields": header}, lines]


def note_words(request: Request, round_: Round, decisions: list[Decision], key: str) -> str:
    """The note, in plain words. The key in brackets makes it findable."""
    said = "; ".join(_said(decision) for decision in decisions)
    return _("%(said)s. %(policy)s. [%(key)s]") % {"said": said, "policy": request.version, "key": key}


def _said(decision: Decision) -> str:
    words = {
        Decision.Verdict.APPROVE: _("Approved by %(who)s (%(role)s, %(unit)s) at %(when)s UTC"),
        Decision.Verdict.REJECT: _("Rejected by %(who)s (%(role)s, %(unit)s) at %(when)s UTC: %(note)s"),
    }
    who = str(decision.person)
    if decision.effective_person_id != decision.person_id:
        who = _("%(who)s for %(whom)s") % {"who": who, "whom": decision.effective_person}
    return words[Decision.Verdict(decision.verdict)] % {
        "who": who,
        "role": decision.step.get_role_display(),
        "unit": decision.step.unit,
        "when": formats.date_format(decision.at, "Y-m-d H:i"),
        "note": decision.note,
    }


def _put(
    odoo_id: int,
    facts: Mapping[str, Any],
    *,
    what: str,
    key: str,
    origin: str,
    at: datetime,
    payload: dict[str, Any],
    destination: str = "odoo",
) -> None:
    company = (facts.get("company") or {}).get("id")
    outbox.put(
        HANDLER,
        destination=destination,
        subject=f"{MODEL}:{odoo_id}",
        payload={"model": MODEL, "id": odoo_id, "company_id": company, "asks_anew": True, **payload},
        key=f"{key}/{what}",
        at=at,
        origin=origin,
    )
