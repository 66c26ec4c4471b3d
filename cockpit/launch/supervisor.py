"""Keeps the children running: one that died is started again, later each time when it dies at once."""

import shutil
import time
from collections.abc import Callable

from .process import AskedToStopError, Child, Stop, rotate

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
FULL_BYTES = 2**20
STEADY_S = 20.0  # who ran this long is well again


class Supervisor:
    """The children in the order in which they were started; they end in the opposite order."""

    def __init__(self, stop: Stop, say: Callable[[str], None]) -> None:
        self.stop = stop
        self.say = say
        self.children: list[Child] = []
        self.waits: dict[str, float] = {}
        self.due: dict[str, float] = {}

    def add(self, *children: Child) -> None:
        self.children.extend(children)

    def run(self) -> None:
        """Watch until somebody asks to stop."""
        looked_at_logs = time.monotonic()
        while True:
            self.look()
            if time.monotonic() - looked_at_logs > 60:
                looked_at_logs = time.monotonic()
                for child in self.children:
                    rotate(child.program.log)
            try:
                self.stop.sleep(0.2)
            except AskedToStopError:
                return

    def look(self) -> None:
        """Look at each child once; start again what is due."""
        now = time.monotonic()
        for place, child in enumerate(self.children):
            if child.exit_code() is None:
                continue
            if child.name not in self.due:
                self.plan_restart(child, now)
            elif now >= self.due[child.name]:
                self.children[place] = self.restart(child)

    def plan_restart(self, child: Child, now: float) -> None:
        steady = now - child.started > STEADY_S
        wait = FIRST_WAIT_S if steady else self.waits.get(child.name, FIRST_WAIT_S)
        self.waits[child.name] = min(wait * 2, LONGEST_WAIT_S)
        self.due[child.name] = now + wait
        full = " The disk is full." if shutil.disk_usage(child.program.log.parent).free < FULL_BYTES else ""
        words = child.last_words(3) if wait > FIRST_WAIT_S else ""
        log = f" Its log, {child.program.log}, ends:\n{words}" if words else ""
        self.say(f"{child.name} {child.ending()}; it starts again in {wait:g} s.{full}{log}")

    def restart(self, child: Child) -> Child:
        del self.due[child.name]
        try:
            return Child(child.program)
        except Exception as problem:  # a full disk, say: whatever it is, the others go on and we try again
            self.due[child.name] = time.monotonic() + LONGEST_WAIT_S
            self.say(f"{child.name} cannot be started now, again in {LONGEST_WAIT_S:g} s: {problem}")
            return child

    def end(self) -> None:
        """End all: those who use others before those who are used, each group at once."""
        already = self.stop.asked
        services = [child for child in self.children if child.name in {"postgres", "valkey", "sandbox"}]
        for group in ([child for child in self.children if child not in services], services):
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.finish(hurry=lambda: self.stop.asked > already)
        self.children.clear()
