"""Static files as the started cockpit serves them: collected and compressed once for each state of their sources.

They lie in `COCKPIT_HOME/static`, in a folder that is named after the digest of the sources. It gets that name when it
is complete, so a folder of that name can be served, however an earlier start has ended.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from .home import LaunchError, explained
from .plan import ROOT, Plan
from .process import Stop, run_to_end

# What the collected files depend on: our own, those of packages by their versions, and how they are collected.
SOURCES = ("static", "requirements.lock", "cockpit/pages/collected.py")
DRAFT = ".new-"


def ready(plan: Plan, *, stop: Stop, say: Callable[[str], None]) -> Path | None:
    """The folder to serve, collected now if its sources have changed; None: that failed, which was said."""
    folder = plan.home.path / "static" / digest()
    if folder.is_dir():
        return folder
    say("Compressing scripts and styles (once for each version) …")
    try:
        with explained(folder):
            return collect(plan, folder, stop=stop)
    except LaunchError as problem:
        say(f"Scripts and styles are served as they are, uncompressed. {problem}")
        return None


def collect(plan: Plan, folder: Path, *, stop: Stop) -> Path:
    """Collect into a draft, which becomes `folder` when it is complete. What else lay there is removed first."""
    keep_only(folder)
    draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=folder.parent))
    run_to_end(plan.collect(draft), stop=stop, timeout_s=120)
    os.sync()  # after a power cut the name promises whole files, too
    draft.rename(folder)
    return folder


def keep_only(folder: Path) -> None:
    """Remove what earlier versions and killed starts have left beside `folder`."""
    for other in folder.parent.iterdir():
        if other != folder and other.is_dir():
            shutil.rmtree(other)


def digest(root: Path = ROOT) -> str:
    """What the sources below `root` are: another one after any change of a file's name or content."""
    found = hashlib.sha256()
    for source in SOURCES:
        path = root / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                name, content = str(file.relative_to(root)).encode(), file.read_bytes()
                found.update(b"%d %d " % (len(name), len(content)) + name + content)
    return found.hexdigest()[:16]
