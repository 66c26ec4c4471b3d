"""What runs: read from the environment, and turned into programs with their environments. Pure but for `free_port`."""

import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from .home import Home, LaunchError, write_private
from .process import MARK, Program

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
ODOO = ("ODOO_URL", "ODOO_DB", "ODOO_LOGIN")
SANDBOX_DATABASE = "odoo_sandbox"
FIRMS = {"small": 120, "medium": 300, "large": 1800}  # of the sandbox: seconds that setting one up may take
SANDBOX = "sandbox"  # what the sandbox calls its database
WORKER = "-m celery -A cockpit worker -l INFO"
COURIER = f"{WORKER} -n courier@cockpit -Q deliveries,sync -c 3"
# One process with threads: as many as Django's pool holds connections.
SERVE = "-m granian --interface wsgi --blocking-threads 8 --no-ws --workers-kill-timeout 3"


@dataclass(frozen=True)
class Options:
    """What the person asked for; an empty address means: start the embedded one."""

    home: Path
    port: int
    database_url: str
    redis_url: str
    odoo_url: str
    firm: str = "small"

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def database(self) -> str:
        """The name of our own database in the embedded server: the demo's records never meet those of a real Odoo."""
        return "cockpit" if self.odoo_url else f"cockpit_demo{self.of_firm}"

    @property
    def of_firm(self) -> str:
        """What tells the larger firms' databases from the small one's, so that each keeps its own."""
        return "" if self.firm == "small" else f"_{self.firm}"

    @property
    def databases(self) -> tuple[str, ...]:
        """The databases that the embedded server must have; none: it isn't started."""
        own = () if self.database_url else (self.database,)
        return own if self.odoo_url else (*own, SANDBOX_DATABASE + self.of_firm)


def options(environ: Mapping[str, str]) -> Options:
    """Read the variables. Raises LaunchError for one that is missing or makes no sense."""
    return Options(
        home=Path(environ.get("COCKPIT_HOME") or ROOT / ".cockpit").expanduser(),
        port=port(environ.get("PORT") or "8000"),
        database_url=environ.get("DATABASE_URL", ""),
        redis_url=environ.get("REDIS_URL", ""),
        odoo_url=odoo_url(environ),
        firm=firm(environ.get("FIRM") or "small"),
    )


def firm(text: str) -> str:
    if text not in FIRMS:
        raise LaunchError(f"FIRM={text!r} is not known; there are {', '.join(FIRMS)}.")
    return text


def port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise LaunchError(f"PORT={text!r} is no port; give a number from 1 to 65535.")
    return int(text)


def odoo_url(environ: Mapping[str, str]) -> str:
    """The real Odoo's address; "" when none is named at all, which means the sandbox."""
    given = [name for name in (*ODOO, "ODOO_API_KEY", "ODOO_PASSWORD") if environ.get(name)]
    if not given:
        return ""
    missing = [name for name in ODOO if not environ.get(name)]
    if not environ.get("ODOO_API_KEY") and not environ.get("ODOO_PASSWORD"):
        missing.append("ODOO_API_KEY (or ODOO_PASSWORD)")
    if missing:
        are = "is" if len(given) == 1 else "are"
        raise LaunchError(
            f"{' and '.join(given)} {are} set, but not {', '.join(missing)}. Set them all, or none to use the sandbox."
        )
    return environ["ODOO_URL"]


def check_port(number: int) -> None:
    """Raise LaunchError unless we may listen on that port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, number))
        except PermissionError as problem:
            raise LaunchError(
                f"Port {number} is for the administrator alone; choose another: make run PORT=8000"
            ) from problem
        except OSError as problem:
            other = number + 1 if number < 65535 else 8000
            raise LaunchError(
                f"Port {number} is taken by another program; choose another: make run PORT={other}"
            ) from problem


def sandbox_port(home: Home) -> int:
    """The sandbox's port: the same as last time when it is free, so that links into it stay good."""
    note = home.path / "sandbox.port"
    before = note.read_text().strip() if note.exists() else ""
    for candidate in (int(before) if before.isdecimal() else 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, candidate))
            except (OSError, OverflowError):
                continue
            number: int = probe.getsockname()[1]
            write_private(note, f"{number}\n")
            return number
    raise LaunchError("No port is free on this machine for the Odoo sandbox.")


