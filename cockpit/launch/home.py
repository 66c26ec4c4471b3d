"""The home folder: everything that must survive (database, queue, secrets, logs), and who may reach it.

PostgreSQL refuses to run as root, so root's services run as another user, whose data lie under `data/`. Where that user
cannot reach the home (it is below /root, say), `data` is a link to a folder in /var/lib.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FREE_BYTES = 300 * 2**20  # a new database with its log takes about half of it
OUTSIDE = Path("/var/lib/delivery-cockpit")


class LaunchError(Exception):
    """What is wrong and what to do about it, in a sentence for the person who typed the command."""


class OccupiedError(LaunchError):
    """Another supervisor works with this home."""


@dataclass(frozen=True)
class ServiceUser:
    """Whom the embedded services run as; `switch` tells whether that is somebody else than we are."""

    uid: int
    gid: int
    switch: bool

    @property
    def popen(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}


@dataclass(frozen=True)
class Home:
    """An opened home: `path` holds secrets and logs, `data` what the services own, `user` is their user."""

    path: Path
    data: Path
    user: ServiceUser

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_hex(32)) -> str:
        """The secret of that name, made once and kept readable for us alone."""
        file = self.path / "secrets" / name
        with contextlib.suppress(FileNotFoundError):
            return file.read_text().strip()
        write_private(file, make() + "\n")
        return file.read_text().strip()

    def sockets(self) -> Path:
        """A folder for sockets that only the service user enters. Short: a socket's path may have 100 bytes."""
        note = self.data / "sockets"
        prefix = "cockpit-" + hashlib.sha256(str(self.data).encode()).hexdigest()[:10] + "-"
        with contextlib.suppress(FileNotFoundError):
            folder = Path(note.read_text().strip())
            if folder.name.startswith(prefix) and is_private(folder, self.user.uid):
                return folder
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
        self.give(folder)
        write_private(note, f"{folder}\n")
        return folder

    def forget_sockets(self) -> None:
        """Remove the folder of the sockets once nobody listens there."""
        with contextlib.suppress(OSError):
            self.sockets().rmdir()

    def give(self, path: Path) -> None:
        """Make the service user the owner of `path`."""
        if self.user.switch:
            os.chown(path, self.user.uid, self.user.gid)

    def folder(self, name: str) -> Path:
        """A folder of the services' own below `data`, made when it is missing."""
        path = self.data / name
        if not path.is_dir():
            path.mkdir(mode=0o700)
            self.give(path)
        return path


def open_home(path: Path) -> Home:
    """Make or open the home at `path`.

    Raises LaunchError when it can't be written, belongs to somebody else or the disk is full.
    """
    path = Path(os.path.realpath(path))
    with explained(path):
        path.mkdir(parents=True, exist_ok=True)
        check_owner(path)
        for name in ("logs", "secrets", "static"):
            (path / name).mkdir(mode=0o700, exist_ok=True)
        check_writable(path)
        check_space(path)
        data = path / "data"
        if data.is_symlink() and not data.exists():
            raise LaunchError(
                f"{data} points to {os.readlink(data)}, which is gone. Bring it back, or remove {data} to begin empty."
            )
        if os.geteuid() != 0:
            path.chmod(0o700)
            data.mkdir(mode=0o700, exist_ok=True)
            check_owner(data)
            return Home(path, Path(os.path.realpath(data)), ServiceUser(os.geteuid(), os.getegid(), switch=False))
        return open_as_root(path)


def open_as_root(path: Path) -> Home:
    """Root's home: its services' data belong to an ordinary user and lie where that user can get at them."""
    path.chmod(0o711)
    link = path / "data"
    user = service_user(link)
    if not link.exists():
        make_data(link, user)
        if not can_use(link, user):
            link.rmdir()
            OUTSIDE.mkdir(mode=0o711, parents=True, exist_ok=True)
            outside = OUTSIDE / secrets.token_hex(6)
            make_data(outside, user)
            link.symlink_to(outside)
    data = Path(os.path.realpath(link))
    if not can_use(data, user):
        raise LaunchError(
            f"As root the database runs as user {user_name(user.uid)}, who cannot work in {data}. "
            "Choose a folder that others may pass through with COCKPIT_HOME=…, or start as a plain user."
        )
    return Home(path, data, user)


