"""Documents that live elsewhere: fetched when somebody looks, shown safely, never kept."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

LIMIT = 20 * 2**20  # bytes
# Shown in a frame. A PDF is drawn by the browser's own viewer, which does not start in a sandbox.
NOT_IN_A_SANDBOX = frozenset({"application/pdf"})
SHOWN = NOT_IN_A_SANDBOX | {"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"}
# Handed over as a file, never shown.
HANDED_OVER = frozenset(
    {
        "text/csv",
        "message/rfc822",
        "application/zip",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
    }
)


@dataclass(frozen=True)
class Content:
    """`mimetype` as its system believes; only the lists above decide what a browser is told."""

    name: str
    mimetype: str
    data: bytes


class DocumentError(Exception):
    """The document cannot be had. `sentence` says why and what to do; `status` is HTTP's."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.sentence, self.status = sentence, status


Fetch = Callable[..., Content]  # (subject, document's id, *, at) → Content; raises DocumentError


def check_kind(mimetype: str, size: int) -> None:
    """Raises DocumentError before anything is fetched."""
    if mimetype not in SHOWN | HANDED_OVER:
        raise DocumentError(_("Files of this kind are not opened here, to be safe. Open it in Odoo."), 415)
    if size > LIMIT:
        limit = LIMIT // 2**20
        raise DocumentError(_("It is larger than %(limit)d MB. Open it in Odoo.") % {"limit": limit}, 413)


def checked(content: Content, checksum: str) -> Content:
    """The very content that the request names (by its SHA-1, which is what Odoo keeps). Raises DocumentError."""
    if hashlib.sha1(content.data, usedforsecurity=False).hexdigest() != checksum:
        raise DocumentError(
            _("It was replaced in Odoo a moment ago. The request takes the new one in: look again in half a minute."),
            409,
        )
    return content


def response(content: Content, *, download: bool) -> HttpResponse:
    """Never guessed by the browser, never run, never kept."""
    shown = content.mimetype in SHOWN and not download
    kind = content.mimetype if shown else "application/octet-stream"
    answer = HttpResponse(content.data, content_type=f"{kind}; charset=utf-8" if kind == "text/plain" else kind)
    answer.headers["Content-Disposition"] = _disposition(content.name, inline=shown)
    answer["X-Content-Type-Options"] = "nosniff"
    safe = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"
    framed = shown and content.mimetype not in NOT_IN_A_SANDBOX
    answer["Content-Security-Policy"] = f"{safe}; sandbox" if framed else f"{safe}; object-src 'self'"
    return answer


def _disposition(name: str, *, inline: bool) -> str:
    clean = "".join(sign for sign in name if sign.isprintable() and sign not in '/\\"') or "document"
    return content_disposition_header(not inline, clean) or "attachment"