@dataclass(frozen=True)
class Plan:
    """The programs of one start. `env` is what all of them see; `sandbox_env` what the sandbox sees besides."""

    home: Home
    options: Options
    env: Mapping[str, str]
    sandbox_env: Mapping[str, str] = field(default_factory=dict)
    sandbox_port: int = 0

    def program(self, name: str, arguments: str, env: Mapping[str, str] | None = None, stop_s: float = 5) -> Program:
        """A Python program of ours; `arguments` are separated by blanks."""
        command = [sys.executable, *arguments.split()]
        return Program(name, command, {**self.env, **(env or {})}, self.home.log(name), cwd=ROOT, stop_s=stop_s)

    def manage(self, arguments: str) -> Program:
        name = arguments.split()[0]
        program = self.program(name, f"manage.py {arguments}", self.administrator)
        return replace(program, answer=self.home.log(name).with_suffix(".out"))

    def sandbox(self) -> Program:
        return self.program("sandbox", f"-m integrations.odoo.sandbox --port {self.sandbox_port}", self.sandbox_env)

    def collect(self, folder: Path) -> Program:
        """Static files into that folder, compressed."""
        return self.program("collectstatic", "manage.py collectstatic --no-input", {"STATIC_FOLDER": str(folder)})

    def web(self, static_folder: Path | None = None) -> Program:
        """Pages, with the static files that were collected into a folder; without one, as their apps keep them."""
        where = f"--host {HOST} --port {self.options.port} cockpit.wsgi:application"
        return self.program(
            "web", f"{SERVE} {where}", {"DATABASE_POOL": "1", "STATIC_FOLDER": str(static_folder or "")}
        )

    def worker(self) -> Program:
        """Work for people: it never waits for the outside world."""
        return self.program("worker", f"{WORKER} -n people@cockpit -Q interactive -c 2", stop_s=10)

    def courier(self) -> Program:
        """Work with the outside world: pulls, pushes, deliveries."""
        return self.program("courier", COURIER, stop_s=10)

    def beat(self) -> Program:
        return self.program("beat", "-m celery -A cockpit beat -l INFO")

    @property
    def hints_url(self) -> str:
        """Where Odoo reaches the cockpit; as the settings have it."""
        return self.env.get("ODOO_HINTS_URL") or self.env["PUBLIC_URL"]

    @property
    def administrator(self) -> Mapping[str, str]:
        """The sandbox's administrator, whom only management commands may be."""
        key = self.sandbox_env.get("SANDBOX_ADMIN_API_KEY")
        return {"ODOO_ADMIN_LOGIN": "admin", "ODOO_ADMIN_API_KEY": key} if key else {}


def make_plan(
    home: Home, options: Options, environ: Mapping[str, str], embedded: Mapping[str, str], *, sandbox_url: str
) -> Plan:
    """The plan of one start. `embedded`: the addresses of what we started; `sandbox_url`: the sandbox's database."""
    # The administrator's key is for the commands that ask for it: no process that runs here sees it.
    env = {
        **{name: value for name, value in environ.items() if not name.startswith("ODOO_ADMIN_")},
        "DJANGO_SETTINGS_MODULE": "cockpit.settings",
        "SECRET_KEY": environ.get("SECRET_KEY") or home.secret("django"),
        "DATABASE_URL": options.database_url or embedded["DATABASE_URL"],
        "DATABASE_POOL": "0",  # a forked worker must not inherit a pool
        "REDIS_URL": options.redis_url or embedded["REDIS_URL"],
        "COCKPIT_HOME": str(home.path),
        "SETUP_KEY": environ.get("SETUP_KEY") or home.secret("setup-key"),
        "PUBLIC_URL": environ.get("PUBLIC_URL") or options.address,
        "PYTHONUNBUFFERED": "1",
        MARK: str(home.data),
    }
    if options.odoo_url:
        return Plan(home, options, env)
    number = sandbox_port(home)
    key = home.secret("sandbox-key")
    env |= {"ODOO_URL": f"http://{HOST}:{number}", "ODOO_DB": SANDBOX, "ODOO_LOGIN": "cockpit", "ODOO_API_KEY": key}
    secrets = {
        f"SANDBOX_{name}": home.secret(f"sandbox-{name.lower()}")
        for name in ("ADMIN_API_KEY", "PASSWORD", "ADMIN_PASSWORD", "TOKEN")
    }
    sandbox_env = {"SANDBOX_DATABASE_URL": sandbox_url, "SANDBOX_DB": SANDBOX, "SANDBOX_API_KEY": key,
                   "FIRM": options.firm, **secrets}  # fmt: skip
    return Plan(home, options, env, sandbox_env, number)
