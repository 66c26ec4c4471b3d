#!/usr/bin/env python
"""Run the project's management commands; beside a started cockpit they find its database by themselves."""

import os
import shlex
import sys
from pathlib import Path

from django.core.management import execute_from_command_line


def read_addresses() -> None:
    """Take what `make run` wrote into its home, unless the environment names a database itself."""
    home = Path(os.environ.get("COCKPIT_HOME") or Path(__file__).resolve().parent / ".cockpit")
    file = home / "env"
    if "DATABASE_URL" not in os.environ and file.exists():
        for line in shlex.split(file.read_text()):
            name, _, value = line.partition("=")
            os.environ.setdefault(name, value)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cockpit.settings")
    read_addresses()
    execute_from_command_line(sys.argv)
