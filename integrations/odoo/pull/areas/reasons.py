"""What is told of changed records, and why a server may lack a field: a module's name, or one of these."""

from ..maps import Mark

INVOICE_CHANGED = "odoo.invoice.changed"
ORDER_CHANGED = "odoo.order.changed"
EXPENSE_CHANGED = "odoo.expense.changed"
LOADED = "mirror.loaded"
DIRECTORY = "directory"  # people, units and calendars have to be projected anew

ODOO_18 = "18"  # since this version
ODOO_19 = "19"
UNTIL_18 = "<19"  # gone since
HIDDEN = "hidden"  # behind a feature that is switched on in Odoo, or a right of its own
PROVISIONED = "apply"  # made by `manage.py odoo apply`

RELEASES = {"x_cockpit_release": PROVISIONED, "x_cockpit_emergency": PROVISIONED, "x_cockpit_emergency_by": PROVISIONED}
DIRECTORY_CHANGED = Mark(DIRECTORY, "")
