"""Which Odoo database this is: an id that `odoo apply` leaves there, so that another one under the same address shows.

It lies in the guard's table, which every user of Odoo may read. A system parameter would not do: whoever may read
one of those over RPC can read them all, the database's secret among them.
"""

from uuid import uuid4

from integrations.odoo.client import OdooClient, UnknownNameError, WrongDatabaseError
from integrations.odoo.manifest import Row

GUARD = "x_cockpit_guard"
DATABASE = "cockpit.database"


def pin() -> Row:
    """The row that names the database; made once, with a new id."""
    return Row(GUARD, "database", {"x_model": DATABASE, "x_mode": "off", "x_domain": str(uuid4())})


def database_id(client: OdooClient) -> str | None:
    """The id that `odoo apply` left in this database, or None when it never ran here."""
    try:
        rows = client.search_read(GUARD, [("x_model", "=", DATABASE)], ["x_domain"], limit=1)
    except UnknownNameError:
        return None
    return str(rows[0]["x_domain"]) if rows else None


def check_database(client: OdooClient, pinned: str | None) -> str | None:
    """The database's id, None before the first `odoo apply`.

    Raises WrongDatabaseError when the cockpit was filled from the database `pinned` and this is another one.
    """
    found = database_id(client)
    if pinned and found != pinned:
        other = f"carries the id {found}" if found else "carries no id of the cockpit"
        raise WrongDatabaseError(
            f"{client.db!r} at {client.url} is another database than the one this cockpit was filled from: it {other}, "
            f"not {pinned}. Point ODOO_URL and ODOO_DB back, or give the cockpit an empty database of its own."
        )
    return found
