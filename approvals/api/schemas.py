"""What the API says of requests. Moments are ISO 8601 in UTC, amounts decimal strings with their ISO 4217 currency."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

Text = str


class Money(Schema):
    amount: Decimal
    currency: str


class RequestOut(Schema):
    """One question about one record, as a row of the queue has it."""

    number: str = Field(description="R-12")
    kind: str
    title: str
    state: str = Field(description="pending, settling, approved, rejected, closed or observed")
    outcome: str = Field(description="approved or rejected once it is decided; it can be undone while it settles")
    closed_reason: str
    unit: str
    client: str
    record: str = Field(description="as the record in Odoo calls itself")
    money: Money | None
    asked_at: datetime
    due_at: datetime | None
    settles_at: datetime | None
    closed_at: datetime | None
    url: str


class RequestPage(Schema):
    items: list[RequestOut]
    after: str = Field(description="give it back as `after` for the next page; empty on the last")


class StepOut(Schema):
    id: int
    asks: str = Field(description="the role that is asked")
    unit: str
    order: int
    state: str
    quorum: int
    due_at: datetime | None
    yours: bool = Field(description="you may decide it now")


class DecisionOut(Schema):
    step: int
    verdict: str
    by: str
    on_behalf_of: str | None
    note: str
    at: datetime
    valid: bool


class CommentOut(Schema):
    by: str
    text: str
    at: datetime


class RequestDetail(RequestOut):
    """`snapshot` is what a decision is bound to: the facts as they stand here."""

    requester: str | None
    snapshot: int | None
    facts: dict[str, Any]
    steps: list[StepOut]
    decisions: list[DecisionOut]
    comments: list[CommentOut]


class DecisionIn(Schema):
    step: int
    verdict: Literal["approve", "reject"]
    snapshot: int = Field(description="of the facts that were looked at; another is refused with 409 if they moved")
    note: str = Field("", max_length=4000, description="needed to reject")
    for_person: int | None = Field(None, description="whose vote it is, for a deputy of several")


class CommentIn(Schema):
    text: str = Field(max_length=4000)


class AskIn(Schema):
    kind: str = Field(max_length=60)
    unit: int
    facts: dict[str, Any] = Field(description="by key, as /kinds lists them: text, numbers, ISO dates, ids of persons")
    key: UUID = Field(description="made by the caller: the same key again is the same request")


class FactOut(Schema):
    key: str
    label: str
    type: str
    needed: bool


class UnitOut(Schema):
    id: int
    name: str


class KindOut(Schema):
    key: str
    label: str
    facts: list[FactOut]


class KindsOut(Schema):
    kinds: list[KindOut]
    units: list[UnitOut] = Field(description="in which you may ask")
