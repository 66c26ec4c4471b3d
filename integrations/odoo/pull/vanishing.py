"""What the case about many vanished records says of itself."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cockpit.exception_queue.kinds import Kind
from cockpit.exception_queue.models import Case


def title(case: Case) -> str:
    return _("Many records of %(model)s vanished from Odoo") % {"model": case.detail["model"]}


def why(case: Case) -> str:
    said = _("Nothing was taken away here yet: a lost right or company looks the same. %(sentence)s")
    return said % {"sentence": case.detail["sentence"]}


VANISHED = Kind(
    gettext_lazy("Records vanished from Odoo"),
    owner_roles=("operations_admin", "pmo"),
    within_h=8,
    closes=gettext_lazy("When the records agree with Odoo again."),
    may_be_closed=False,
    title=title,
    why=why,
)
