"""A quotation changed: look at what it says now, and ask, refresh, release or close."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from approvals.models import Request
from cockpit.events.models import Event
from delivery import pushing, radar, standing
from delivery.orders.facts import MODEL, of_order, release_text
from delivery.orders.limits import KINDS, as_seen, sees
from delivery.pushing import Target
from delivery.record_facts import Found
from delivery.standing import LETS_GO, Standing
from integrations.mirror.models import Currency, SaleOrder

ACTOR = "system:orders"
QUOTED = ("draft", "sent")


def subject_of(odoo_id: int) -> str:
    return f"odoo.{MODEL}:{odoo_id}"


def evaluate(event: Event, *, at: datetime) -> None:
    """Handler of `odoo.order.changed`. Level-triggered: it reads the mirror, never the event's payload."""
    look(int(event.subject.rpartition(":")[2]), at=at)


def evaluate_all(event: Event, *, at: datetime) -> None:
    """Handler of `mirror.loaded` and of a published policy: every quotation, and every open request, once."""
    if event.payload.get("kind", KINDS[0]) not in KINDS:
        return
    quoted = SaleOrder.objects.live().filter(odoo_state__in=QUOTED).values_list("pk", flat=True)
    for odoo_id in sorted({*quoted, *standing.asked_about(KINDS, MODEL)}):
        look(odoo_id, at=at)


def look(odoo_id: int, *, at: datetime, decided: Target | None = None) -> None:
    """Bring requests, release and cases of one order in line with its mirrored state. Twice changes nothing.

    `decided`: whose decision it is that may let the order go now.
    """
    order = SaleOrder.objects.filter(pk=odoo_id).first()
    asked = standing.open_requests(KINDS, subject_of(odoo_id))
    if order is None or order.odoo_deleted_at is not None:
        standing.close_all(asked, Request.Closed.SUBJECT_GONE, at=at, actor=ACTOR)
        return
    if order.odoo_state not in QUOTED:
        _moved_on(order, asked, at=at)
        return
    found = of_order(order)
    if not found.facts["lines"] and not asked:
        return  # nothing is offered yet: it is still being written
    stands = standing.ask(KINDS, subject=subject_of(odoo_id), found=found, at=at, actor=ACTOR)
    if all(one in LETS_GO for one in stands.values()):
        _release(order, found, stands, decided, at=at)


def held_by(found: Found, *, at: datetime) -> dict[str, datetime]:
    """The kinds for which Odoo's guard holds an order with these facts, and since when each is in force."""
    seen = as_seen(found.facts)
    since = {key: standing.held_since(key, found, sees, at=at, facts=seen) for key in KINDS}
    return {key: when for key, when in since.items() if when}


def _release(
    order: SaleOrder, found: Found, stands: Mapping[str, Standing], decided: Target | None, *, at: datetime
) -> None:
    """All let it go: one release that names every kind. What nobody is asked about, the guard may hold all the same."""
    approved = {key for key, one in stands.items() if one is Standing.APPROVED}
    named = sorted(approved | set(held_by(found, at=at)))
    text = f"{','.join(named)}|{release_text(found.facts)}"
    if not named or order.x_cockpit_release == text:
        return
    key = f"pass/{MODEL}:{order.pk}/{order.row_version}"
    target = decided or Target(MODEL, order.pk, order.company_id, key, subject_of(order.pk))
    pushing.put_release(target, text, expected(order.pk, found.facts), at=at)


def expected(odoo_id: int, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the release says, as Odoo must still hold it."""
    header = {
        "company_id": facts["company"]["id"],
        "partner_id": (facts["client"] or {}).get("id"),
        "currency_id": Currency.objects.values_list("pk", flat=True).get(name=facts["amount"]["currency"]),
        "payment_term_id": (facts["payment_term"] or {}).get("id"),
    }
    rows = [
        {
            "product_id": line["product"],
            "name": line["text"],
            "product_uom_qty": line["quantity"],
            "price_unit": line["unit_price"],
            "discount": line["discount"],
        }
        for line in facts["lines"]
    ]
    domain = [["order_id", "=", odoo_id], ["display_type", "=", False], ["is_downpayment", "=", False],
              ["is_expense", "=", False]]  # fmt: skip
    lines = {"model": f"{MODEL}.line", "domain": domain, "order": "sequence,id", "rows": rows}
    return [{"model": MODEL, "id": odoo_id, "fields": header}, lines]


def _moved_on(order: SaleOrder, asked: list[Request], *, at: datetime) -> None:
    """Confirmed or cancelled. A confirmed order that is not as released was moved past somebody."""
    standing.close_all(asked, Request.Closed.MOVED_IN_ODOO, at=at, actor=ACTOR)
    if order.odoo_state != "sale":
        return
    found = of_order(order)
    held = held_by(found, at=at)
    named, _bar, text = (order.x_cockpit_release or "").partition("|")
    radar.watch(
        radar.Moved(
            subject=subject_of(order.pk),
            name=order.name or f"#{order.pk}",
            kinds=KINDS,
            found=found,
            money=order.amount_total,
            currency=found.facts["amount"]["currency"],
            moved_at=order.date_order,
            since=max(held.values(), default=None),
            released=bool(order.x_cockpit_release),
            fits=text == release_text(found.facts) and set(held) <= set(named.split(",")),
            emergency=order.x_cockpit_emergency or "",
            took_part=order.x_cockpit_emergency_by or "",
        ),
        asked,
        at=at,
    )
