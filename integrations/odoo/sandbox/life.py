"""The firm lives: while the sandbox runs somebody acts now and then, as that user and through Odoo's own methods.

What is done follows from the firm's state and the number of the moment, so the same state at the same time goes the
same way. Nothing grows without end: drafts have a cap, notes and attachments too, and time is entered up to today.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import acts, versions
from .errors import OdooError
from .records import Env

if TYPE_CHECKING:
    from .store import Store

PACE_S = 15.0
CATCH_UP = 3  # moments: what a firm did while the sandbox was off is not made up for
NOTE = "sandbox.life"


def pace_of(environ: Mapping[str, str]) -> float:
    """Seconds between two acts as FIRM_PACE says; 0: the firm stands still. Raises SystemExit for nonsense."""
    given = environ.get("FIRM_PACE") or str(PACE_S)
    try:
        pace = float(given)
    except ValueError:
        pace = -1
    if not (pace == 0 or 1 <= pace <= 86400):
        raise SystemExit(f"FIRM_PACE={given} makes no sense; give seconds from 1 to 86400, or 0 for a still firm.")
    return pace


def live(store: Store, pace: float, stop: threading.Event) -> None:
    """Tick until `stop` is set. What goes wrong is printed, and does not end the firm's life."""
    while not stop.wait(pace):
        now = dt.datetime.now(dt.UTC)
        try:
            for sentence in store.run(lambda cursor: tick(Env(cursor, 1, is_sudo=True), now, pace)):  # noqa: B023
                print(f"{now:%H:%M:%S} {sentence}", flush=True)
        except Exception:
            if not stop.is_set():
                traceback.print_exc()


def tick(env: Env, now: dt.datetime, pace: float = PACE_S) -> list[str]:
    """Do what is due at `now`, which has a zone; a sentence for each act. Asked twice in one moment, nothing more."""
    moment = int(now.timestamp() // pace)
    note = next(iter(env.find("ir.config_parameter", [["key", "=", NOTE]])), None)
    if note is None:
        [one] = env.create("ir.config_parameter", [{"key": NOTE, "value": f"{moment - 1} {now.date()}"}])
        last, day = moment - 1, str(now.date())
    else:
        one, (number, day) = note["id"], note["data"]["value"].split()
        last = int(number)
    if day != str(now.date()):  # another version may count since midnight
        versions.follow(env)
    said = [act(env, now.date(), number) for number in range(max(last, moment - CATCH_UP) + 1, moment + 1)]
    env.patch("ir.config_parameter", one, {"value": f"{max(last, moment)} {now.date()}"})
    return [sentence for sentence in said if sentence]


def act(env: Env, today: dt.date, number: int) -> str:
    """One act that is possible now; "" when none is."""
    dice = random.Random(f"life {number}")
    order = sorted(acts.ACTS, key=lambda each: dice.random() ** (1 / acts.ACTS[each]), reverse=True)  # by weight
    for each in order:
        try:
            with env.cursor.connection.transaction():
                if sentence := each(env, today, dice):
                    return sentence
        except OdooError as problem:
            return f"Odoo refused: {str(problem).splitlines()[0]}"
    return ""
