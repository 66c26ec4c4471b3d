"""PostgreSQL and Valkey for one home: embedded, or the ones that the environment names."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .home import Home, OccupiedError, occupied, open_home
from .postgres import Postgres
from .process import Child, Stop, end_leftovers
from .valkey import Valkey

THROW_AWAY = "cockpit-tests-"


class Services:
    """The embedded services of a home that were asked for, and the addresses they answer at."""

    def __init__(self, home: Home, *, databases: tuple[str, ...], with_valkey: bool, durable: bool = True) -> None:
        self.postgres = Postgres(home, durable=durable) if databases else None
        self.valkey = Valkey(home, durable=durable) if with_valkey else None
        self.databases = databases
        self.children: list[Child] = []

    def start(self, stop: Stop) -> list[Child]:
        """Start what was asked for; what an earlier, killed start has left running is ended first."""
        try:
            if self.postgres:
                self.children.append(self.postgres.start(stop, *self.databases))
            if self.valkey:
                self.children.append(self.valkey.start(stop))
        except BaseException:
            self.stop()
            raise
        return self.children

    def stop(self) -> None:
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.finish()
        self.children.clear()


@contextlib.contextmanager
def throw_away(*, with_postgres: bool = True, with_valkey: bool = True) -> Iterator[dict[str, str]]:
    """Services for one run of tests, gone afterwards: gives their DATABASE_URL, REDIS_URL and COCKPIT_HOME.

    What a run that was killed has left behind is cleared away by the next one.
    """
    parent = Path("/tmp")  # a short path that a service user can enter
    with contextlib.ExitStack() as held:
        with one_at_a_time(parent):  # else a run that clears away could take a home that is not held yet
            for old in parent.glob(THROW_AWAY + "*"):
                clear(old)
            home = open_home(Path(tempfile.mkdtemp(prefix=THROW_AWAY, dir=parent)))
            held.enter_context(occupied(home, "tests"))
        services = Services(
            home, databases=("cockpit",) if with_postgres else (), with_valkey=with_valkey, durable=False
        )
        services.start(Stop())
        try:
            database = {"DATABASE_URL": services.postgres.url()} if services.postgres else {}
            queue = {"REDIS_URL": services.valkey.url} if services.valkey else {}
            yield {"COCKPIT_HOME": str(home.path), **database, **queue}
        finally:
            services.stop()
    clear(home.path)


@contextlib.contextmanager
def one_at_a_time(parent: Path) -> Iterator[None]:
    """Runs of one user begin one after another."""
    with open(parent / f"cockpit-clearing-{os.geteuid()}.lock", "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def clear(folder: Path) -> None:
    """Remove a throw-away home that nobody holds, with the servers that still run in it."""
    with contextlib.suppress(OccupiedError, OSError):
        if folder.stat().st_uid != os.geteuid():
            return
        home = open_home(folder)
        with occupied(home, "being removed"):
            end_leftovers(home.data)
            Postgres(home).stop_leftover()
            Valkey(home).stop_leftover()
            shutil.rmtree(home.sockets())
            shutil.rmtree(home.data)
        shutil.rmtree(folder)
