"""A mail that a server refused is a case; `dead_letters`, a floor below, opens it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cockpit.accounts.models import Person, Unit
from cockpit.exception_queue import dead_letters
from cockpit.exception_queue.kinds import Kind
from cockpit.exception_queue.models import Case


def title(case: Case) -> str:
    person = Person.objects.filter(pk=_pk(str(case.detail.get("subject", "")))).first()
    return _("No mail reaches %(person)s: %(error)s") % {"person": person or "—", "error": case.detail.get("error", "")}


def why(case: Case) -> str:
    return _(
        "What this person is asked waits in the cockpit meanwhile, and its clock runs. Correct the address in Odoo."
    )


UNDELIVERED = Kind(
    gettext_lazy("A mail was refused"),
    owner_roles=("operations_admin", "pmo"),
    within_h=8,
    runbook="mail-was-refused",
    closes=gettext_lazy("When the mail went through, or is skipped."),
    may_be_closed=False,
    title=title,
    why=why,
    records=dead_letters.records,
)


def unit_of_person(key: str) -> Unit | None:
    return Unit.objects.filter(people=_pk(key)).first()


def _pk(key: str) -> int:
    digits = key.rpartition(":")[2]
    return int(digits) if digits.isdigit() else 0
