"""`make run` itself: everything is started, killed, started again and ended, in one home whose path has blanks."""

import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from cockpit.launch.home import open_home
from cockpit.launch.plan import ROOT
from integrations.odoo.client import OdooClient, OdooConfig, connect
from tests.cockpit.launching import new_home, processes

REPLACED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "PUBLIC_URL")
PROGRAMS = {"web", "worker", "courier", "beat", "sandbox"}


class Cockpit:
    """One home and the supervisor that was started last in it."""

    def __init__(self, path: Path, port: int) -> None:
        self.path, self.port = path, port
        self.output = path.with_name("output")
        self.supervisor: subprocess.Popen | None = None

    def launch(self) -> subprocess.Popen:
        env = {name: value for name, value in os.environ.items() if name not in REPLACED and "ODOO" not in name}
        env |= {"COCKPIT_HOME": str(self.path), "PORT": str(self.port)}
        with open(self.output, "wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "cockpit.launch"], cwd=ROOT, env=env, stdout=output, stderr=output
            )

    def start(self) -> str:
        """Start it and give what it said by the time it was ready."""
        self.supervisor = self.launch()
        until(lambda: "The cockpit is at" in self.said() or self.supervisor.poll() is not None, 300)
        assert self.supervisor.poll() is None, self.said()
        return self.said()

    def said(self) -> str:
        return self.output.read_text()

    def status(self, path: str = "/accounts/login/") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def leaders(self) -> dict[str, int]:
        """The process of each program that the supervisor started itself."""
        return {name: found[0].pid for name, found in processes(open_home(self.path)).items() if name in PROGRAMS}

    def services(self) -> dict[str, int]:
        data = str(open_home(self.path).data)
        found = {}
        for process in psutil.process_iter(["pid", "name", "cmdline"]):
            if process.info["name"] in {"postgres", "valkey-server"} and data in " ".join(
                process.info["cmdline"] or []
            ):
                found[process.info["name"]] = process.info["pid"]
        return found

    def env(self) -> dict[str, str]:
        """What it wrote down for commands."""
        lines = (self.path / "env").read_text().splitlines()
        return {name: "".join(shlex.split(value)) for name, _, value in (line.partition("=") for line in lines)}

    def saves_in_odoo(self, month: int) -> None:
        """Change an invoice in the sandbox and wait until it is here, while nobody asks for news."""
        env = self.env()
        who = {"login": env["ODOO_ADMIN_LOGIN"], "api_key": env["ODOO_ADMIN_API_KEY"]}
        odoo = connect(OdooConfig(url=env["ODOO_URL"], db=env["ODOO_DB"], **who))
        [beat] = processes(open_home(self.path))["beat"]
        [move, *_] = odoo.call("account.move", "search", domain=[("state", "=", "draft")])
        beat.suspend()
        try:
            with self.connect() as connection:
                days = (f"2026-{month:02}-{day:02}" for day in range(1, 10))
                while not self.brings_by_itself(connection, odoo, move, next(days)):
                    pass  # a round that was sent just before brought it
        finally:
            beat.resume()

    def brings_by_itself(self, connection: psycopg.Connection, odoo: OdooClient, move: int, date: str) -> bool:
        """Whether the change came without a round."""
        rounds = "select fresh_at from mirror_cursor where model = 'account.move'"
        here = "select 1 from mirror_invoice where odoo_id = %s and invoice_date = %s"
        before = connection.execute(rounds).fetchone()
        odoo.call("account.move", "write", [move], vals={"invoice_date": date})
        until(lambda: connection.execute(here, [move, date]).fetchone(), 30)
        return connection.execute(rounds).fetchone() == before

    def connect(self) -> psycopg.Connection:
        url = self.env()["DATABASE_URL"]
        deadline = time.monotonic() + 60
        while True:
            try:
                return psycopg.connect(url, autocommit=True)
            except psycopg.OperationalError:  # a server that was killed recovers before it takes connections
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def end(self) -> int:
        if self.supervisor is None or self.supervisor.poll() is not None:
            return -1
        self.supervisor.send_signal(signal.SIGINT)
        return self.supervisor.wait(60)


