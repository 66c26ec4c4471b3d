"""How fresh the mirror is, model by model: what each run did, what depends on it, and reading it anew."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Max, Q
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from cockpit.pages import words
from dashboards.absences import absences
from dashboards.loading import loading
from integrations.mirror.dependents import names_of
from integrations.mirror.models import Cursor, PullRun, PullStatus
from integrations.mirror.services import LIMIT, Freshness, freshness
from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.pull.maps import Map
from integrations.odoo.pull.names import NAMES

INTERVALS = 90
EVERY = timedelta(minutes=1)  # one interval of the bar
RUNS = 50


@dataclass(frozen=True)
class Tick:
    """One interval of the bar. `state` is ok | late | none; `x` its place."""

    x: int
    state: str
    title: str


@dataclass(frozen=True)
class Bar:
    ticks: list[Tick]
    said: str


@dataclass(frozen=True)
class Line:
    """One model. `state` as in Freshness; `failed` is the last run that failed, with its sentence.

    `equal_at`: when mirror and Odoo were last seen, or made, equal; `compared_at`: when it was last tried.
    """

    model: str
    name: str
    rows: int
    state: str
    state_words: str
    sentence: str
    as_of: datetime | None
    lag: str
    limit: str
    rate: str
    failed: PullRun | None
    bar: Bar
    needed_by: list[str]
    equal_at: datetime | None
    compared_at: datetime | None
    reread_at: datetime | None
    lacks: list[str]

    @property
    def needed_briefly(self) -> str:
        """The first that need it; its own page has all."""
        if len(self.needed_by) <= 3:
            return ", ".join(self.needed_by)
        said = {"names": ", ".join(self.needed_by[:2]), "count": len(self.needed_by) - 2}
        return _("%(names)s and %(count)d more") % said

    @property
    def differs(self) -> bool:
        """The last comparison did not end equal."""
        return self.compared_at is not None and (self.equal_at is None or self.equal_at < self.compared_at)

    @property
    def technical(self) -> SafeString:
        """Odoo's name of the model, which may break after its points and nowhere else."""
        return format_html_join(mark_safe(".<wbr>"), "{}", ((part,) for part in self.model.split(".")))


@dataclass(frozen=True)
class Detail:
    line: Line
    runs: list[PullRun]


def lines(*, at: datetime) -> list[Line]:
    """Every model that has a map and is there: first what is not fresh, then what something rests on, then the rest,
    each in the order of reading. Six queries and a count per model."""
    known = freshness(at=at)
    last, failed = _last_runs()
    runs = _recent(at)
    cursors = Cursor.objects.in_bulk()
    there = [each for each in MAPS if not (each.odoo_model in cursors and cursors[each.odoo_model].absent)]
    found = [_line(each, known, last, failed, runs, cursors, at) for each in there]
    return sorted(found, key=lambda line: (line.state == "fresh", not line.needed_by, not line.rows))


def detail(model: str, *, at: datetime) -> Detail | None:
    """One model with its last runs; None for one without a map."""
    line = next((one for one in lines(at=at) if one.model == model), None)
    if line is None:
        return None
    runs = PullRun.objects.filter(model__in=[model, ""]).order_by("-started_at", "-pk")[:RUNS]
    return Detail(line, list(runs))


def _last_runs() -> tuple[dict[str, PullRun], dict[str, PullRun]]:
    """The last run that read something, and the last that failed, of each model."""
    changes = PullRun.objects.filter(kind=PullRun.Kind.CHANGES)
    read = changes.filter(rate__isnull=False).values("model").annotate(pk_=Max("pk")).values("pk_")
    failed = PullRun.objects.filter(status=PullStatus.FAILED).values("model").annotate(pk_=Max("pk")).values("pk_")
    found = PullRun.objects.in_bulk(list(read.union(failed).values_list("pk_", flat=True)))
    last = {run.model: run for run in found.values() if run.rate is not None and run.status != PullStatus.FAILED}
    return last, {run.model: run for run in found.values() if run.status == PullStatus.FAILED}


