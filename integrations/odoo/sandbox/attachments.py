"""Attachments: digest and size come from the content, which is kept by its digest; who sees the record sees them."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .behaviour import Rules
from .errors import OdooError

if TYPE_CHECKING:
    from .domain import Sql
    from .records import Env

UNKNOWN = "application/octet-stream"
MAGIC = {
    b"%PDF": "application/pdf",
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"PK\x03\x04": "application/zip",
}
REFUSED = "Sorry, you are not allowed to access this document."


class Attachments(Rules):
    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        check_record(env, old or values)
        check_record(env, old | values)
        if not old:
            company = {"company_id": env.companies[0]} if not env.is_sudo else {}
            values = {"type": "binary", "public": False, "file_size": 0, "checksum": None} | company | values
        given = values.get("datas")
        values = {key: value for key, value in values.items() if key != "datas"}
        content = base64.b64decode(given or "")  # what isn't base64 is passed over, as Odoo does
        if content:
            values |= {"checksum": hashlib.sha1(content, usedforsecurity=False).hexdigest(), "file_size": len(content)}
            sql = "INSERT INTO file VALUES (%s, %s) ON CONFLICT DO NOTHING"
            env.cursor.execute(sql, [values["checksum"], content])
        if not old and not values.get("mimetype"):
            values["mimetype"] = kind_of(values.get("name") or "", content)
        return values

    def forget(self, env: Env, ids: list[int]) -> None:
        for one, data in env.data("ir.attachment", ids).items():
            check_record(env, data)
            if (
                data.get("res_model")
                and env.one(data["res_model"], data["res_id"]).get("message_main_attachment_id") == one
            ):
                env.patch(data["res_model"], data["res_id"], {"message_main_attachment_id": None})


RULES: dict[str, Rules] = {"ir.attachment": Attachments()}


def check_record(env: Env, values: dict) -> None:
    """Whoever may write the record may attach to it. Raises AccessError."""
    if env.is_sudo or not values.get("res_model"):
        return
    try:
        env.check(values["res_model"], "write", [values.get("res_id") or 0])
    except OdooError as problem:
        raise OdooError("access", REFUSED) if problem.status == 403 else problem from None


def kind_of(name: str, content: bytes) -> str:
    """Odoo believes the name first, then the content's first bytes."""
    if guess := mimetypes.guess_type(name)[0]:
        return guess
    return next((kind for start, kind in MAGIC.items() if content.startswith(start)), UNKNOWN)


def visible(env: Env, domain: Sequence) -> Sql:
    """The condition on attachments that the user may see: of records that they may read, and loose ones of theirs.

    Raises AccessError when `domain` names a model that they may not read.
    """
    for name in _named(domain):
        env.check(name, "read")
    sql = "SELECT DISTINCT data->>'res_model' AS name FROM record WHERE model = 'ir.attachment'"
    parts = ["(record.data->>'public')::boolean", "(record.data->>'res_model' IS NULL AND record.create_uid = %s)"]
    values: list[Any] = [env.uid]
    for name in sorted(row["name"] for row in env.rows(sql) if row["name"]):
        if env.may(name, "read"):
            text, more = env.condition(name, [])
            seen = f"(record.data->>'res_id')::bigint IN (SELECT id FROM record WHERE {text})"
            parts.append(f"(record.data->>'res_model' = %s AND {seen})")
            values += [name, *more]
    return " OR ".join(parts), values


def _named(domain: Sequence) -> list[str]:
    """The models that a domain asks for by name."""
    terms = [one for one in domain if isinstance(one, list | tuple) and len(one) == 3 and one[0] == "res_model"]
    found = [one[2] if one[1] == "in" else [one[2]] for one in terms if one[1] in ("=", "in")]
    return [name for names in found for name in names if name]


def fill(env: Env, rows: list[dict]) -> None:
    """Put the contents into rows that are about to be answered, in base64."""
    sql = "SELECT checksum, content FROM file WHERE checksum = ANY(%s)"
    digests = [row["data"]["checksum"] for row in rows if row["data"].get("checksum")]
    found = {row["checksum"]: row["content"] for row in env.rows(sql, [digests])}
    for row in rows:
        row["data"]["datas"] = base64.b64encode(found.get(row["data"].get("checksum"), b"")).decode()


def show(env: Env, model: str, one: int, ids: Sequence[int]) -> None:
    """The first attachments of a record's messages: the newest, a PDF before anything else, is shown beside it."""
    if not ids or env.one(model, one).get("message_main_attachment_id"):
        return
    found = env.data("ir.attachment", ids)
    chosen = max(found, key=lambda each: (found[each]["mimetype"] == "application/pdf", each))
    env.patch(model, one, {"message_main_attachment_id": chosen})


def forget_all(env: Env, model: str, ids: Sequence[int]) -> None:
    """What is attached goes with its record."""
    env.cursor.execute("""DELETE FROM record WHERE model = 'ir.attachment' AND data->>'res_model' = %s
        AND (data->>'res_id')::bigint = ANY(%s)""", [model, list(ids)])  # fmt: skip
