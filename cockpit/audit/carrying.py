"""Days' roots, carried to where an administrator of the database does not reach: folders, mailboxes, web addresses."""

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import urllib3
from django.core.mail import EmailMessage
from django.db import transaction

from cockpit.audit.models import Entry
from cockpit.audit.sealing import write_once
from cockpit.audit.services import record

SYSTEM = "system:audit"
VERB = "audit.root.carry"
LATELY = 31  # roots that are still tried
PATIENCE_S = 20


class CarryError(RuntimeError):
    """A root did not arrive; the message says where and why. It is tried again every hour."""


def carry(at: datetime, folder: Path, places: Iterable[str]) -> int:
    """Bring each of the last roots to each place once; how many were. Raises CarryError after having tried all."""
    carried, problems = 0, []
    for path in sorted(folder.glob("????-??-??.json"))[-LATELY:]:
        text = path.read_text(encoding="utf-8")
        there = _carried(path)
        for place in places:
            if name_of(place) in there:
                continue
            try:
                _way_to(place)(place, path.name, text)
            except (OSError, urllib3.exceptions.HTTPError, CarryError) as problem:
                problems.append(f"{path.name} to {name_of(place)}: {problem}")
                continue
            digest = hashlib.sha256(text.encode()).hexdigest()
            with transaction.atomic():
                data = {"to": name_of(place), "sha256": digest}
                record(f"audit.root:{path.stem}", VERB, actor=SYSTEM, at=at, data=data)
            carried += 1
    if problems:
        raise CarryError("; ".join(problems))
    return carried


def name_of(place: str) -> str:
    """The place without what might be a secret in its address."""
    return place.partition("?")[0].rpartition("@")[2] if place.startswith("https:") else place


def _carried(path: Path) -> set[str]:
    entries = Entry.objects.filter(subject=f"audit.root:{path.stem}", verb=VERB)
    return {entry.data["to"] for entry in entries}


def _way_to(place: str) -> Callable[[str, str, str], None]:
    ways = {"folder:": _to_folder, "mail:": _by_mail, "https:": _by_web}
    for prefix, way in ways.items():
        if place.startswith(prefix):
            return way
    raise CarryError("it is no place: write folder:/path, mail:somebody@example.com or https://…")


def _to_folder(place: str, name: str, text: str) -> None:
    path = Path(place.removeprefix("folder:")) / name
    if not path.parent.is_dir():
        raise CarryError(f"the folder {path.parent} is not there")
    if path.exists():
        if path.read_text(encoding="utf-8") != text:
            raise CarryError("another root of that day lies there: one of the two was changed")
        return
    write_once(path, text)


def _by_mail(place: str, name: str, text: str) -> None:
    root = json.loads(text)
    said = f"Keep this file. It proves the audit trail up to seal {root['seals']}, {root['hash']}.\n"
    message = EmailMessage(f"Audit root {name}", said, to=[place.removeprefix("mail:")])
    message.attach(name, text, "application/json")
    message.send()


def _by_web(place: str, name: str, text: str) -> None:
    """PUT to the address with the name before its query; never over one that is there."""
    address, sep, query = place.partition("?")
    answer = urllib3.request(
        "PUT",
        f"{address.rstrip('/')}/{name}{sep}{query}",
        body=text.encode(),
        headers={"Content-Type": "application/json", "If-None-Match": "*"},
        timeout=PATIENCE_S,
        retries=False,
        redirect=False,
    )
    if not 200 <= answer.status < 300:
        raise CarryError(f"it answered {answer.status}")
