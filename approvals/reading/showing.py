"""Facts as people read them. Pure: values in a snapshot's shapes (kinds.FactType) go in, words come out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from approvals.facts import Moved
from approvals.kinds import Fact, Facts, FactType, Kind
from cockpit.pages import words

APART = {FactType.LINES, FactType.LINK, FactType.DOCUMENTS}  # what does not fit on a line


@dataclass(frozen=True)
class Shown:
    """One fact. `text` empty: not known."""

    label: str
    text: str
    note: str = ""
    lead: bool = False


@dataclass(frozen=True)
class Line:
    text: str
    quantity: str
    price: str


@dataclass(frozen=True)
class Lines:
    label: str
    rows: tuple[Line, ...]


@dataclass(frozen=True)
class Link:
    text: str
    url: str


def facts(kind: Kind, values: Facts) -> list[Shown]:
    """The facts that fit on a line, in the kind's order, the lead first."""
    listed = [fact for fact in kind.facts if fact.shown and fact.type not in APART]
    ordered = sorted(listed, key=lambda fact: not fact.lead)
    return [
        Shown(str(fact.label), text(fact, values.get(fact.key)), _note(fact, values.get(fact.key)), fact.lead)
        for fact in ordered
    ]


def lines(kind: Kind, values: Facts) -> list[Lines]:
    tables = ((fact, values.get(fact.key)) for fact in kind.facts if fact.shown and fact.type == FactType.LINES)
    return [Lines(str(fact.label), tuple(_line(row) for row in rows)) for fact, rows in tables if rows]


def link(kind: Kind, values: Facts) -> Link | None:
    """Where the record itself is, if the snapshot knows a web address."""
    for fact in kind.facts:
        value = values.get(fact.key)
        if fact.type == FactType.LINK and value and str(value["url"]).startswith(("https://", "http://")):
            return Link(value["text"], value["url"])
    return None


def moved(differences: list[Moved]) -> list[dict[str, str]]:
    """What was on the screen and what is true now, for each fact that moved."""
    return [
        {
            "label": str(one.fact.label),
            "before": text(one.fact, one.before) or "—",
            "after": text(one.fact, one.after) or "—",
        }
        for one in differences
    ]


def text(fact: Fact, value: Any) -> str:
    """One value in words; empty when it is not known."""
    if value is None or value == "":
        return ""
    match fact.type:
        case FactType.MONEY:
            return words.money(value["amount"], value["currency"])
        case FactType.NUMBER:
            return words.number(value)
        case FactType.DATE:
            return words.day(date.fromisoformat(value))
        case FactType.PERSON | FactType.RECORD:
            return str(value["name"])
        case FactType.LINK:
            return str(value["text"])
        case FactType.DOCUMENTS:
            return ", ".join(str(one["name"]) for one in value)
        case FactType.LINES:
            return "; ".join(_line_words(row) for row in value)
        case _:
            return str(value)


def _note(fact: Fact, value: Any) -> str:
    """A foreign amount also in the company's currency, at the rate that the record itself keeps."""
    if fact.type != FactType.MONEY or not isinstance(value, Mapping) or not value.get("company_amount"):
        return ""
    if value["company_currency"] == value["currency"]:
        return ""
    return _("%(amount)s at its rate") % {"amount": words.money(value["company_amount"], value["company_currency"])}


def _line(row: Mapping[str, Any]) -> Line:
    price = row.get("price")
    return Line(row.get("text") or "", _quantity(row), words.money(price["amount"], price["currency"]) if price else "")


def _line_words(row: Mapping[str, Any]) -> str:
    line = _line(row)
    return _("%(quantity)s × %(text)s, %(price)s") % {
        "quantity": line.quantity,
        "text": line.text or "—",
        "price": line.price or "—",
    }


def _quantity(row: Mapping[str, Any]) -> str:
    if row.get("quantity") is None:
        return ""
    return words.number(f"{Decimal(row['quantity']).normalize():f}")
