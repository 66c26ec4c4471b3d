"""Where a record is found in Odoo's own pages."""

from django.conf import settings


def record_url(model: str, odoo_id: int) -> str:
    """The address of a record's form in Odoo 18 and later; empty while no Odoo is configured."""
    base = settings.ODOO["URL"].rstrip("/")
    return f"{base}/odoo/{model}/{odoo_id}" if base else ""
