"""`manage.py odoo pull`: one round by hand, with its progress."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from integrations.mirror.models import PullRun, PullStatus
from integrations.odoo.client import connect
from integrations.odoo.credentials import current_config
from integrations.odoo.pull.round import UnknownModelError, pull_round

HELP = "Read what changed in Odoo into the mirror, once; the worker does the same every 15 seconds."
COLOURS = {PullStatus.DONE: "green", PullStatus.STOPPED: "yellow", PullStatus.FAILED: "bold red"}


class RowsColumn(ProgressColumn):
    """Rows, of how many, and how many come a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        read = f"{task.completed:,.0f}/{'?' if task.total is None else f'{task.total:,.0f}'}"
        return Text(f"{read:>21} {f'{speed:,.0f}/s' if speed else '':>10}")


COLUMNS = (
    TextColumn("{task.description:<30}"),
    BarColumn(),
    RowsColumn(),
    TimeRemainingColumn(elapsed_when_finished=True),
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("models", nargs="*", metavar="MODEL", help="only these, like res.partner; default: all")
    parser.add_argument("--whole", action="store_true", help="read everything anew, not only what changed")
    parser.add_argument("--compare-ids", action="store_true", help="compare all with Odoo now, deleted records too")
    parser.add_argument(
        "--accept-vanished", action="store_true", help="believe that many records were deleted, after a pass stopped"
    )


def run(console: Console, options: dict[str, Any]) -> None:
    with Progress(*COLUMNS, console=console, transient=True, disable=not console.is_terminal) as progress:
        try:
            runs = pull_round(
                connect(current_config()),
                at=timezone.now(),
                models=options["models"] or None,
                progress=_bars(progress),
                whole=options["whole"],
                compare_ids=True if options["compare_ids"] or options["accept_vanished"] else None,
                accept_vanished=options["accept_vanished"],
            )
        except UnknownModelError as problem:
            raise CommandError(str(problem)) from None
    if not runs:
        raise CommandError("Another round is under way. It brings the same; try again in a moment.")
    console.print(_table(runs))
    if troubles := [run for run in runs if run.status != PullStatus.DONE]:
        raise CommandError("\n".join(run.sentence for run in troubles))


def _bars(progress: Progress) -> Callable[[str, int, int | None], None]:
    bars: dict[str, TaskID] = {}

    def show(model: str, read: int, total: int | None) -> None:
        if model not in bars:
            bars[model] = progress.add_task(model, total=total)
        progress.update(bars[model], completed=read, total=max(read, total or 0))

    return show


def _table(runs: list[PullRun]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("model", "status"):
        table.add_column(heading, no_wrap=True)
    for heading in ("read", "new", "changed", "same", "gone", "per second"):
        table.add_column(heading, justify="right", no_wrap=True)
    for run in runs:
        if run.kind == PullRun.Kind.RECONCILIATION and run.status == PullStatus.DONE and not (run.deleted or run.read):
            continue  # nothing differed: no line for that
        what = run.model if run.kind == PullRun.Kind.CHANGES else f"{run.model}, compared"
        status = Text(str(run.get_status_display()), style=COLOURS.get(PullStatus(run.status), ""))
        counts = (run.read, run.inserted, run.updated, run.unchanged, run.deleted)
        table.add_row(
            what or "all", status, *(f"{count:,}" for count in counts), f"{run.rate:,.0f}" if run.rate else ""
        )
    return table
