"""A real Odoo 19 for the live suite: Debian's package, Python packages of its own, and our embedded PostgreSQL.

Everything lies in ODOO_TEST_DIR, else in ~/.cache/delivery-cockpit/odoo. The first start downloads and builds a
template database (some minutes); later ones clone the template and start (seconds). Needs apt-get, but no root.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import psycopg
from psycopg import sql

from cockpit.launch.home import Home, LaunchError, OccupiedError, occupied, open_home
from cockpit.launch.postgres import Postgres
from cockpit.launch.process import MARK, Program, Stop, end_leftovers, run_to_end, start_and_wait

HERE = Path(__file__).parent
EMPTY, TEMPLATE = "template_empty", "template_odoo"
PACKAGES = (
    "odoo-19",
    *("fonts-inconsolata", "fonts-font-awesome", "fonts-montserrat", "fonts-ocr-b", "fonts-roboto-unhinted"),
    *("libjs-jquery", "libjs-jquery-form", "libjs-underscore"),
)


def say(words: str) -> None:
    sys.stderr.write(f"[{time.strftime('%T')}] {words}\n")


def test_dir() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("ODOO_TEST_DIR") or cache / "delivery-cockpit" / "odoo")


@contextlib.contextmanager
def odoo_server(database: str = "odoo", port: int = 0, workers: int = 0) -> Iterator[dict[str, str]]:
    """A started Odoo with a fresh database in a known state: gives the environment that reaches it.

    ODOO_DATABASE_URL is among it: Odoo's own database, for what tests do past Odoo. `workers`: processes, else threads.
    Raises LaunchError when it cannot be had. Stops it, and its PostgreSQL, in the end.
    """
    port = port or free_port()
    home = open_home(test_dir())
    stop = Stop()
    with alone(home, port), contextlib.ExitStack() as running:
        end_leftovers(home.data)
        odoo = Installed(home)
        odoo.install(stop)
        postgres = Postgres(home, durable=False)
        running.callback(postgres.start(stop).stop)
        odoo.build_template(postgres, stop)
        odoo.clone(postgres, database)
        running.callback(odoo.start(postgres, database, port, stop, workers=workers).stop)
        keys = dict(line.split("=", 1) for line in odoo.keys.read_text().splitlines())
        address = {"ODOO_URL": f"http://127.0.0.1:{port}", "ODOO_DB": database}
        yield {**address, "ODOO_DATABASE_URL": postgres.url(database), **keys}


@contextlib.contextmanager
def alone(home: Home, port: int) -> Iterator[None]:
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(occupied(home, f"http://127.0.0.1:{port}"))
        except OccupiedError:
            raise LaunchError(
                f"An Odoo for tests already runs in {home.path}. "
                'Use it with eval "$(tests/live/odoo/up)", or stop it with tests/live/odoo/down.'
            ) from None
        yield


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Installed:
    """The files of one Odoo below a home, and the commands that they give."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.path = home.path
        self.deb = home.path / "deb"
        self.python = home.path / "venv" / "bin" / "python"
        self.addons = home.path / "addons"
        self.data = home.path / "filestore"
        self.keys = home.path / "secrets" / "odoo.env"

    # --- what is downloaded -----------------------------------------------------------------------

    def install(self, stop: Stop) -> None:
        done = self.path / "deb.done"
        if not done.exists():
            if not shutil.which("apt-get") or not shutil.which("dpkg"):
                raise LaunchError("A real Odoo is taken from Debian, and this machine has no apt-get. Set ODOO_URL.")
            say("downloading Odoo 19")
            self.download(stop)
            done.touch()
        wanted = (HERE / "requirements.txt").read_text()
        kept = self.path / "venv" / "requirements.txt"
        if not kept.exists() or kept.read_text() != wanted:
            say("installing Odoo's Python packages")
            self.run(stop, "venv", [sys.executable, "-m", "venv", "--clear", str(self.path / "venv")])
            pip = [str(self.python), "-m", "pip", "install", "--disable-pip-version-check", "-r"]
            self.run(stop, "pip", [*pip, str(HERE / "requirements.txt")])
            kept.write_text(wanted)
        with self.once("addons", (HERE / "addons.txt").read_text()) as is_new:
            if is_new:
                say("installing the community's add-ons")
                self.install_addons(stop)

    def install_addons(self, stop: Stop) -> None:
        """Their wheels name Odoo as a package, which we have from Debian: so without what they depend on."""
        wheels = self.path / "wheels"
        for path in (wheels, self.addons):
            shutil.rmtree(path, ignore_errors=True)
        pip = [str(self.python), "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]
        self.run(stop, "addons", [*pip, "-d", str(wheels), "-r", str(HERE / "addons.txt")])
        for wheel in wheels.glob("*.whl"):
            shutil.unpack_archive(wheel, self.addons, "zip")
        shutil.rmtree(wheels)

    def download(self, stop: Stop) -> None:
        """Odoo and the files it links to, through an apt state of our own: the machine's stays as it is."""
        apt = self.path / "apt"
        shutil.rmtree(apt, ignore_errors=True)
        shutil.rmtree(self.deb, ignore_errors=True)
        for name in ("lists/partial", "cache/archives/partial", "packages"):
            (apt / name).mkdir(parents=True)
        (apt / "status").touch()
        (apt / "unstable.sources").write_text(debian_sources())
        (apt / "apt.conf").write_text(
            f'Dir::State "{apt}";\nDir::State::lists "{apt}/lists";\nDir::State::status "{apt}/status";\n'
            f'Dir::Cache "{apt}/cache";\nDir::Etc::sourcelist "{apt}/unstable.sources";\n'
            f'Dir::Etc::sourceparts "/dev/null";\nAPT::Sandbox::User "{user_name()}";\n'
        )
        self.run(stop, "apt", ["apt-get", "update", "-q"], cwd=apt, APT_CONFIG=str(apt / "apt.conf"))
        command = ["apt-get", "download", "-q", *PACKAGES]
        self.run(stop, "apt", command, cwd=apt / "packages", APT_CONFIG=str(apt / "apt.conf"))
        for package in (apt / "packages").glob("*.deb"):
            self.run(stop, "dpkg", ["dpkg", "-x", str(package), str(self.deb)])
        shutil.rmtree(apt)

    # --- databases --------------------------------------------------------------------------------

    def build_template(self, postgres: Postgres, stop: Stop) -> None:
        """Odoo with its modules, and a copy of it with the firm. Each is made again when its file changes."""
        modules = [line for line in (HERE / "modules.txt").read_text().splitlines() if not line.startswith("#")]
        firm = (HERE / "provision.py").read_text()
        with self.once("modules", ",".join(modules)) as is_new:
            if is_new:
                say("installing Odoo's modules")
                self.drop(postgres, EMPTY)
                install = ["--no-http", "-i", ",".join(modules), "--without-demo", "--stop-after-init"]
                self.run(stop, "template", self.command("server", *self.options(postgres, EMPTY), *install))
        with self.once("firm", ",".join(modules) + firm) as is_new:
            if is_new:
                say("making the firm")
                self.clone(postgres, TEMPLATE, EMPTY)
                self.shell(self.command("shell", *self.options(postgres, TEMPLATE), "--no-http"), firm)

    @contextlib.contextmanager
    def once(self, name: str, recipe: str) -> Iterator[bool]:
        """Whether the work has to be done; it is noted as done when it ends well."""
        note, digest = self.path / f"{name}.done", sha256(recipe.encode()).hexdigest()
        is_new = not note.exists() or note.read_text() != digest
        if is_new:
            note.unlink(missing_ok=True)
        yield is_new
        note.write_text(digest)

    def shell(self, command: list[str], script: str) -> None:
        environment = self.environment(ODOO_KEYS=str(self.keys))
        done = subprocess.run(command, input=script, env=environment, cwd=self.path, capture_output=True, text=True)
        if done.returncode != 0 or "Traceback" in done.stderr or not self.keys.exists():
            raise LaunchError(f"The firm of the live suite could not be made:\n{done.stderr[-4000:]}")
        self.keys.chmod(0o600)

    def clone(self, postgres: Postgres, database: str, template: str = TEMPLATE) -> None:
        self.drop(postgres, database)
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
            make = sql.SQL("create database {} template {}").format(sql.Identifier(database), sql.Identifier(template))
            connection.execute(make)
        files = self.data / "filestore"
        if (files / template).exists():
            shutil.copytree(files / template, files / database, copy_function=os.link)

    def drop(self, postgres: Postgres, database: str) -> None:
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
            gone = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database))
            connection.execute(gone)
        shutil.rmtree(self.data / "filestore" / database, ignore_errors=True)

    # --- running ----------------------------------------------------------------------------------

    def start(
        self, postgres: Postgres, database: str, port: int, stop: Stop, *, workers: int = 0
    ) -> "contextlib.AbstractContextManager":
        say(f"starting Odoo on port {port}")
        options = [*self.options(postgres, database), f"--http-port={port}", f"--gevent-port={free_port()}"]
        options += [f"--workers={workers}", "--limit-time-real=600", "--limit-time-cpu=600"] if workers else []
        quiet = "odoo.addons.rpc.controllers.jsonrpc:ERROR"  # it warns at each call that this API goes away
        program = Program(
            name="odoo",
            command=self.command("server", *options, "--max-cron-threads=0", f"--log-handler={quiet}"),
            env=self.environment(),
            log=self.home.log("odoo"),
            stop_s=10,
        )
        return start_and_wait(program, lambda: answers(port), stop=stop, timeout_s=120)

    def command(self, *arguments: str) -> list[str]:
        return [str(self.python), str(self.deb / "usr" / "bin" / "odoo"), *arguments]

    def options(self, postgres: Postgres, database: str) -> list[str]:
        """As a file: a command line is open to everybody's eyes, and the password is in it."""
        conf = self.path / "secrets" / f"{database}.conf"
        own = self.deb / "usr" / "lib" / "python3" / "dist-packages" / "odoo" / "addons"
        lines = {
            "addons_path": f"{own},{self.addons / 'odoo' / 'addons'}", "data_dir": self.data,
            "db_host": postgres.sockets, "db_user": "cockpit", "db_password": postgres.password, "db_name": database,
            "list_db": False, "http_interface": "127.0.0.1",
        }  # fmt: skip
        conf.touch(mode=0o600)
        conf.write_text("[options]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items()))
        return ["-c", str(conf)]

    def environment(self, **more: str) -> dict[str, str]:
        packages = str(self.deb / "usr" / "lib" / "python3" / "dist-packages")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {**kept, "PYTHONPATH": packages, MARK: str(self.home.data), **more}

    def run(self, stop: Stop, name: str, command: list[str], *, cwd: Path | None = None, **more: str) -> None:
        environment = self.environment(**more) if command[0] == str(self.python) else {**os.environ, **more}
        environment.pop("PYTHONPATH", None) if "pip" in command else None
        log = self.home.log(name)
        run_to_end(Program(name, command, environment, log, cwd=cwd or self.path), stop=stop, timeout_s=1800)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/web/health", timeout=60) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def debian_sources() -> str:
    """Debian unstable, from the mirror that this machine uses already."""
    modern = Path("/etc/apt/sources.list.d/debian.sources")
    if modern.exists():
        first = modern.read_text().split("\n\n")[0].splitlines()
        kept = [line for line in first if line.startswith(("Types", "URIs", "Signed-By"))]
        return "\n".join([*kept, "Suites: sid", "Components: main", ""])
    for line in (
        Path("/etc/apt/sources.list").read_text().splitlines() if Path("/etc/apt/sources.list").exists() else ()
    ):
        words = line.split()
        if words[:1] == ["deb"]:
            address = next(word for word in words[1:] if "://" in word)
            return f"Types: deb\nURIs: {address}\nSuites: sid\nComponents: main\n"
    raise LaunchError("This machine names no Debian mirror in /etc/apt, where Odoo 19 could come from. Set ODOO_URL.")


def user_name() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name
