"""`python -m cockpit.launch`: start everything, say where it is, keep it running until Ctrl-C."""

import contextlib
import hashlib
import http.client
import os
import shlex
import sys
import time
from pathlib import Path

from . import plan as plans
from . import postgres, static_files, valkey
from .home import Home, LaunchError, occupied, open_home, write_private
from .plan import HOST, Options, Plan
from .process import AskedToStopError, Child, Stop, end_leftovers, run_to_end, wait_until
from .services import Services
from .supervisor import Supervisor

BEGAN = time.monotonic()


def say(text: str) -> None:
    with contextlib.suppress(OSError):  # whoever read us may be gone; the work goes on
        print(f"[{time.monotonic() - BEGAN:5.1f} s] {text}", flush=True)


def main() -> int:
    stop = Stop()
    stop.listen()
    try:
        options = plans.options(os.environ)
        home = open_home(options.home)
        with occupied(home, options.address):
            return run(home, options, stop)
    except LaunchError as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except AskedToStopError:
        return 0


def run(home: Home, options: Options, stop: Stop) -> int:
    supervisor = Supervisor(stop, say)
    try:
        start(home, options, stop, supervisor)
        supervisor.run()
    finally:
        if supervisor.children:
            say("Stopping …")
        supervisor.end()
        home.forget_sockets()
    say("Stopped. Everything is kept; `make run` goes on from here.")
    return 0


def start(home: Home, options: Options, stop: Stop, supervisor: Supervisor) -> None:
    """Start everything in order, each as soon as what it needs is there."""
    if end_leftovers(home.data):
        say("Ended what an earlier start had left running.")
    plans.check_port(options.port)
    plan = start_services(home, options, stop, supervisor)
    sandbox = Child(plan.sandbox()) if plan.sandbox_port else None
    supervisor.add(*([sandbox] if sandbox else []))
    static_folder = static_files.ready(plan, stop=stop, say=say)  # while the sandbox starts
    web = Child(plan.web(static_folder))  # it loads while the database is brought up to date, and says when it is
    supervisor.add(web)
    say("Bringing the database up to date …")
    run_to_end(plan.manage("migrate --no-input"), stop=stop, timeout_s=600)
    if sandbox:
        patience = plans.FIRMS[options.firm]
        wait_until(sandbox, lambda: answers(plan.sandbox_port, "/web/health"), stop=stop, timeout_s=patience)
    news = demo(plan, stop) if sandbox else own_odoo(plan, stop)
    wait_until(web, lambda: answers(options.port, "/healthz"), stop=stop, timeout_s=90)
    supervisor.add(Child(plan.worker()), Child(plan.courier()), Child(plan.beat()))
    say("Web, workers and beat run.")
    print(
        f"\n{news.strip()}\n\nThe cockpit is at {options.address} . Ctrl-C stops it. Logs: {home.path / 'logs'}",
        flush=True,
    )


def start_services(home: Home, options: Options, stop: Stop, supervisor: Supervisor) -> Plan:
    """The embedded services that are wanted, and the plan for everything else, which needs their addresses."""
    if options.database_url:
        postgres.check_external(options.database_url)
    if options.redis_url and (warning := valkey.check_external(options.redis_url)):
        say(warning)
    services = Services(home, databases=options.databases, with_valkey=not options.redis_url)
    supervisor.add(*services.start(stop))
    if services.children:
        say(f"{' and '.join(child.name for child in services.children)} ready.")
    embedded = {
        "DATABASE_URL": services.postgres.url(options.database) if services.postgres else "",
        "REDIS_URL": services.valkey.url if services.valkey else "",
    }
    sandbox_url = services.postgres.url(plans.SANDBOX_DATABASE + options.of_firm) if services.postgres else ""
    plan = plans.make_plan(home, options, os.environ, embedded, sandbox_url=sandbox_url)
    remember(plan)
    return plan


def demo(plan: Plan, stop: Stop) -> str:
    """The small firm that the sandbox starts with; made once per database. Gives the sign-ins, also later."""
    database = hashlib.sha256(plan.options.database_url.encode()).hexdigest()[:10]  # of ours: of nothing
    note = plan.home.path / f"demo-{database}{plan.options.of_firm}.txt"
    told = note.with_suffix(".address")  # where the sandbox sends its hints
    if not note.exists():
        say("Setting up the demo firm (once) …")
        write_private(note, run_to_end(plan.manage("demo"), stop=stop, timeout_s=2 * plans.FIRMS[plan.options.firm]))
        write_private(told, plan.hints_url)
    if not told.exists() or told.read_text() != plan.hints_url:
        tell_sandbox(plan, stop, told)
    return note.read_text()


def tell_sandbox(plan: Plan, stop: Stop, told: Path) -> None:
    """Where the cockpit is now. Rounds do without hints, and so does a sandbox that an older version has made."""
    say("Telling the sandbox where the cockpit is now …")
    try:
        run_to_end(plan.manage("odoo apply --yes"), stop=stop, timeout_s=120)
        write_private(told, plan.hints_url)
    except LaunchError as problem:
        why = str(problem).splitlines()[-1].strip()
        say(f"It does not take it, so what is saved there is seen within 15 seconds. {why}")


def own_odoo(plan: Plan, stop: Stop) -> str:
    """What is wrong with the Odoo that was named, and where the cockpit is set up. It starts all the same."""
    say(f"Asking Odoo at {plan.options.odoo_url} …")
    return run_to_end(plan.manage("setup --look"), stop=stop, timeout_s=180)


def answers(port: int, path: str) -> bool:
    """Whether a page comes from there without an error of the server."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def remember(plan: Plan) -> None:
    """Write the addresses down for `manage.py`, which then works beside us without any setting."""
    ours = [name for name in plan.env if name.startswith("ODOO_")]
    names = ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "COCKPIT_HOME", "PUBLIC_URL", "SETUP_KEY", *ours]
    values = {**{name: plan.env[name] for name in names}, **plan.administrator}
    lines = [f"{name}={shlex.quote(value)}" for name, value in values.items()]
    write_private(plan.home.path / "env", "\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
