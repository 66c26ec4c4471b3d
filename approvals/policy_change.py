"""The kind of request by which a policy is published: whoever wrote it asks, a second person decides."""

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.kinds import Change, Fact, Facts, FactType, Kind, Text
from approvals.reading.policy_differences import said_text
from cockpit.pages import words

KEY = "policy_change"
MODES = {"off": gettext_lazy("Off"), "observe": gettext_lazy("Observe only"), "enforce": gettext_lazy("Enforce")}
# In force until the firm publishes its own: somebody else who runs the cockpit, and where nobody else does, leadership.
TABLE = """
kind: policy_change
name: Policy change
mode: enforce
rules:
  - name: A second person agrees
    ask: [{role: leadership, who: "role:operations_admin", within: 2 d}]
"""


def _title(facts: Facts) -> Text:
    return _("Publish %(policy)s") % {"policy": facts.get("policy") or "—"}


def _if_approved(facts: Facts) -> Text:
    begins = facts.get("effective")
    if begins:
        return _("%(policy)s comes into force on %(day)s. What is asked already keeps its own version.") % {
            "policy": facts.get("policy") or "—",
            "day": begins,
        }
    return _("%(policy)s comes into force at once. What is asked already keeps its own version.") % {
        "policy": facts.get("policy") or "—"
    }


def _if_rejected(facts: Facts) -> Text:
    return _("It stays a draft, and whoever wrote it reads your reason.")


def _changes(facts: Facts) -> list[Change]:
    """Nothing where what was said was erased since."""
    if not facts.get("difference") or not facts.get("policy_kind"):
        return []
    found = said_text(facts["difference"], facts["policy_kind"])
    if facts.get("mode_before") != facts.get("mode"):
        before, after = (MODES.get(facts.get(key) or "", "—") for key in ("mode_before", "mode"))
        found.insert(0, Change(_("How far it binds"), before, after))
    if facts.get("bulk_before") != facts.get("bulk"):
        found.append(Change(_("Several at once up to"), *(_limit(facts.get(key)) for key in ("bulk_before", "bulk"))))
    return found


def _limit(said: str | None) -> str:
    return words.money(said, settings.REPORTING_CURRENCY) if said else _("as the kind says")


POLICY_CHANGE = Kind(
    key=KEY,
    label=gettext_lazy("Policy change"),
    title=_title,
    if_approved=_if_approved,
    if_rejected=_if_rejected,
    changes=_changes,
    facts=(
        Fact("policy", gettext_lazy("Policy"), FactType.TEXT, material=True, lead=True),
        Fact("policy_kind", gettext_lazy("Kind of request"), FactType.CHOICE, shown=False),
        Fact("mode_before", gettext_lazy("Until now"), FactType.CHOICE, shown=False),
        Fact("mode", gettext_lazy("How far it binds"), FactType.CHOICE, material=True, shown=False),
        Fact("bulk_before", gettext_lazy("Until now several at once up to"), FactType.NUMBER, shown=False),
        Fact("bulk", gettext_lazy("Several at once up to"), FactType.NUMBER, material=True, shown=False),
        Fact("effective", gettext_lazy("In force from"), FactType.DATE, material=True, absent=gettext_lazy("at once")),
        Fact("rows_added", gettext_lazy("Rows added"), FactType.NUMBER),
        Fact("rows_removed", gettext_lazy("Rows removed"), FactType.NUMBER),
        Fact("rows_changed", gettext_lazy("Rows changed"), FactType.NUMBER),
        Fact("warnings", gettext_lazy("Warnings of the check"), FactType.NUMBER),
        Fact("why", gettext_lazy("Why"), FactType.TEXT, absent=gettext_lazy("not said")),
        Fact("author", gettext_lazy("Written by"), FactType.PERSON),
        Fact("difference", gettext_lazy("What differs"), FactType.TEXT, material=True, shown=False),
        Fact("page", gettext_lazy("The whole table"), FactType.LINK),
    ),
)
