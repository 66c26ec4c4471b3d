"""What cases about invoices say of themselves, in the reader's language."""

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


def _name(case: Case) -> str:
    return str((case.detail.get("odoo") or {}).get("text") or case.subject)


def _released(case: Case) -> str:
    named = {"invoice": _name(case), "reason": case.detail.get("reason", "")}
    return _("%(invoice)s was posted by emergency release: %(reason)s") % named


def _rewritten(case: Case) -> str:
    return _("%(invoice)s was posted as approved, and changed in Odoo afterwards") % {"invoice": _name(case)}


def _early(case: Case) -> str:
    named = {"invoice": _name(case), "request": case.detail.get("request", "")}
    return _("%(invoice)s was posted in Odoo while %(request)s was still waiting for a decision") % named


EMERGENCY = Kind(
    gettext_lazy("Emergency release"),
    owner_roles=("pmo", "finance"),
    within_h=16,
    why=_emergency,
    title=_released,
)
ALTERED = Kind(
    gettext_lazy("Changed after its release"),
    owner_roles=("finance", "pmo"),
    within_h=16,
    closes=gettext_lazy("When the invoice is as it was approved again, or back in draft."),
    why=_altered,
    title=_rewritten,
)
UNDECIDED = Kind(
    gettext_lazy("Posted undecided"), owner_roles=("finance", "pmo"), within_h=16, why=_undecided, title=_early
)
