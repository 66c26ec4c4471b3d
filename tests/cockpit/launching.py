"""Homes for tests of the launcher, and a look at the processes that work for them."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from cockpit.launch.home import Home, open_home
from cockpit.launch.postgres import Postgres
from cockpit.launch.process import MARK, end_leftovers
from cockpit.launch.valkey import Valkey


@contextlib.contextmanager
def new_home(name: str = "home") -> Iterator[Path]:
    """A path for a home that a service user can enter; everything that was made for it is gone afterwards."""
    parent = Path(tempfile.mkdtemp(prefix="launch-", dir="/tmp"))
    parent.chmod(0o711)
    try:
        yield parent / name
    finally:
        for data in parent.rglob("data"):
            if (data.parent / "secrets").is_dir() and data.exists():
                remove(open_home(data.parent))
        shutil.rmtree(parent)


def remove(home: Home) -> None:
    """End what works for a home and remove what lies outside of it."""
    end_leftovers(home.data)
    Postgres(home).stop_leftover()
    Valkey(home).stop_leftover()
    shutil.rmtree(home.sockets())
    shutil.rmtree(home.data)


def processes(home: Home) -> dict[str, list[psutil.Process]]:
    """The processes that a supervisor of this home has started, by program, the oldest first."""
    found: dict[str, list[psutil.Process]] = {}
    for process in sorted(psutil.process_iter(), key=lambda process: process.pid):
        with contextlib.suppress(psutil.Error):
            environment = process.environ()
            if environment.get(MARK) == str(home.data):
                found.setdefault(environment.get("COCKPIT_PROCESS", ""), []).append(process)
    return found
