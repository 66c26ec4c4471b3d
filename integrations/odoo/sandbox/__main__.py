"""`python -m integrations.odoo.sandbox --port 8070`; `--reset` forgets everything and seeds the firm anew."""

import argparse
import os
import signal
import sys
import threading

from . import life
from .app import build
from .server import listen
from .store import from_environment


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m integrations.odoo.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8070)
    parser.add_argument("--reset", action="store_true", help="drop the schema and seed the firm anew")
    options = parser.parse_args()
    if options.reset:
        store = from_environment()
        store.pool.open(wait=True, timeout=15)
        store.drop()
    sandbox = build()
    server = listen(sandbox, options.port)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    stop, pace = threading.Event(), life.pace_of(os.environ)
    living = threading.Thread(target=life.live, args=(sandbox.store, pace, stop), daemon=True)
    if pace:
        living.start()
    print(f"Odoo sandbox: http://127.0.0.1:{server.server_port} database {sandbox.db}", flush=True)
    server.serve_forever(poll_interval=0.2)
    server.server_close()
    stop.set()
    if pace:
        living.join(timeout=5)
    sandbox.store.close()
    sys.exit(0)


if __name__ == "__main__":
    main()
