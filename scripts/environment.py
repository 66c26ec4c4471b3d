"""Make or renew `.venv` from a lock file: `environment.py runtime` or `environment.py dev`. Quick when nothing changed.

uv (pinned, like everything, by version and hash) installs in seconds; plain pip does it from the same lock where uv
doesn't run. Old Pythons must be able to read this file, to be told that they are too old.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
TOOLS = os.path.join(VENV, "tools")
STAMP = os.path.join(VENV, "installed.json")
LOCKS = {"runtime": "requirements.lock", "dev": "requirements-dev.lock"}
OLDEST = (3, 11)


class EnvironmentProblemError(Exception):
    """What is missing on this machine, and what to do about it."""


def main(flavour):
    """Bring `.venv` to what the lock says. Once it has the development tools it keeps them."""
    with_lock = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(with_lock, fcntl.LOCK_EX)  # two `make` at once
    installed = read_stamp()
    if "dev" in installed:
        flavour = "dev"
    wanted = {name: digest(LOCKS[name]) for name in (["runtime"] if flavour == "runtime" else ["runtime", "dev"])}
    whole = runs()
    if whole and installed == wanted:
        return
    print(f"Installing what the cockpit is built on into .venv, from {LOCKS[flavour]} (once) …", flush=True)
    if not whole:
        make_venv()
    if os.path.exists(STAMP):
        os.unlink(STAMP)  # half done is not done
    install(os.path.join(ROOT, LOCKS[flavour]))
    with open(STAMP, "w") as out:
        json.dump(wanted, out)


def read_stamp():
    try:
        with open(STAMP) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def digest(name):
    with open(os.path.join(ROOT, name), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def runs():
    """Whether `.venv` has a Python that starts and is new enough: the folder may have moved, Python been removed."""
    try:
        return subprocess.run([PYTHON, "-c", check_version()], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def check_version():
    return f"import sys; sys.exit(sys.version_info < {OLDEST})"


def make_venv():
    python = find_python()
    own_uv = shutil.which("uv")
    shutil.rmtree(VENV, ignore_errors=True)
    if subprocess.run([python, "-c", "import ensurepip, venv"], stderr=subprocess.DEVNULL).returncode == 0:
        call(python, "-m", "venv", VENV)
    elif own_uv:
        call(own_uv, "venv", "--quiet", "--python", python, VENV)
    else:
        raise EnvironmentProblemError(
            "This Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"
        )


def find_python():
    """This Python, or a newer one on the path."""
    names = [sys.executable] + [f"python3.{minor}" for minor in range(19, OLDEST[1] - 1, -1)]
    for name in names:
        path = shutil.which(name)
        if path and subprocess.run([path, "-c", check_version()], stderr=subprocess.DEVNULL).returncode == 0:
            return path
    here = ".".join(map(str, sys.version_info[:3]))
    raise EnvironmentProblemError(
        f"Python 3.11 or newer is needed, and this is {here}. Install one, or name it: make PYTHON=/path/to/python3"
    )


def install(lock):
    uv = find_uv()
    if uv:
        sync = [uv, "pip", "sync", "--python", PYTHON, "--require-hashes", lock]
        if os.environ.get("PYTHONDONTWRITEBYTECODE"):  # else Python compiles what it needs, when it needs it
            sync.append("--compile-bytecode")
        if subprocess.run(sync, env=uv_environment()).returncode == 0:
            return
        print("uv could not install it; trying the same with pip.", flush=True)
    subprocess.run([PYTHON, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
    try:
        call(PYTHON, "-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--require-hashes", "-r", lock)
    except subprocess.CalledProcessError:
        raise EnvironmentProblemError(
            "The packages could not be installed: see above. Without a connection to the package index nothing can be; "
            "behind a proxy set HTTPS_PROXY, and with a mirror of your own UV_DEFAULT_INDEX and PIP_INDEX_URL."
        ) from None


def find_uv():
    """The pinned uv, installed beside the environment (a sync would remove it from within); else the machine's own."""
    pinned = os.path.join(TOOLS, "bin", "uv")
    if not os.path.exists(pinned):
        pip = [PYTHON, "-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "--require-hashes", "--target", TOOLS, "-r", os.path.join(ROOT, "requirements-uv.lock")],
            stderr=subprocess.DEVNULL,
        )
    return pinned if os.path.exists(pinned) else shutil.which("uv")


def uv_environment():
    """uv links files from its cache; a cache on another disk is copied from, and one that we may not write is moved."""
    env = dict(os.environ)
    cache = env.get("UV_CACHE_DIR") or os.path.expanduser("~/.cache")
    if not os.path.isdir(cache) or not os.access(cache, os.W_OK):
        try:
            os.makedirs(cache)
        except OSError:
            cache = env["UV_CACHE_DIR"] = os.path.join(ROOT, ".cache", "uv")
            os.makedirs(cache, exist_ok=True)
    if os.stat(cache).st_dev != os.stat(ROOT).st_dev:
        env.setdefault("UV_LINK_MODE", "copy")
    return env


def call(*command):
    subprocess.run(command, check=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except EnvironmentProblemError as problem:
        sys.exit(f"\n{problem}")
    except subprocess.CalledProcessError as problem:
        sys.exit(f"\n{problem.cmd[0]} failed (code {problem.returncode}): see above.")
    except OSError as problem:
        where = f"\n{problem.filename or ROOT}: {problem.strerror}."
        sys.exit(f"{where} The project's folder must be writable, and its disk have about 500 MB free.")
