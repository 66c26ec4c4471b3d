"""Us → Odoo: the outbox handler `odoo.push`. How it works: section "Push" of `integrations/odoo/README.md`."""

from integrations.odoo.push.handler import run

__all__ = ["run"]
