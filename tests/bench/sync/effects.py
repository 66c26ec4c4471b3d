"""1,000 effects on distinct records: four workers of the outbox beside four bare loops of look, write, read."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from tests.bench import databases
from tests.bench.figures import Figure
from tests.bench.odoo import BenchOdoo

EFFECTS, WORKERS, TURNS = 1000, 4, 3
NAME = "cockpit_bench_effects"


def figures(bench: BenchOdoo, scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    """Ours and the bare loops take turns on the same records; the median of each counts."""
    odoo = bench.client()
    count = max(WORKERS * 5, round(EFFECTS * scale))
    rows = [{"name": f"Bench {number}", "ref": "0"} for number in range(count)]
    context = {"tracking_disable": True}
    ids = odoo.call("res.partner", "create", vals_list=rows, context=context)
    spent: dict[str, list[float]] = {"ours": [], "bare": []}
    databases.make(NAME)
    try:
        for turn in range(TURNS):
            for who in ("bare", "ours") if turn % 2 else ("ours", "bare"):
                written = len(spent["bare"]) + len(spent["ours"])
                before, after = str(written), str(written + 1)
                if who == "ours":
                    _put(ids, before, after)
                seconds = _together(bench, who, ids, after)
                if who == "ours":
                    _check(count * (turn + 1))
                spent[who].append(seconds)
                say(f"{who}: {count:,} effects in {seconds:.1f} s, {count / seconds:.0f} a second")
        rows = odoo.search_read("res.partner", [["id", "in", ids]], ["ref"])
        assert {row["ref"] for row in rows} == {str(2 * TURNS)}
    finally:
        databases.drop(NAME)
    ours, bare = (statistics.median(spent[who]) * 1000 / count for who in ("ours", "bare"))
    yield Figure(f"push: {count:,} effects, {WORKERS} workers / bare loops", ours, bare, ratio_most=1.25)


def _put(ids: list[int], before: str, after: str) -> None:
    from django.utils import timezone

    from cockpit.outbox import New, put_all
    from integrations.odoo.push import effects

    def message(one: int) -> New:
        payload = effects.set_fields("res.partner", one, {"ref": after}, before={"ref": before})
        return New("odoo", f"res.partner:{one}", payload, f"{one}/{after}/ref")

    messages = [message(one) for one in ids]
    put_all("odoo.push", messages, at=timezone.now())


def _check(count: int) -> None:
    from cockpit.outbox.models import Message

    done = Message.objects.filter(state="done", outcome="verified").count()
    assert done == count, f"{done} of {count} effects are verified."


def _together(bench: BenchOdoo, who: str, ids: list[int], after: str) -> float:
    """Seconds from the word to begin until the last process is through."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{NAME}").geturl()
    command = [sys.executable, "-m", "tests.bench.sync.writer", who]
    environment = {**os.environ, **bench.env, "DATABASE_URL": url}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, env=environment, **pipes) for _ in range(WORKERS)]  # type: ignore[call-overload]
    try:
        for worker in workers:
            _expect(worker, "ready")
        begin = time.perf_counter()
        for place, worker in enumerate(workers):
            worker.stdin.write(json.dumps({"ids": ids[place::WORKERS], "ref": after}) + "\n")
            worker.stdin.flush()
        for worker in workers:
            _expect(worker, "done")
        return time.perf_counter() - begin
    finally:
        for worker in workers:
            worker.communicate()


def _expect(worker: subprocess.Popen, word: str) -> None:
    said = worker.stdout.readline().strip() if worker.stdout else ""
    if said != word:
        raise RuntimeError(f"A process of the bench said {said!r} instead of {word!r}.")
