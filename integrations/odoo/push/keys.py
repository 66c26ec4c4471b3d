"""What pushes need in Odoo: a field that carries the key of the decision that something was made for."""

from integrations.odoo.manifest import Manifest, ManualField
from integrations.odoo.push.effects import KEY_FIELD

WORDS = "For which decision of the cockpit this was made. It is looked for, so that it is made once."


def manifest(login: str = "") -> Manifest:
    """`project.project` alone: all else that is made has an external id, or names its key in a text."""
    return Manifest((ManualField("project.project", KEY_FIELD, "Cockpit key", help=WORDS),))
