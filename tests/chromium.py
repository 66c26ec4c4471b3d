"""Chromium for tests: the machine's own, else Debian's package as root, else Playwright's download."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoChromiumError(Exception):
    """There is no Chromium, and it could not be installed."""


def find_chromium(playwright: Any) -> str:
    """The path of a Chromium that can be started; installs one when there is none."""
    own = playwright.chromium.executable_path
    if found := on_this_machine(own):
        return found
    lock = Path(f"/tmp/cockpit-chromium-{os.geteuid()}.lock")
    with open(lock, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # several workers want it at once
        if not on_this_machine(own):
            install()
    if found := on_this_machine(own):
        return found
    raise NoChromiumError("No Chromium was found or could be installed; install the package `chromium` and try again.")


def on_this_machine(own: str) -> str:
    return next((path for path in (shutil.which(name) for name in NAMES) if path), own if Path(own).exists() else "")


def install() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (
            ["apt-get", "update", "-q"],
            ["apt-get", "install", "-qy", "--no-install-recommends", "chromium"],
        ):
            subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False)
    if not on_this_machine(""):
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
