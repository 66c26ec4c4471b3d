"""One installation mirrors one Odoo database; another one under the same address is refused before a row is written."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from integrations.mirror.models import Installation
from integrations.odoo.client import AccessRefusedError, AnswerError, OdooClient, WrongDatabaseError
from integrations.odoo.installation import database_id

from .reader import EVERY_RECORD


def check_installation(client: OdooClient, *, at: datetime) -> Installation:
    """Pin the database that is met first; afterwards raise WrongDatabaseError for any other.

    The mark that `odoo apply` left decides; where there is none, what the database has from birth does. A mark that
    appears later in the same database is added.
    """
    mark, born = mark_of(client), birth_of(client)
    known, is_new = Installation.objects.get_or_create(
        pk=1, defaults={"url": client.url, "database": client.db, "mark": mark, "born": born, "pinned_at": at}
    )
    if is_new:
        return known
    same = mark == known.mark if mark and known.mark else born == known.born
    if not same:
        raise WrongDatabaseError(
            f"At {client.url} there is now another database ({client.db!r}) than the one that this cockpit mirrors "
            f"since {known.pinned_at:%Y-%m-%d} ({known.database!r}). Nothing was read into the mirror. Point ODOO_URL "
            "and ODOO_DB at the old database, or start with an empty cockpit database for the new one."
        )
    if (mark and mark != known.mark) or (client.url, client.db) != (known.url, known.database):
        known.mark, known.url, known.database = mark or known.mark, client.url, client.db
        known.save(update_fields=["mark", "url", "database"])
    return known


def forget_mark() -> None:
    """After `odoo destroy` took the mark away: the next `apply` leaves another in the same database."""
    Installation.objects.update(mark="")


def mark_of(client: OdooClient) -> str:
    """The id that `odoo apply` left; empty where it never ran, or the user may not read it."""
    try:
        return database_id(client) or ""
    except AccessRefusedError:
        return ""


def birth_of(client: OdooClient) -> str:
    """When its first user was made: every colleague may read it, and nobody can change it."""
    colleagues = [["share", "=", False]]
    rows = client.search_read("res.users", colleagues, ["id", "create_date"], order="id", limit=1, context=EVERY_RECORD)
    if not rows:
        raise AnswerError(f"{client.url} shows this user no user at all: its database can't be recognised.")
    return f"user {rows[0]['id']} of {rows[0]['create_date']}"


def compare_database(client: OdooClient, *, at: datetime) -> None:
    """Raise WrongDatabaseError when the mirror was filled from another one; pins nothing."""
    with transaction.atomic():
        check_installation(client, at=at)
        transaction.set_rollback(True)
