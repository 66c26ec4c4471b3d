"""What the whole cockpit declares for Odoo: the manifests that settings.ODOO_MANIFESTS names, as one."""

from django.conf import settings
from django.utils.module_loading import import_string

from integrations.odoo.client import OdooClient
from integrations.odoo.hints.manifest import hooks
from integrations.odoo.manifest import Manifest, merge


def declared(client: OdooClient, *, with_hints: bool = True) -> Manifest:
    """For the integration user whose client this is. Raises OdooError."""
    parts = [import_string(name)(client.login) for name in settings.ODOO_MANIFESTS]
    return merge([*parts, hooks(client)] if with_hints else parts)
