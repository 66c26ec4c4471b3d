"""What cases about invoices say of themselves. Their titles are written where they are opened."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cockpit.exception_queue.kinds import Kind
from cockpit.exception_queue.models import Case


def _emergency(case: Case) -> str:
    return _(
        "It went out without a decision. A second person looks at it within two days: was it right, and why in haste?"
    )


def _altered(case: Case) -> str:
    return _("What the client owes is not what was approved. Reset it to draft in Odoo, or review the difference.")


def _undecided(case: Case) -> str:
    return _(
        "It went out while people were still deciding. Its request is closed; see who posted it, and whether it may."
    )


EMERGENCY = Kind(gettext_lazy("Emergency release"), owner_roles=("pmo", "finance"), within_h=16, why=_emergency)
ALTERED = Kind(
    gettext_lazy("Changed after its release"),
    owner_roles=("finance", "pmo"),
    within_h=16,
    closes=gettext_lazy("When the invoice is as it was approved again, or back in draft."),
    why=_altered,
)
UNDECIDED = Kind(gettext_lazy("Posted undecided"), owner_roles=("finance", "pmo"), within_h=16, why=_undecided)
