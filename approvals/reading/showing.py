"""Facts as people read them. Pure: values in a snapshot's shapes (kinds.FactType) go in, words come out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
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
    """`price` with tax; what a snapshot does not hold is empty."""

    text: str
    quantity: str
    price: str
    unit_price: str = ""
    discount: str = ""
    net: str = ""


@dataclass(frozen=True)
class Lines:
    label: str
    rows: tuple[Line, ...]
    totals: tuple[tuple[str, str], ...] = ()  # what they add up to: ("Amount, net", "€34,980.00")

    @property
    def discounted(self) -> bool:
        return any(row.discount for row in self.rows)

    @property
    def net(self) -> bool:
        """Snapshots of earlier releases know a line's price with tax alone."""
        return all(row.net for row in self.rows)


@dataclass(frozen=True)
class Link:
    text: str
    url: str
    here: bool = False  # a page of our own, not the record in Odoo


def facts(kind: Kind, values: Facts, taken_at: datetime | None = None, at: datetime | None = None) -> list[Shown]:
    """The facts that fit on a line, in the kind's order, the lead first; a dated one says `taken_at` as seen `at`."""
    listed = [fact for fact in kind.facts if fact.shown and fact.type not in APART]
    ordered = sorted(listed, key=lambda fact: not fact.lead)
    return [
        Shown(
            str(fact.label),
            text(fact, values.get(fact.key)) or str(fact.absent),
            _as_of(fact, values, taken_at, at) or _note(fact, values.get(fact.key)),
            fact.lead,
        )
        for fact in ordered
    ]


def lines(kind: Kind, values: Facts) -> list[Lines]:
    tables = ((fact, values.get(fact.key)) for fact in kind.facts if fact.shown and fact.type == FactType.LINES)
    return [
        Lines(str(fact.label), tuple(_line(row) for row in rows), _totals(kind, fact, values))
        for fact, rows in tables
        if rows
    ]


def _totals(kind: Kind, fact: Fact, values: Facts) -> tuple[tuple[str, str], ...]:
    summed = (kind.fact(key) for key in fact.totals if values.get(key))
    return tuple((str(one.label), text(one, values[one.key])) for one in summed)


def link(kind: Kind, values: Facts) -> Link | None:
    """Where the record itself is, if the snapshot knows a web address."""
    for fact in kind.facts:
        value = values.get(fact.key)
        if fact.type == FactType.LINK and value and str(value["url"]).startswith(("https://", "http://")):
            return Link(value["text"], value["url"], here=str(value["url"]).startswith(f"{settings.PUBLIC_URL}/"))
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
        case FactType.CHOICE:
            return str(dict(fact.said).get(value, value))
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


def _as_of(fact: Fact, values: Facts, taken_at: datetime | None, at: datetime | None) -> str:
    if not fact.dated or taken_at is None or at is None or not values.get(fact.key):
        return ""
    return _("as of %(time)s") % {"time": words.moment(taken_at, at)}


def _line(row: Mapping[str, Any]) -> Line:
    price, net = row.get("price"), row.get("net")
    currency = (price or net or {}).get("currency", "")
    off = Decimal(row.get("discount") or 0)
    return Line(
        row.get("text") or "",
        _quantity(row),
        words.money(price["amount"], price["currency"]) if price else "",
        _unit_price(row["unit_price"], currency) if row.get("unit_price") else "",
        _("%(share)s %%") % {"share": words.number(f"{off.normalize():f}")} if off else "",
        words.money(net["amount"], net["currency"]) if net else "",
    )


def _unit_price(value: str, currency: str) -> str:
    """In cents, or with all its digits where it has more of them."""
    price = Decimal(value).normalize()
    cents = price == price.quantize(Decimal("0.01"))
    return words.money(price, currency) if cents else f"{words.number(f'{price:f}')} {currency}"


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
