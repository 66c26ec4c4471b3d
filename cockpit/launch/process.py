"""One child process: started in a session of its own, its output in a log, ended as a whole group."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

from .home import LaunchError, explained

MARK = "COCKPIT_CHILD_OF"  # in the environment of every child: the data folder that it works for
LOG_BYTES = 10 * 2**20


class AskedToStopError(Exception):
    """Somebody asked us to stop (Ctrl-C, a closed terminal, the system going down)."""


class Stop:
    """Whether we were asked to stop, looked at wherever we wait, so that no start is cut in half."""

    def __init__(self) -> None:
        self.asked = 0

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.ask)

    def ask(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1

    def sleep(self, seconds: float) -> None:
        """Sleep; raises AskedToStopError when we were asked to stop."""
        if self.asked:
            raise AskedToStopError
        time.sleep(seconds)
        if self.asked:
            raise AskedToStopError


@dataclass(frozen=True)
class Program:
    """What to start and how to end it."""

    name: str
    command: list[str]
    env: Mapping[str, str]
    log: Path
    answer: Path | None = None  # where its standard output goes; None: into the log, like its errors
    user: Mapping[str, Any] = field(default_factory=dict)  # subprocess arguments that change the user
    cwd: Path | str = "/"
    stop_with: signal.Signals = signal.SIGTERM
    stop_s: float = 5  # then `kill_with`
    kill_with: signal.Signals = signal.SIGKILL
    before: Callable[[], None] = lambda: None  # run before each start


class Child:
    """A started program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        with explained(program.log):
            program.before()
            self.log_start = program.log.stat().st_size if program.log.exists() else 0
            with open(program.log, "ab") as log, open(program.answer or os.devnull, "wb") as answer:
                self.process = subprocess.Popen(
                    program.command,
                    env={**program.env, "COCKPIT_PROCESS": program.name},
                    cwd=program.cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=answer if program.answer else log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C reaches us alone; we end the children in order
                    **program.user,
                )
        self.started = time.monotonic()

    @property
    def name(self) -> str:
        return self.program.name

    def exit_code(self) -> int | None:
        """None while it runs. What a dead leader left in its group is ended too: a new one needs its port."""
        code = self.process.poll()
        if code is not None and self.program.kill_with is signal.SIGKILL:
            signal_group(self.process.pid, signal.SIGKILL)
        return code

    def ask_to_stop(self) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, self.program.stop_with)

    def finish(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """Wait until it has ended after `ask_to_stop`; be harder when it takes too long or there is a hurry."""
        deadline = time.monotonic() + self.program.stop_s
        while self.process.poll() is None:
            if time.monotonic() > deadline or hurry():
                signal_group(self.process.pid, self.program.kill_with)
                deadline = time.monotonic() + self.program.stop_s
            time.sleep(0.02)
        self.exit_code()

    def stop(self) -> None:
        self.ask_to_stop()
        self.finish()

    def last_words(self, lines: int = 12) -> str:
        """The end of what this start has written to its log."""
        with open(self.program.log, "rb") as log:
            log.seek(self.log_start)
            text = log.read()[-8192:].decode(errors="replace")
        return "\n".join("    " + line for line in text.splitlines()[-lines:])

    def ending(self) -> str:
        """How it ended, for people."""
        code = self.process.returncode
        if code is not None and code < 0:
            return f"was killed ({signal.Signals(-code).name})"
        return f"ended (code {code})"


def signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def start_and_wait(
    program: Program, ready: Callable[[], bool], *, stop: Stop, timeout_s: float, retry_s: float = 0
) -> Child:
    """Start a program and wait until it is `ready`. When it ends by itself, try again for `retry_s` seconds.

    Raises LaunchError with the end of its log.
    """
    began = time.monotonic()
    while True:
        child = Child(program)
        try:
            return wait_until(child, ready, stop=stop, timeout_s=timeout_s)
        except LaunchError:
            if child.exit_code() == 0 or time.monotonic() - began > retry_s:
                raise
        stop.sleep(0.5)


def wait_until(child: Child, ready: Callable[[], bool], *, stop: Stop, timeout_s: float) -> Child:
    """Wait until a started child is `ready`; else end it and raise LaunchError with the end of its log."""
    deadline = time.monotonic() + timeout_s
    try:
        while not ready():
            if child.exit_code() is not None:
                raise LaunchError(
                    f"{child.name} {child.ending()}. Its log, {child.program.log}, says:\n{child.last_words()}"
                )
            if time.monotonic() > deadline:
                raise LaunchError(
                    f"{child.name} was not ready after {timeout_s:.0f} s. Its log says:\n{child.last_words()}"
                )
            stop.sleep(0.03)
    except BaseException:
        child.stop()
        raise
    return child


def run_to_end(program: Program, *, stop: Stop, timeout_s: float) -> str:
    """Run a program to its end and give its answer. Raises LaunchError, with what it said, when it fails."""
    child = Child(program)
    deadline = time.monotonic() + timeout_s
    try:
        while child.exit_code() is None:
            if time.monotonic() > deadline:
                raise LaunchError(f"{program.name} did not end within {timeout_s:.0f} s:\n{child.last_words()}")
            stop.sleep(0.03)
    finally:
        child.stop()
    answer = program.answer.read_text(errors="replace") if program.answer else ""
    if child.process.returncode != 0:
        raise LaunchError(f"{program.name} {child.ending()}:\n{answer}{child.last_words(25)}")
    return answer


def leftovers(data: Path) -> list[psutil.Process]:
    """Processes that a killed supervisor of this data folder has left behind."""
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid not in ours and process.environ().get(MARK) == str(data):
                found.append(process)
    return found


def end_leftovers(data: Path) -> int:
    """End them kindly, then firmly; gives their number. (The services look for theirs: `stop_leftover`.)"""
    found = leftovers(data)
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    alive = [*still_running(found, timeout_s=5), *leftovers(data)]
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    still_running(alive, timeout_s=5)
    return len(found)


def still_running(processes: Sequence[psutil.Process], *, timeout_s: float) -> list[psutil.Process]:
    """Those of them that have not ended by then. Who has ended may stay listed until a parent asks for its exit code;
    where nobody asks (a container without an init) that is forever, so it is not waited for."""
    deadline = time.monotonic() + timeout_s
    while (alive := [process for process in processes if runs(process)]) and time.monotonic() < deadline:
        time.sleep(0.03)
    return alive


def runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def rotate(log: Path) -> None:
    """Keep a log and one older one. Its writers append, so emptying it under them is safe."""
    with contextlib.suppress(OSError):
        if log.stat().st_size > LOG_BYTES:
            older = log.with_suffix(".log.1")
            older.write_bytes(log.read_bytes())
            os.truncate(log, 0)
