"""What kinds of requests have in common: the facts that many of them know, and sentences made of facts."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.kinds import Change, Fact, Facts, FactType, Text
from cockpit.pages import words

CLIENT = Fact("client", gettext_lazy("Client"), FactType.RECORD, material=True)
CLIENT_TIER = Fact("client_tier", gettext_lazy("Client tier"), FactType.TEXT)
COMPANY = Fact("company", gettext_lazy("Company"), FactType.RECORD, material=True)
PROJECT = Fact("project", gettext_lazy("Project"), FactType.RECORD, material=True)
PROJECT_TYPE = Fact("project_type", gettext_lazy("Project type"), FactType.TEXT)
SERVICE_LINE = Fact("service_line", gettext_lazy("Service line"), FactType.TEXT)
PROJECT_MANAGER = Fact("project_manager", gettext_lazy("Project manager"), FactType.PERSON)
ACCOUNT_DIRECTOR = Fact("account_director", gettext_lazy("Account director"), FactType.PERSON)
AUTHOR = Fact("author", gettext_lazy("Drafted by"), FactType.RECORD)
REASON = Fact("reason", gettext_lazy("Reason"), FactType.TEXT)
EVIDENCE = Fact("evidence", gettext_lazy("Documents"), FactType.DOCUMENTS)
ODOO = Fact("odoo", gettext_lazy("In Odoo"), FactType.LINK, shown=False)


def amount(label: Text, key: str = "amount", **more: Any) -> Fact:
    """The amount that a kind is about: material, and its one number."""
    return Fact(key, label, FactType.MONEY, **{"material": True, "lead": key == "amount", **more})


def sentence(pattern: Text) -> Callable[[Facts], Text]:
    """A sentence with facts in it: %(client)s, %(amount)s. What is not known is a dash."""
    return lambda facts: str(pattern) % _Said(facts)


def unchanged(facts: Facts) -> list[Change]:
    """Nothing outside is another afterwards: the decision itself is what is asked for."""
    return []


def kept_here(rest: Text) -> Callable[[Facts], Text]:
    """For kinds whose effects come with their workflow: what a yes means, and that Odoo is not written to."""
    return lambda facts: (
        _("%(what)s The decision is kept here; Odoo is not written to.") % {"what": str(rest) % _Said(facts)}
    )


def said(value: Any) -> str:
    """A fact's value in words."""
    if value is None or value == "":
        return "—"
    if isinstance(value, dict):
        if "amount" in value:
            return words.money(value["amount"], value["currency"])
        return str(value.get("name") or value.get("text") or "—")
    return str(value)


class _Said(dict):
    def __init__(self, facts: Facts) -> None:
        super().__init__({key: said(value) for key, value in facts.items()})

    def __missing__(self, key: str) -> str:
        return "—"