def make_data(folder: Path, user: ServiceUser) -> None:
    folder.mkdir(mode=0o700)
    os.chown(folder, user.uid, user.gid)


def service_user(data: Path) -> ServiceUser:
    """Whoever owns the data already, else nobody."""
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return ServiceUser(owner.st_uid, owner.st_gid, switch=True)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise LaunchError(
            "PostgreSQL refuses root, and this machine has no user `nobody`; start as a plain user."
        ) from None
    return ServiceUser(nobody.pw_uid, nobody.pw_gid, switch=True)


def can_use(folder: Path, user: ServiceUser) -> bool:
    """Whether `user` can pass through the folder's parents, and write into it."""
    command = ["/bin/sh", "-c", 'cd -- "$1" && test -w .', "sh", str(folder)]
    try:
        done = subprocess.run(command, cwd="/", stderr=subprocess.DEVNULL, check=False, **user.popen)
    except PermissionError as problem:
        raise LaunchError(
            "PostgreSQL refuses to run as root, and this root may not start it as another user; "
            "start as a plain user, or set DATABASE_URL and REDIS_URL."
        ) from problem
    return done.returncode == 0


def check_writable(path: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=path / "logs", prefix=".probe-") as probe:
        probe.write(b"0" * 4096)


def check_space(path: Path) -> None:
    free = shutil.disk_usage(path).free
    if free < FREE_BYTES:
        raise LaunchError(
            f"The disk under {path} has {free // 2**20} MB free; {FREE_BYTES // 2**20} MB are needed. "
            "Make room, or choose another folder with COCKPIT_HOME=…"
        )


def check_owner(folder: Path) -> None:
    """A plain user works in folders of their own; root works in anybody's."""
    owner = folder.stat().st_uid
    if os.geteuid() not in {0, owner}:
        raise LaunchError(
            f"{folder} belongs to {user_name(owner)}, and you are {user_name(os.geteuid())}. "
            "Start as that user, or choose another folder with COCKPIT_HOME=…"
        )


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user number {uid}"


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into a sentence."""
    try:
        yield
    except OSError as problem:
        where = problem.filename or path
        if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise LaunchError(
                f"The disk is full: {where} could not be written. Make room and start again."
            ) from problem
        if problem.errno in {errno.EACCES, errno.EPERM}:
            raise LaunchError(
                f"{where} is closed to {user_name(os.geteuid())}. "
                "Change its owner, or choose another folder with COCKPIT_HOME=…"
            ) from problem
        if problem.errno == errno.EROFS:
            raise LaunchError(
                f"{where} cannot be written: its disk is read-only. Choose another with COCKPIT_HOME=…"
            ) from problem
        if problem.errno in {errno.ENOTDIR, errno.EEXIST}:
            raise LaunchError(f"{where} is a file; COCKPIT_HOME must name a folder.") from problem
        raise LaunchError(f"{where} cannot be used: {problem.strerror or problem}.") from problem


def is_private(folder: Path, uid: int) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and stat.S_IMODE(found.st_mode) == 0o700


def write_private(file: Path, text: str) -> None:
    """Write a file for our eyes only; a reader sees all of it or nothing, also after a power cut."""
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    with os.fdopen(handle, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, file)


@contextlib.contextmanager
def occupied(home: Home, address: str) -> Iterator[None]:
    """Hold the home for this process. The system lets go of it when the process ends, however it ends.

    Raises OccupiedError naming the process that holds it.
    """
    with open(home.data / "lock", "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise OccupiedError(occupied_by(home, file.read())) from None
        file.truncate(0)
        json.dump({"pid": os.getpid(), "address": address}, file)
        file.flush()
        yield


def occupied_by(home: Home, note: str) -> str:
    try:
        holder = json.loads(note)
        who = f"at {holder['address']} (process {holder['pid']})"
    except (ValueError, KeyError):
        who = "or is just starting"
    hint = "Stop it with Ctrl-C, or start a second one with a COCKPIT_HOME=… of its own."
    return f"The cockpit of {home.path} already runs {who}. {hint}"
