"""How far a first load, or a reading anew, has come: records, how fast, and how long it still takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from cockpit.pages import words
from integrations.mirror.models import Cursor, PullRun, PullStatus
from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.pull.keeping import is_round_under_way
from integrations.odoo.pull.names import NAMES


@dataclass(frozen=True)
class Bar:
    """One model that is being read whole. `left` is empty while nothing can be said yet."""

    model: str
    name: str
    read: int
    expected: int
    rate: str
    left: str

    @property
    def numbers(self) -> dict[str, str]:
        return {"read": words.number(self.read), "expected": words.number(self.expected)}

    @property
    def of(self) -> int:
        """What a bar is drawn of: Odoo may have got more records meanwhile, and a bar of nothing has no end."""
        return max(self.expected, self.read, 1)

    @property
    def percent(self) -> int:
        return 100 * self.read // self.of


@dataclass(frozen=True)
class Loading:
    """`here` of `all` kinds of records were read to their end; `broken`: their process ended, the next goes on."""

    bars: list[Bar]
    here: int
    all: int
    broken: bool
    sentence: str

    @property
    def is_shown(self) -> bool:
        return bool(self.bars or self.sentence)


def loading(*, at: datetime) -> Loading:
    """Three queries."""
    runs = PullRun.objects.filter(
        status=PullStatus.RUNNING, kind=PullRun.Kind.CHANGES, expected__isnull=False
    ).order_by("pk")
    bars = [_bar(run, at) for run in runs]
    cursors = dict(Cursor.objects.filter(absent="").values_list("model", "done_to"))
    absent = set(Cursor.objects.exclude(absent="").values_list("model", flat=True))
    wanted = [each.odoo_model for each in MAPS if each.odoo_model not in absent]
    here = sum(cursors.get(model) is not None for model in wanted)
    broken = bool(bars) and not is_round_under_way()
    return Loading(bars, here, len(wanted), broken, _sentence(bars, here, len(wanted), is_begun=bool(cursors)))


def _sentence(bars: Sequence[Bar], here: int, wanted: int, *, is_begun: bool) -> str:
    """Empty when everything is here, and when nothing was begun: then there is nothing that goes on."""
    if here < wanted and is_begun:
        said = _("First load: %(here)s of %(all)s kinds of records are here.")
        return said % {"here": words.number(here), "all": words.number(wanted)}
    return _("Read anew from the first record to the last.") if bars else ""


def _bar(run: PullRun, at: datetime) -> Bar:
    expected, rate = run.expected or 0, run.rate or _rate(run, at)
    seconds = max(expected - run.read, 0) / rate if rate else None
    return Bar(
        run.model,
        str(NAMES.get(run.model, run.model)),
        run.read,
        expected,
        words.number(rate, 0) if rate else "",
        "" if seconds is None else words.seconds_words(seconds),
    )


def _rate(run: PullRun, at: datetime) -> float | None:
    """After the first page, of which the run does not say yet how long it took."""
    seconds = (at - run.started_at).total_seconds()
    return run.read / seconds if run.read and seconds > 0 else None