def until(condition: Callable[[], object], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def cockpit() -> Iterator[Cockpit]:
    """A cockpit that was started once, with its demo firm."""
    with new_home("a home with blanks") as path:
        cockpit = Cockpit(path, free_port())
        try:
            cockpit.start()
            with cockpit.connect() as connection:
                connection.execute("create table kept as select 42 as number")
            yield cockpit
        finally:
            cockpit.end()


@pytest.mark.timeout(600)
class TestMakeRun:
    """In this order: each test goes on with what the one before has left."""

    def test_serves_the_first_page_and_prints_where_and_who(self, cockpit):
        assert f"http://127.0.0.1:{cockpit.port}" in cockpit.said()
        assert "@" in cockpit.said()  # the sign-ins
        assert cockpit.status() == 200
        assert set(cockpit.leaders()) == PROGRAMS

    def test_refuses_a_second_start_in_the_same_home(self, cockpit):
        first = cockpit.said()
        second = cockpit.launch()
        assert second.wait(30) == 1
        assert f"already runs at http://127.0.0.1:{cockpit.port} (process {cockpit.supervisor.pid})" in cockpit.said()
        cockpit.output.write_text(first)

    def test_lets_commands_find_it_without_any_setting(self, cockpit):
        env = {name: value for name, value in os.environ.items() if name not in REPLACED and "ODOO" not in name}
        command = [sys.executable, "manage.py", "audit", "verify"]
        done = subprocess.run(
            command, cwd=ROOT, env={**env, "COCKPIT_HOME": str(cockpit.path)}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def test_sees_at_once_what_is_saved_in_odoo(self, cockpit):
        cockpit.saves_in_odoo(month=5)

    def test_starts_again_whatever_is_killed(self, cockpit):
        before = {**cockpit.leaders(), **cockpit.services()}
        assert len(before) == len(PROGRAMS) + 2
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        until(lambda: not set(before.values()) & {*cockpit.leaders().values(), *cockpit.services().values()}, 30)
        until(lambda: set(cockpit.leaders()) == PROGRAMS and len(cockpit.services()) == 2, 60)
        until(lambda: cockpit.status() == 200, 60)
        with cockpit.connect() as connection:
            assert connection.execute("select number from kept").fetchone() == (42,)

    def test_starts_again_the_process_that_serves_pages(self, cockpit):
        def serving():
            return {process.pid for process in processes(open_home(cockpit.path)).get("web", [])[1:]}

        before = serving()
        assert before
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        until(lambda: serving() - before and cockpit.status() == 200, 60)
        assert not serving() & before

    def test_goes_on_after_the_supervisor_was_killed(self, cockpit):
        cockpit.supervisor.kill()
        cockpit.supervisor.wait()
        left = cockpit.leaders()
        assert set(left) == PROGRAMS  # nobody ended them: the next start has to
        assert "Ended what an earlier start had left running" in cockpit.start()
        assert not set(left.values()) & set(cockpit.leaders().values())
        assert cockpit.status() == 200
        with cockpit.connect() as connection:
            assert connection.execute("select number from kept").fetchone() == (42,)

    def test_goes_on_after_everything_was_killed_at_once(self, cockpit):
        everything = [cockpit.supervisor.pid, *cockpit.leaders().values(), *cockpit.services().values()]
        for pid in everything:
            os.kill(pid, signal.SIGKILL)
        cockpit.supervisor.wait()
        said = cockpit.start()
        assert "@" in said  # the sign-ins, remembered
        assert "Setting up the demo firm" not in said
        assert cockpit.status() == 200
        with cockpit.connect() as connection:
            assert connection.execute("select number from kept").fetchone() == (42,)

    def test_ends_everything_with_ctrl_c_and_starts_again(self, cockpit):
        assert cockpit.end() == 0
        assert "Everything is kept" in cockpit.said()
        assert (cockpit.leaders(), cockpit.services()) == ({}, {})
        assert cockpit.status() == 0
        sockets = (open_home(cockpit.path).data / "sockets").read_text().strip()
        assert not Path(sockets).exists()
        assert "Setting up the demo firm" not in cockpit.start()
        with cockpit.connect() as connection:
            assert connection.execute("select number from kept").fetchone() == (42,)

    def test_tells_odoo_when_its_address_is_another(self, cockpit):
        cockpit.end()
        cockpit.port = free_port()
        cockpit.start()
        cockpit.saves_in_odoo(month=6)
