"""What a case says of a request that nobody may decide, in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cockpit.accounts.roles import ROLES
from cockpit.exception_queue.kinds import Kind
from cockpit.exception_queue.models import Case


def _title(case: Case) -> str:
    role = ROLES.get(case.detail.get("role", ""))
    if role is None:
        return case.title
    named = {"request": case.detail["request"], "role": role.label, "unit": case.detail["unit"]}
    return _("%(request)s waits for %(role)s of %(unit)s, but nobody there may decide it") % named


def _why(case: Case) -> str:
    return _("It waits for ever unless somebody else gets the role: everybody who holds it took part, or nobody does.")


NO_APPROVER = Kind(
    gettext_lazy("Nobody may decide"),
    owner_roles=("pmo", "leadership"),
    within_h=8,
    closes=gettext_lazy("When somebody who may decide it holds the role."),
    why=_why,
    title=_title,
)
