"""What became of an invoice that Odoo moved on while people were still asked about it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from approvals.kinds import Ending
from cockpit.pages import words
from integrations.mirror.models import Invoice, OdooUser


def moved_on(subjects: Iterable[str]) -> dict[str, Ending]:
    """By subject, as the mirror holds each invoice now; nothing about one that it does not hold. Two queries."""
    numbers = {int(subject.rpartition(":")[2]): subject for subject in subjects}
    invoices = list(Invoice.objects.filter(pk__in=numbers))
    people = dict(OdooUser.objects.filter(pk__in={one.write_uid for one in invoices}).values_list("pk", "name"))
    return {numbers[one.pk]: _ending(one, people.get(one.write_uid, "")) for one in invoices}


def _ending(invoice: Invoice, who: str) -> Ending:
    if invoice.odoo_deleted_at is not None:
        return Ending(_("The draft was deleted in Odoo."), _("deleted in Odoo"))
    if invoice.odoo_state == "cancel":
        return Ending(_last(_("Cancelled in Odoo."), who, invoice.odoo_write_date), _("cancelled in Odoo"))
    if invoice.odoo_state == "draft":
        return Ending(_("It is a draft in Odoo again."), _("a draft again"))
    number = {"number": invoice.name or "—"}
    if invoice.x_cockpit_emergency:
        said = _("Posted in Odoo as %(number)s by emergency release, without a decision.") % number
        short, case = _("posted by emergency release"), f"invoice.emergency:{invoice.pk}"
    else:
        said = _("Posted in Odoo as %(number)s without a decision.") % number
        short, case = _("posted undecided"), f"invoice.bypass:{invoice.pk}"
    return Ending(_last(said, who, invoice.odoo_write_date), short, "late", case)


def _last(said: str, who: str, at: datetime | None) -> str:
    """Odoo notes who wrote a record last, not who posted it."""
    if not who or at is None:
        return said
    return _("%(said)s Last written there by %(who)s, %(time)s.") % {
        "said": said,
        "who": who,
        "time": words.in_full(at),
    }
