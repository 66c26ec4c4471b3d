"""`python -m tests.live.odoo up | down | serve`: a real Odoo by hand, which stays until it is stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from cockpit.launch.home import Home, LaunchError, occupied, open_home
from cockpit.launch.process import Stop
from tests.live.odoo.server import HERE, odoo_server, test_dir


def up() -> None:
    """Start it, or find it started, and print the environment that reaches it; `down` stops it."""
    home = open_home(test_dir())
    if not is_running(home):
        note(home).unlink(missing_ok=True)
        with open(home.log("up"), "ab") as log:
            command = [sys.executable, "-m", "tests.live.odoo", "serve"]
            server = subprocess.Popen(
                command, cwd=HERE.parents[2], stdin=subprocess.DEVNULL, stdout=log, stderr=None, start_new_session=True
            )
        while not note(home).exists():
            if server.poll() is not None:
                raise LaunchError(f"It did not start; {home.log('odoo')} may say why.")
            time.sleep(0.1)
    sys.stdout.write(note(home).read_text())


def serve() -> None:
    """Run it until somebody asks us to stop."""
    stop = Stop()
    stop.listen()
    home = open_home(test_dir())
    with odoo_server(port=int(os.environ.get("ODOO_TEST_PORT") or 0)) as env:
        draft = note(home).with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text("".join(f"export {name}={value}\n" for name, value in env.items()))
        draft.rename(note(home))
        try:
            while not stop.asked:
                time.sleep(0.2)
        finally:
            note(home).unlink(missing_ok=True)


def down() -> None:
    home = open_home(test_dir())
    holder = is_running(home)
    if holder:
        os.kill(holder, signal.SIGTERM)
        while is_running(home):
            time.sleep(0.1)


def note(home: Home) -> Path:
    return home.path / "secrets" / "running.env"


def is_running(home: Home) -> int:
    """The process that holds the home, or 0."""
    try:
        with occupied(home, "looked at"):
            return 0
    except LaunchError:
        return int(json.loads((home.data / "lock").read_text())["pid"])


ACTS = {"up": up, "down": down, "serve": serve}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ACTS:
        sys.exit(f"usage: python -m tests.live.odoo {' | '.join(ACTS)}")
    try:
        ACTS[sys.argv[1]]()
    except LaunchError as problem:
        sys.exit(str(problem))