def _recent(at: datetime) -> dict[str, list[tuple[datetime, datetime, str, str]]]:
    """Model → beginning, end, status and sentence of the runs in the last intervals."""
    since = at - INTERVALS * EVERY
    rows = PullRun.objects.filter(Q(ended_at__gte=since) | Q(ended_at__isnull=True), started_at__lte=at)
    found = defaultdict(list)
    for model, begun, ended, status, sentence in rows.values_list(
        "model", "started_at", "ended_at", "status", "sentence"
    ):
        found[model].append((begun, ended or at, status, sentence))
    return found


def _line(
    map_: Map,
    known: dict[str, Freshness],
    last: dict[str, PullRun],
    failed: dict[str, PullRun],
    runs: dict[str, list[tuple[datetime, datetime, str, str]]],
    cursors: dict[str, Cursor],
    at: datetime,
) -> Line:
    model = map_.odoo_model
    cursor = cursors.get(model) or Cursor(model=model)
    one = known.get(model) or Freshness(model, None, None, "stale", _("Not read from Odoo completely yet."))
    rate = last[model].rate if model in last else None
    return Line(
        model=model,
        name=str(NAMES.get(model, model)),
        rows=map_.mirror_model.objects.live().count(),
        state=one.state,
        state_words={"fresh": _("fresh"), "stale": _("stale"), "failed": _("failed")}[one.state],
        sentence=one.sentence,
        as_of=one.succeeded_at,
        lag="" if one.lag is None else words.seconds_words(one.lag.total_seconds()),
        limit=words.seconds_words(LIMIT.total_seconds()),
        rate="" if rate is None else words.number(rate, 0),
        failed=failed.get(model),
        bar=_bar(runs.get(model, []) + runs.get("", []), at),
        needed_by=names_of(model),
        equal_at=cursor.reconciled_at,
        compared_at=cursor.swept_at,
        reread_at=cursor.reread_at,
        lacks=list(cursor.lacks),
    )


def _bar(runs: list[tuple[datetime, datetime, str, str]], at: datetime) -> Bar:
    """Ninety minutes, the oldest first. An interval in which any run failed is late; one without a run is empty."""
    edges = [at - count * EVERY for count in range(INTERVALS, -1, -1)]
    ticks = []
    for number, (start, end) in enumerate(pairwise(edges)):
        inside = [run for run in runs if run[0] < end and run[1] >= start]
        bad = next((run for run in inside if run[2] in (PullStatus.FAILED, PullStatus.INTERRUPTED)), None)
        state = "late" if bad else "ok" if inside else "none"
        ticks.append(Tick(number * 3, state, f"{words.clock(start)}: {bad[3] if bad else ''}".rstrip(": ")))
    counts = {state: sum(tick.state == state for tick in ticks) for state in ("ok", "late", "none")}
    said = _("Of the last %(all)d minutes %(ok)d with a good run, %(late)d with a failed one, %(none)d without any.")
    return Bar(ticks, said % {"all": INTERVALS, **counts})


def context(*, at: datetime) -> dict[str, Any]:
    found = lines(at=at)
    return {"lines": found, "absences": absences(), **progress(found, at=at)}


def progress(found: list[Line] | None = None, *, at: datetime) -> dict[str, Any]:
    """What the page asks for again and again while it stands open."""
    return {"answer": _answer(lines(at=at) if found is None else found), "loading": loading(at=at), "at": at}


def _answer(found: list[Line]) -> str:
    bad = [one.name for one in found if one.state != "fresh"]
    if not bad:
        lag = max((one.as_of for one in found if one.as_of), default=None)
        return _("Everything that is read from Odoo is fresh.") if lag else _("Nothing has been read from Odoo yet.")
    if len(bad) == len(found):
        return _("Nothing that is read from Odoo is fresh.")
    if len(bad) <= 3:
        return _("Not fresh: %(models)s. What depends on it is grey.") % {"models": ", ".join(bad)}
    said = {"bad": len(bad), "all": len(found)}
    return _("%(bad)d of %(all)d kinds of records are not fresh. What depends on them is grey.") % said
