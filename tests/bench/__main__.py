"""`python -m tests.bench [section]`: measure, and say for each figure whether its goal is met.

Ends with 0 also when figures fall short, with 1 when something failed, with 2 when there is no such section.
"""

import logging
import os
import platform
import sys
import time
import traceback
from contextlib import ExitStack
from importlib import import_module

SECTIONS = {
    "web": "tests.bench.web",
    "sync": "tests.bench.sync",
    "approvals": "tests.bench.approvals",
    "lifecycle": "",
    "dashboards": "",
}
BEGAN = time.monotonic()


def say(text: str) -> None:
    """How far it is: beside the figures, so that these can be kept alone."""
    sys.stderr.write(f"[{time.monotonic() - BEGAN:5.1f} s] {text}\n")


def out(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    asked = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("ONLY", "")
    if asked and asked not in SECTIONS:
        sys.stderr.write(f"ONLY={asked} is no section of the bench; there are {', '.join(SECTIONS)}.\n")
        return 2
    with ExitStack() as stack:
        start(stack)
        out(machine())
        chosen = [asked] if asked else list(SECTIONS)
        return max([measure(section) for section in chosen])


def start(stack: ExitStack) -> None:
    """Services that go away with us, unless addresses are given; then Django."""
    import django
    import structlog

    from cockpit.launch.services import throw_away

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cockpit.settings")
    os.environ.setdefault("SECRET_KEY", "for the bench only")
    missing = {name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)}
    if missing:
        services = throw_away(with_postgres="DATABASE_URL" in missing, with_valkey="REDIS_URL" in missing)
        os.environ.update(stack.enter_context(services))
    django.setup()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))  # no line for each page
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def machine() -> str:
    import django
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0].split()[0]
    connection.close()
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.system()}; "
        f"Python {platform.python_version()}, Django {django.get_version()}, PostgreSQL {version}"
    )


def measure(section: str) -> int:
    """Print a section's figures; 1 when it failed."""
    from tests.bench.figures import HEAD

    out(f"\n{section}")
    if not SECTIONS[section]:
        out("  not measured yet")
        return 0
    out(HEAD)
    try:
        for figure in import_module(SECTIONS[section]).run(float(os.environ.get("SCALE") or 1), say):
            out(figure.line())
    except Exception:
        traceback.print_exc()
        out(f"{section} failed")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
