"""`python -m integrations.odoo.sandbox.trouble slow|away|errors|none`: give the running demo's Odoo trouble, or end it.

It speaks to the sandbox that `make run` started in COCKPIT_HOME (or .cockpit), and needs nothing else.
"""

import http.client
import json
import os
import shlex
import sys
from pathlib import Path

LASTING = 1_000_000  # calls: until `none`
TROUBLES: dict[str, tuple[dict | None, str]] = {
    "slow": ({"kind": "delay", "seconds": 4}, "Each call of Odoo takes four seconds longer."),
    "away": ({"kind": "away"}, "Odoo closes every connection without a word."),
    "errors": ({"kind": "500"}, "Odoo answers every call with an error of its own."),
    "none": (None, "Odoo is well again."),
}


def main() -> int:
    asked = sys.argv[1] if len(sys.argv) == 2 else ""
    if asked not in TROUBLES:
        sys.stderr.write(f"Say which trouble: {', '.join(TROUBLES)}.\n")
        return 2
    home = Path(os.environ.get("COCKPIT_HOME") or Path(__file__).parents[3] / ".cockpit").expanduser()
    fault, sentence = TROUBLES[asked]
    try:
        address, token = where(home)
        call(address, token, "DELETE")
        if fault:
            call(address, token, "POST", {**fault, "count": LASTING})
    except (OSError, KeyError, http.client.HTTPException) as problem:
        sys.stderr.write(f"No simulated Odoo can be reached for {home} ({problem}). Does `make run` run there?\n")
        return 1
    ends = "" if asked == "none" else " End it with: make trouble WHICH=none"
    print(f"{sentence}{ends}")
    return 0


def where(home: Path) -> tuple[str, str]:
    """The sandbox's address and the token of its faults' page."""
    lines = [shlex.split(line)[0].partition("=") for line in (home / "env").read_text().splitlines()]
    token = (home / "secrets" / "sandbox-token").read_text().strip()
    return {name: value for name, _, value in lines}["ODOO_URL"], token


def call(address: str, token: str, method: str, fault: dict | None = None) -> None:
    body = json.dumps(fault).encode() if fault else None
    connection = http.client.HTTPConnection(address.partition("://")[2], timeout=10)
    connection.request(method, "/sandbox/faults", body, {"Authorization": f"Bearer {token}"})
    if (status := connection.getresponse().status) != 200:
        raise OSError(f"its page of faults answered {status}")


if __name__ == "__main__":
    sys.exit(main())
