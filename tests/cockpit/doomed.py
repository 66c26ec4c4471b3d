"""A worker that is killed: `python -m tests.cockpit.doomed PLACE FILE` runs one message and dies with SIGKILL at PLACE.

The file is the outside world: a line is an effect that can be seen there.
"""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any


def die(*_args: Any, **_kwargs: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run(message: Any, *, at: datetime) -> Any:
    """A handler in the shape of a push: look, one call, read back."""
    from cockpit.outbox import Done

    place, world = sys.argv[1:] if sys.argv[0].endswith("doomed.py") else ("", message.payload["world"])
    seen = Path(world).read_text().splitlines()
    if place == "before the call":
        die()
    if message.key not in seen:
        Path(world).write_text("\n".join([*seen, message.key, ""]))
    if place == "after the call":
        die()
    return Done("verified")


def on_event(event: Any, *, at: datetime) -> None:
    from cockpit.exception_queue import open_case

    open_case(f"seen:{event.key}", kind="test", title="Seen", at=at)
    if sys.argv[0].endswith("doomed.py") and sys.argv[1] == "inside the handler":
        die()


def main(place: str) -> None:
    import django

    django.setup()
    from django.conf import settings

    from cockpit.outbox import worker
    from tests.cockpit.fakes import MONDAY

    settings.OUTBOX_HANDLERS = WIRING
    if place == "after the answer":
        worker.complete = die
    if place == "after the claim":
        worker._run_function = die
    worker.run_one(MONDAY)


WIRING = {
    "doomed": {"run": "tests.cockpit.doomed.run", "timeout_s": 5},
    "events.handle": {"run": "cockpit.events.dispatch.handle", "timeout_s": 5},
}

if __name__ == "__main__":
    main(sys.argv[1])
