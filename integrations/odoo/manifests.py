"""What the whole cockpit declares for Odoo: the manifests that settings.ODOO_MANIFESTS names, as one."""

from django.conf import settings
from django.utils.module_loading import import_string

from integrations.odoo.client import OdooClient
from integrations.odoo.manifest import Manifest, merge


def declared(client: OdooClient) -> Manifest:
    """For the integration user whose client this is."""
    return merge([import_string(name)(client.login) for name in settings.ODOO_MANIFESTS])
