"""What people write is kept beside the trail: an entry holds its salted hash, so that the words can be erased."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cockpit.audit.canonical import plain
from cockpit.audit.models import Entry, Words

MARK = "sha256"


@dataclass(frozen=True)
class Said:
    text: str
    salt: str
    digest: str

    @property
    def mark(self) -> dict[str, str]:
        """What the entry's data holds in its place."""
        return {MARK: self.digest}


def say(text: str) -> Said:
    text, salt = str(plain(text, "words")), secrets.token_hex(16)
    return Said(text, salt, commitment(salt, text))


def commitment(salt: str, text: str) -> str:
    """SHA-256 of salt and text: says nothing of the text to whom the salt is not given."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def keep(said: Iterable[tuple[Entry, str, Said]]) -> None:
    rows = [
        Words(digest=one.digest, subject=entry.subject, seq=entry.seq, key=key, salt=one.salt, text=one.text)
        for entry, key, one in said
    ]
    if rows:
        Words.objects.bulk_create(rows, batch_size=2000)


def spoken(entries: Sequence[Entry]) -> dict[int, dict[str, str]]:
    """Entry's key → what was written in it, by its key in the data; one query, none where nothing was written."""
    wanted = {digest for entry in entries for digest in digests_in(entry.data).values()}
    texts = dict(Words.objects.filter(pk__in=wanted).values_list("pk", "text")) if wanted else {}
    return {
        entry.pk: {key: texts.get(digest, "") for key, digest in digests_in(entry.data).items()} for entry in entries
    }


def digests_in(data: Mapping[str, Any]) -> dict[str, str]:
    """Key → hash of the words that an entry's data stands for."""
    return {
        key: value[MARK]
        for key, value in data.items()
        if isinstance(value, dict) and value.keys() == {MARK} and isinstance(value[MARK], str)
    }


def erase_words(digests: Iterable[str], *, at: datetime) -> list[str]:
    """Take the texts away; their hashes stay in the entries. Returns those that had a text until now."""
    found = list(Words.objects.filter(pk__in=list(digests), erased_at__isnull=True).values_list("pk", flat=True))
    Words.objects.filter(pk__in=found).update(text="", salt="", erased_at=at)
    return sorted(found)
