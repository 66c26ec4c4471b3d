"""What cases of the bypass radar say of themselves, in the reader's language."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from cockpit.exception_queue.kinds import Kind
from cockpit.exception_queue.models import Case

OWNERS = ("pmo", "finance")


def _says(pattern: Promise) -> Callable[[Case], str]:
    """A sentence with what the case knows: %(record)s, %(request)s, %(reason)s."""
    return lambda case: (
        str(pattern)
        % {
            "record": case.detail.get("record") or case.subject,
            "request": case.detail.get("request") or "—",
            "reason": case.detail.get("reason") or "—",
        }
    )


def _kind(label: Promise, title: Promise, why: Promise, closes: Promise | str = "") -> Kind:
    return Kind(label, owner_roles=OWNERS, within_h=16, closes=closes, why=lambda case: str(why), title=_says(title))


EMERGENCY = _kind(
    gettext_lazy("Emergency release in Odoo"),
    gettext_lazy("%(record)s went on by emergency release: %(reason)s"),
    gettext_lazy(
        "It went on without a decision. A second person looks at it within two days: was it right, and why in haste?"
    ),
)
UNDECIDED = _kind(
    gettext_lazy("Went on undecided"),
    gettext_lazy("%(record)s went on in Odoo while %(request)s was still waiting for a decision"),
    gettext_lazy("People were still deciding. Its request is closed; see who moved it in Odoo, and whether they may."),
)
AGAINST = _kind(
    gettext_lazy("Went on against a decision"),
    gettext_lazy("%(record)s went on in Odoo although %(request)s was rejected"),
    gettext_lazy("Somebody decided that it should not. See who moved it in Odoo, and take it back or ask anew."),
)
UNASKED = _kind(
    gettext_lazy("Went on unasked"),
    gettext_lazy("%(record)s went on in Odoo without a release that it needed"),
    gettext_lazy("The policy asks about such records, and Odoo holds them. See how it came past, and ask for it now."),
)
ALTERED = _kind(
    gettext_lazy("Is not as it was released"),
    gettext_lazy("%(record)s went on as approved, and was changed in Odoo afterwards"),
    gettext_lazy("What stands in Odoo is not what was approved. Change it back there, or review the difference."),
    gettext_lazy("When the record is as it was approved again."),
)
