"""How fresh the mirror is, model by model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.utils.translation import gettext as _

from .models import Cursor, PullStatus

LIMIT = timedelta(minutes=2)  # a round comes every 15 s; what is older than this is said, and turns grey
State = Literal["fresh", "stale", "failed"]


@dataclass(frozen=True)
class Freshness:
    """`succeeded_at`: beginning of the last round that read the model to its end; what Odoo changed in the `lag` since
    then may not be here yet. Both are None when it was never read to its end. `sentence` says what is wrong, if it is.
    """

    model: str
    succeeded_at: datetime | None
    lag: timedelta | None
    state: State
    sentence: str


def freshness(*, at: datetime) -> dict[str, Freshness]:
    """Of every model that was ever pulled, by its name in Odoo. One query.

    *failed*: the last run failed, and the sentence is its own. *stale*: it succeeded longer than LIMIT ago.
    """
    rows = Cursor.objects.order_by("model").values_list("model", "fresh_at", "status", "sentence")
    return {model: _of(model, fresh_at, status, sentence, at) for model, fresh_at, status, sentence in rows}


def staleness(model: str, *, at: datetime) -> Freshness:
    """Of one model, also of one that was never pulled. One query."""
    return staleness_of([model], at=at)[0]


def staleness_of(models: Sequence[str], *, at: datetime) -> list[Freshness]:
    """Of each of `models`, in their order, also of those that were never pulled. One query."""
    known = freshness(at=at)
    return [known.get(model) or _of(model, None, "", "", at) for model in models]


def _of(model: str, fresh_at: datetime | None, status: str, said: str, at: datetime) -> Freshness:
    lag = None if fresh_at is None else max(at - fresh_at, timedelta())
    if status == PullStatus.FAILED:
        return Freshness(model, fresh_at, lag, "failed", said)
    if lag is None:
        return Freshness(model, None, None, "stale", _("Not read from Odoo completely yet."))
    if lag > LIMIT:
        return Freshness(model, fresh_at, lag, "stale", _("No round has reached it lately: is the worker running?"))
    return Freshness(model, fresh_at, lag, "fresh", "")
