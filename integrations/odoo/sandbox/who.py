"""Who asks: API keys and passwords, of which only digests are kept."""

import hashlib
from typing import Any

from psycopg import Cursor

from .errors import OdooError

Rows = Cursor[dict[str, Any]]


def digest(kind: str, text: str, uid: int | str = "") -> str:
    """A key finds its user by itself; a password counts together with the user."""
    return hashlib.sha256(f"{kind}:{uid if kind == 'password' else ''}:{text}".encode()).hexdigest()


def keep_secret(cursor: Rows, kind: str, text: str, uid: int) -> None:
    """The user's only API key (`kind` "key") or password from now on."""
    cursor.execute("DELETE FROM secret WHERE kind = %s AND uid = %s", [kind, uid])
    cursor.execute("INSERT INTO secret VALUES (%s, %s, %s)", [digest(kind, text, uid), kind, uid])


def user_of(cursor: Rows, kind: str, text: str, uid: int | str = "") -> int | None:
    sql = """SELECT s.uid FROM secret s JOIN record u ON u.model = 'res.users' AND u.id = s.uid
        WHERE s.digest = %s AND (u.data->>'active')::boolean"""
    found = cursor.execute(sql, [digest(kind, text, uid)]).fetchone()
    return found["uid"] if found else None


def is_secret_of(cursor: Rows, text: str, uid: int) -> bool:
    return uid in (user_of(cursor, "password", text, uid), user_of(cursor, "key", text))


def user_by_key(cursor: Rows, key: str) -> int:
    if not (uid := user_of(cursor, "key", key)):
        raise OdooError("unauthorized", "Invalid apikey")
    return uid


def login_of(cursor: Rows, login: str, text: str) -> int | None:
    """The user with this login and this password or key, None when one of them is wrong."""
    sql = "SELECT id FROM record WHERE model = 'res.users' AND data->>'login' = %s"
    found = cursor.execute(sql, [login]).fetchone()
    return found["id"] if found and is_secret_of(cursor, text, found["id"]) else None


def checked(cursor: Rows, text: str, uid: int) -> int:
    if not text or not is_secret_of(cursor, text, uid):
        raise OdooError("denied", "Access Denied")
    return uid
