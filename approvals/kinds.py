"""What can be asked: a kind declares its facts, duties and words; the engine knows nothing else of the business."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext

Text = str | Promise
Facts = Mapping[str, Any]


class FactType(StrEnum):
    """How a fact's value is written in a snapshot; None is "not known".

    money: {"amount": "48200.00", "currency": "EUR", "company_amount": "48200.00", "company_currency": "EUR"};
    number: "31.0"; text and choice: str; date: "2026-11-12"; link: {"text": "S00046", "url": "https://…"};
    person (an accounts.Person) and record (something in Odoo): {"id": 7, "name": "Ben"};
    lines: [{"text": "…", "quantity": "1", "unit_price": "800.00", "discount": "0", "net": {money}, "price": {money}}],
    `price` with tax;
    documents: [{"id": 5, "name": "Invoice.pdf", "mimetype": "application/pdf", "size": 1024, "checksum": "…"}].
    """

    MONEY = "money"
    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    PERSON = "person"
    RECORD = "record"
    LINK = "link"
    LINES = "lines"
    DOCUMENTS = "documents"


@dataclass(frozen=True)
class Fact:
    key: str
    label: Text
    type: FactType
    material: bool = False  # a change beyond `tolerance` voids what was decided on it
    tolerance: Decimal = Decimal(0)  # absolute, in the fact's own unit or currency
    shown: bool = True
    lead: bool = False  # the one number of the request
    dated: bool = False  # not of the record itself: true when the snapshot was taken, so that moment is said with it
    absent: Text = ""  # what it means that there is none; else it is "not known"
    totals: tuple[str, ...] = ()  # of lines: the keys of the money facts that they add up to
    said: tuple[tuple[str, Text], ...] = ()  # of a choice: its values in words, where they are not words already


@dataclass(frozen=True)
class Change:
    """One row of before → after."""

    label: Text
    before: Text
    after: Text


@dataclass(frozen=True)
class Effect:
    """What follows a decision outside. `key` is the last part of its message's key: "post" of "R-12/1/post"."""

    key: str
    todo: Text  # "posts the invoice"
    done: Callable[
        [Facts, str], Text
    ]  # (values read back, time in words) → "Posted in Odoo at 14:04:09 as INV/2026/00031"
    lead: bool = False  # the one that people wait for


@dataclass(frozen=True)
class Slot:
    """A document that a decision of this kind wants to see; `fits` is asked about one of the fact's documents."""

    key: str
    label: Text
    fits: Callable[[Facts], bool]
    lacks: Text = ""  # in two words, for a row: "acceptance missing"


@dataclass(frozen=True)
class Ending:
    """What became of a record outside, without a decision. `state` as in a chip: late, soon, ok or ""."""

    words: Text  # a sentence
    short: Text  # for a list
    state: str = ""
    case: str = ""  # the fingerprint of the case about it


@dataclass(frozen=True)
class Kind:
    """A kind of request. The callables take the facts of a snapshot and return words for people."""

    key: str
    label: Text
    facts: tuple[Fact, ...]
    title: Callable[[Facts], Text]
    if_approved: Callable[[Facts], Text]
    if_rejected: Callable[[Facts], Text]
    changes: Callable[[Facts], list[Change]]
    money: str = ""  # the key of the fact that orders the queue
    month: Callable[[Facts], date | None] | None = None  # a day of the month whose cut-off counts; none: no cut-off
    cutoff: Text = ""  # what that cut-off is called: "billing cut-off"
    undo_window: timedelta = timedelta(seconds=20)
    effects: tuple[Effect, ...] = ()
    evidence: tuple[Slot, ...] = ()
    form: tuple[str, ...] = ()  # the facts that who asks by form or API fills in; none: only a record asks
    needed: tuple[str, ...] = ()  # of these, what it cannot be asked without
    bulk_below: Decimal | None = None  # several at once only up to this amount each, in the reporting currency
    retention: timedelta = timedelta(days=3653)  # after its end; then what was said is purged, and the proof stays
    about: Callable[[Facts], Text] | None = None  # what tells it from another of the same client
    moved_on: Callable[[Iterable[str]], Mapping[str, Ending]] | None = None  # by subject, for requests closed as such

    def fact(self, key: str) -> Fact:
        return next(fact for fact in self.facts if fact.key == key)


class UnknownKindError(LookupError):
    """A request or policy names a kind that is not in APPROVAL_KINDS."""


@cache
def registry() -> dict[str, Kind]:
    kinds = [import_string(name) for name in settings.APPROVAL_KINDS]
    return {kind.key: kind for kind in kinds}


def get(key: str) -> Kind:
    """The kind with the facts that the firm gave it of its own (APPROVAL_OWN_FACTS). Raises UnknownKindError."""
    try:
        kind = registry()[key]
    except KeyError:
        raise UnknownKindError(f"There is no kind of request {key!r}; known are {', '.join(registry())}.") from None
    own: tuple[Fact, ...] = import_string(settings.APPROVAL_OWN_FACTS)(key)
    return replace(kind, facts=(*kind.facts, *own)) if own else kind


BY_FORM = "form."  # begins the subject of what a person asked by form: no record stands behind it


def as_asked(key: str, subject: str) -> Kind:
    """The kind as it is for this subject: what was asked by form has no effects, and says so."""
    kind = get(key)
    if not subject.startswith(BY_FORM):
        return kind
    return replace(kind, effects=(), evidence=(), changes=lambda facts: [], if_approved=_kept, if_rejected=_refused)


def _kept(facts: Facts) -> Text:
    return gettext("The decision is kept here, and whoever asked carries it out. Odoo is not written to.")


def _refused(facts: Facts) -> Text:
    return gettext("It is not done; whoever asked reads your reason here. Odoo is not written to.")
