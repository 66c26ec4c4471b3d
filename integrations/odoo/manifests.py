"""What the whole cockpit declares for Odoo: the manifests that settings.ODOO_MANIFESTS names, as one."""

from django.conf import settings
from django.utils.module_loading import import_string

from integrations.odoo.client import AccessRefusedError, OdooClient, UnknownNameError
from integrations.odoo.hints.manifest import hooks
from integrations.odoo.manifest import Manifest, merge


def declared(client: OdooClient, *, with_hints: bool = True) -> Manifest:
    """For the integration user whose client this is, as far as its Odoo has the models. Raises OdooError."""
    parts = [import_string(name)(client.login) for name in settings.ODOO_MANIFESTS]
    whole = merge([*parts, hooks(client)] if with_hints else parts)
    return whole.fitting(lambda model, field: _has(client, model, field))


def _has(client: OdooClient, model: str, field: str) -> bool:
    """A model that may not be read is there: what `apply` made on it is not to be taken away for that."""
    try:
        return field in client.call(model, "fields_get", allfields=[field], attributes=["type"])
    except UnknownNameError:
        return False
    except AccessRefusedError:
        return True
