"""What a push wants, what to look at in Odoo, and what that says: pure, so that every case is a row of a table test.

A push is asked for in declarative JSON, kept in the outbox:

    {"model": "account.move", "id": 17, "company_id": 1,
     "already": {"x_cockpit_release": "1|5|EUR|48200.00|…"},          all equal in Odoo: nothing to do
     "expect": [{"model": "account.move", "id": 17, "fields": {"state": "draft", "amount_total": "48200.00"}},
                {"model": "account.move.line", "domain": [["move_id", "=", 17], ["display_type", "=", "product"]],
                 "order": "sequence,id", "rows": [{"name": "Design", "quantity": "2", "price_unit": "24100.00"}]}],
     "call": {"method": "action_post", "kwargs": {}},
     "read_back": ["name", "state", "invoice_date"],                  shown to people
     "verify": {"state": "posted"},                                   so it stands when the call was done
     "find": {"model": "mail.message", "domain": [["res_id", "=", 17], ["body", "ilike", "R-1042/1"]]}}

`already` and `verify` together say when it is done, before the call as after it; a call that creates has `find`
instead: a model and a domain, or {"xmlid": "cockpit_push.r_1042_1_task"}. `company_id`, `expect`, `kwargs` and
`read_back` may be left out; a call on the model itself (`create`, `load`) has no `id`. Also there may be

    "call": {"model": "sale.advance.payment.inv", "prepare": {"method": "create", "kwargs": {…}}, "method": …}
                                                      the call works on what `prepare` answered: a wizard
    "asks_anew": true                                 what changed is decided anew by people; else a case opens
    "answers": "push.altered:…"                       the case that is cleared once this is verified

The builders in `effects.py` write them.
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.odoo.push.values import is_empty, same

PROOF_OF_LIFE = ("create_date",)  # asked for the id alone, Odoo answers it for deleted records, too
KEYS = {"model", "id", "company_id", "already", "expect", "call", "read_back", "verify", "find", "asks_anew", "answers"}


class PayloadError(ValueError):
    """The message asks for something that is no push; the sentence says what is wrong with it."""


@dataclass(frozen=True)
class Expectation:
    """What must still stand in Odoo: `fields` of one record, or `rows` of all that a domain finds, in order."""

    model: str
    id: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    domain: Sequence[Any] = ()
    order: str = "id"
    rows: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Push:
    """A payload that was checked. `goal` is how the record stands when it is done."""

    model: str
    id: int | None
    method: str
    kwargs: Mapping[str, Any]
    company_id: int | None = None
    goal: Mapping[str, Any] = field(default_factory=dict)
    expect: tuple[Expectation, ...] = ()
    read_back: tuple[str, ...] = ()
    find_model: str = ""
    find_domain: Sequence[Any] = ()
    xmlid: str = ""
    call_ids: tuple[int, ...] = ()  # the call's records, where it makes another one
    wizard: str = ""  # the model that the call is made on, where it is not `model`
    prepare: Mapping[str, Any] = field(default_factory=dict)
    asks_anew: bool = False
    answers: str = ""

    @property
    def creates(self) -> bool:
        """Done twice it would stand there twice, and the record itself does not tell."""
        return bool(self.find_model or self.xmlid)

    def is_of(self, one: Expectation) -> bool:
        return one.id is not None and (one.model, one.id) == (self.model, self.id)


@dataclass(frozen=True)
class Look:
    """One question to Odoo: a record by id or by external id, or the rows of a domain."""

    model: str
    fields: tuple[str, ...]
    id: int | None = None
    domain: Sequence[Any] = ()
    order: str = "id"
    xmlid: str = ""


Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Standing:
    """It is as wanted; `values` are the fields to show."""

    values: dict[str, Any]


@dataclass(frozen=True)
class Changed:
    """What was decided on is no longer so. Each difference names model, id, field, expected and actual; of rows also
    the row, from 1. `done`: the goal is met all the same, by somebody else or by a call that met with a change."""

    differences: list[dict[str, Any]]
    done: bool = False


@dataclass(frozen=True)
class Gone:
    """The record was deleted."""


@dataclass(frozen=True)
class Due:
    """Not so yet, and all that was decided on still stands: the call may be made."""


Verdict = Standing | Changed | Gone | Due


def read(payload: Any) -> Push:
    """Check a payload, or raise PayloadError with a sentence."""
    if not isinstance(payload, Mapping):
        raise PayloadError("A push is an object with `model` and `call`.")
    if unknown := set(payload) - KEYS:
        raise PayloadError(f"A push knows nothing of {', '.join(sorted(unknown))}; it knows {', '.join(sorted(KEYS))}.")
    call, find = payload.get("call") or {}, payload.get("find") or {}
    if not payload.get("model") or not call.get("method"):
        raise PayloadError("A push needs a `model` and a `call` with a `method`.")
    if find and not (find.get("model") and find.get("domain")) and "." not in str(find.get("xmlid") or ""):
        raise PayloadError(
            "`find` needs a model and a domain, or an `xmlid` with its module, else everything would look done already."
        )
    goal = {**(payload.get("already") or {}), **(payload.get("verify") or {})}
    if not find and not (payload.get("id") and goal):
        raise PayloadError("Nothing tells when it is done: give an `id` with `already` or `verify`, or `find`.")
    return Push(
        model=payload["model"],
        id=payload.get("id"),
        method=call["method"],
        kwargs=call.get("kwargs") or {},
        company_id=payload.get("company_id"),
        goal=goal,
        expect=tuple(_expectation(one) for one in payload.get("expect") or ()),
        read_back=tuple(payload.get("read_back") or ()),
        find_model=find.get("model", ""),
        find_domain=find.get("domain", ()),
        xmlid=find.get("xmlid", ""),
        call_ids=tuple(call.get("ids") or ()),
        wizard=call.get("model", ""),
        prepare=call.get("prepare") or {},
        asks_anew=bool(payload.get("asks_anew")),
        answers=payload.get("answers", ""),
    )


def looks(push: Push) -> dict[str, Look]:
    """All that must be read to judge a push, by name; what is wanted of the record itself is one look."""
    asked: dict[str, Look] = {}
    made = () if push.id else push.read_back  # what is shown of the record that is made
    if push.find_model:
        sought = ("id", *sorted({*_texts(push), *made}))
        asked["find"] = Look(push.find_model, sought, domain=push.find_domain)
    elif push.xmlid:
        asked["find"] = Look(push.model, tuple(made) or PROOF_OF_LIFE, xmlid=push.xmlid)
    if push.id:
        names = {*push.goal, *push.read_back}.union(*(one.fields for one in push.expect if push.is_of(one)))
        asked["record"] = Look(push.model, tuple(sorted(names)) or PROOF_OF_LIFE, id=push.id)
    for name, one in _elsewhere(push).items():
        columns = one.fields if one.id is not None else {"id"}.union(*one.rows)
        asked[name] = Look(one.model, tuple(sorted(columns)), one.id, one.domain, one.order)
    return asked


def judge(push: Push, seen: Mapping[str, Rows]) -> Verdict:
    """What stands in Odoo, before the call as after it. `seen` has the rows of each of `looks(push)`."""
    record = dict(seen["record"][0]) if seen.get("record") else {}
    values = {name: record.get(name) for name in push.read_back}
    ours = [
        row for row in seen.get("find", ()) if all(_is_whole(text, row[name]) for name, text in _texts(push).items())
    ]
    if ours:
        if not push.id:
            values = {name: ours[0].get(name) for name in push.read_back}
        return Standing({**values, "found": ours[0]["id"]})
    if push.id and not record:
        return Gone()
    done = bool(push.goal) and all(same(wanted, record.get(name)) for name, wanted in push.goal.items())
    differences = [row for one in push.expect if push.is_of(one) for row in _in_record(push, one, record, done)]
    for name, one in _elsewhere(push).items():
        differences += _in_rows(one, seen[name], done) if one.id is None else _in_other(one, seen[name], done)
    if differences:
        return Changed(differences, done)
    return Standing(values) if done else Due()


def _expectation(given: Mapping[str, Any]) -> Expectation:
    if not isinstance(given, Mapping) or not given.get("model"):
        raise PayloadError("Each of `expect` names a model.")
    if given.get("id") and given.get("fields"):
        return Expectation(given["model"], given["id"], given["fields"])
    if given.get("domain") and isinstance(given.get("rows"), Sequence):
        return Expectation(given["model"], None, {}, given["domain"], given.get("order", "id"), tuple(given["rows"]))
    raise PayloadError(f"What is expected of {given['model']} needs an `id` with `fields`, or a `domain` with `rows`.")


def _elsewhere(push: Push) -> dict[str, Expectation]:
    return {f"expect.{place}": one for place, one in enumerate(push.expect) if not push.is_of(one)}


def _in_record(push: Push, one: Expectation, record: Mapping[str, Any], done: bool) -> list[dict]:
    fields = {name: wanted for name, wanted in one.fields.items() if not (done and name in push.goal)}
    return _in_fields({"model": one.model, "id": one.id}, fields, record, done)


def _in_other(one: Expectation, rows: Rows, done: bool) -> list[dict]:
    place = {"model": one.model, "id": one.id}
    if not rows:
        return [{**place, "field": "", "expected": dict(one.fields), "actual": None}]
    return _in_fields(place, one.fields, rows[0], done)


def _in_rows(one: Expectation, rows: Rows, done: bool) -> list[dict]:
    differences: list[dict] = []
    for place in range(max(len(one.rows), len(rows))):
        wanted = one.rows[place] if place < len(one.rows) else None
        actual = rows[place] if place < len(rows) else None
        where = {"model": one.model, "id": actual["id"] if actual else None, "row": place + 1}
        if wanted is None or actual is None:
            differences.append(
                {**where, "field": "", "expected": wanted and dict(wanted), "actual": actual and dict(actual)}
            )
        else:
            differences += _in_fields(where, wanted, actual, done)
    return differences


def _in_fields(where: dict, fields: Mapping[str, Any], actual: Mapping[str, Any], done: bool) -> list[dict]:
    """Where they differ. Once it is done, what was empty may have been filled: posting gives number and date."""
    return [
        {**where, "field": name, "expected": wanted, "actual": actual.get(name)}
        for name, wanted in fields.items()
        if not same(wanted, actual.get(name)) and not (done and is_empty(wanted) and actual.get(name) is not True)
    ]


def _texts(push: Push) -> dict[str, str]:
    """The texts that `find` looks for inside a field."""
    leaves = [leaf for leaf in push.find_domain if isinstance(leaf, list | tuple)]
    return {name: text for name, operator, text in leaves if operator == "ilike"}


def _is_whole(text: str, body: Any) -> bool:
    """Odoo finds R-1042/1 in R-1042/12 too; here it counts only on its own."""
    plain = html.unescape(re.sub(r"<[^>]*>", " ", body or ""))
    before = r"(?<![\w/])" if text[:1].isalnum() else ""
    after = r"(?![\w/])" if text[-1:].isalnum() else ""
    return re.search(before + re.escape(text) + after, plain, re.IGNORECASE) is not None
