"""External ids of what we made. One that was used is never loaded again: its record was deleted, and stays so.

Odoo forgets an external id together with its record, so it is remembered here, too.
"""

from datetime import datetime
from typing import Any

from integrations.mirror.models import UsedId
from integrations.odoo.client import OdooClient, ServerFaultError
from integrations.odoo.push.plan import Look

UNKNOWN = "External ID not found"


def rows(client: OdooClient, look: Look, context: dict[str, Any]) -> list[dict[str, Any]]:
    """The record behind an external id, or none.

    One of Odoo's processes may remember the id of a row that its `load` took back, and then names no record: that is no
    proof that there ever was one.
    """
    module, name = look.xmlid.split(".", 1)
    try:
        model, found = client.call(
            "ir.model.data", "check_object_reference", module=module, xml_id=name, context=context
        )
    except ServerFaultError as fault:
        if fault.maybe_done or UNKNOWN not in fault.text:
            raise
        return []
    if model != look.model or not found:
        return []
    return client.call(look.model, "read", [found], fields=list(look.fields), load=None, context=context)


def is_used(xmlid: str) -> bool:
    return UsedId.objects.filter(pk=xmlid).exists()


def note(xmlid: str, model: str, odoo_id: int, *, at: datetime) -> None:
    """It was seen in Odoo."""
    used = UsedId(xmlid=xmlid, odoo_model=model, odoo_id=odoo_id, seen_at=at)
    UsedId.objects.bulk_create([used], ignore_conflicts=True)
