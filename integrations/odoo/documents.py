"""Documents attached to Odoo's records: looked up and read when somebody wants to see one. Nothing is kept."""

import base64
import binascii
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cockpit.pages.documents import Content, DocumentError, check_kind
from integrations.odoo.client import (
    AccessRefusedError,
    AuthenticationError,
    MissingRecordError,
    OdooClient,
    OdooError,
    UnreachableError,
)
from integrations.odoo.push import connection

ABOUT = ["name", "mimetype", "file_size", "type", "res_model", "res_id"]


def fetch(subject: str, document: int, *, at: datetime) -> Content:
    """The attachment of the record "odoo.account.move:17" with this id.

    Raises DocumentError: Odoo is away, it is gone or of another record, the cockpit's user may not read it, it is a
    mere link, too large, or of a kind that is not opened.
    """
    model, _colon, record = subject.removeprefix("odoo.").rpartition(":")
    try:
        client = connection.client(at=at)
        row = _about(client, document)
        if row is None or (row["res_model"], row["res_id"]) != (model, int(record)):
            raise DocumentError(_("It was deleted in Odoo, or taken off this record."), 404)
        if row["type"] != "binary":
            raise DocumentError(_("It is a link, not a file. Open it in Odoo."), 415)
        check_kind(row["mimetype"] or "", row["file_size"] or 0)
        return Content(row["name"] or "", row["mimetype"], _data(client, document))
    except OdooError as problem:
        raise _refusal(problem) from problem


def _about(client: OdooClient, document: int) -> dict[str, Any] | None:
    rows = client.search_read("ir.attachment", [["id", "=", document]], ABOUT)
    return rows[0] if rows else None


def _data(client: OdooClient, document: int) -> bytes:
    rows = client.call("ir.attachment", "read", [document], fields=["datas"], load=None)
    if not rows or not rows[0].get("datas"):
        raise DocumentError(_("Odoo has lost its content: only its name is left there."), 404)
    try:
        return base64.b64decode(rows[0]["datas"], validate=True)
    except binascii.Error:
        raise DocumentError(_("Odoo sent something that is no file. Open it in Odoo."), 502) from None


def _refusal(problem: OdooError) -> DocumentError:
    if isinstance(problem, UnreachableError | AuthenticationError):
        connection.forget()
    if isinstance(problem, MissingRecordError):
        return DocumentError(_("It was deleted in Odoo, or taken off this record."), 404)
    if isinstance(problem, AccessRefusedError):
        return DocumentError(
            _("Odoo does not let the cockpit read it. Whoever runs Odoo can give its user the right."), 403
        )
    if isinstance(problem, UnreachableError):
        return DocumentError(_("Odoo cannot be reached now. You can decide without it, or try again in a minute."), 503)
    return DocumentError(_("Odoo did not give it: %(reason)s") % {"reason": problem.sentence}, 502)
