"""What Odoo needs in order to hint: two rules for each model, and the address that they send to."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from integrations.odoo.client import OdooClient, UnknownNameError
from integrations.odoo.manifest import Hook, Manifest
from integrations.odoo.pull.catalogue import MAPS

from . import secret

# What decisions and queues look at. Other changes come with the next round.
WATCHED = {
    "account.move": ("state", "partner_id", "amount_total", "payment_state", "invoice_date"),
    "sale.order": ("state", "partner_id", "amount_total"),
    "project.task": ("state", "stage_id", "project_id", "user_ids", "allocated_hours", "date_deadline"),
    "hr.expense": ("state", "total_amount"),
    "hr.leave": ("state", "date_from", "date_to"),
}


def hooks(client: OdooClient) -> Manifest:
    """Empty where Odoo can't reach us or shall not; a model that this Odoo lacks has none. Raises OdooError."""
    if why_none():
        return Manifest()
    address = settings.ODOO["HINTS_URL"] + reverse("odoo-hint", args=[secret.current()])
    domains = {each.odoo_model: each.domain for each in MAPS}
    there = [model for model in settings.ODOO["HINTED_MODELS"] if _has(client, model)]
    return Manifest(tuple(Hook(model, address, WATCHED[model], _text(domains[model])) for model in there))


def why_none() -> str:
    """Why Odoo sends no hints, as a sentence; empty when it does."""
    address, odoo = settings.ODOO["HINTS_URL"], settings.ODOO["URL"]
    if not address:
        return (
            "Odoo sends no hints: set ODOO_HINTS_URL (or PUBLIC_URL) to the address at which Odoo reaches the cockpit."
        )
    if _is_loopback(address) and not _is_loopback(odoo):
        return f"Odoo sends no hints: it can't reach {address}, which is this machine alone. Set ODOO_HINTS_URL."
    if strangers := sorted(set(settings.ODOO["HINTED_MODELS"]) - set(WATCHED)):
        return (
            f"Odoo sends no hints: ODOO_HINTED_MODELS names {', '.join(strangers)}; choose from {', '.join(WATCHED)}."
        )
    if not secret.current():
        return "Odoo sends no hints: they are turned off. `manage.py odoo apply --new-hint-address` turns them on."
    return ""


def _text(domain: Sequence[object]) -> str:
    return repr(list(domain)) if domain else ""


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _has(client: OdooClient, model: str) -> bool:
    try:
        client.call(model, "has_access", [], operation="read")
    except UnknownNameError:
        return False
    return True
