"""What is right and wrong with the connection to Odoo: one finding per thing that the cockpit needs there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from integrations.mirror.models import Cursor
from integrations.odoo import installation, provision
from integrations.odoo.client import AccessRefusedError, OdooClient, OdooError, UnknownNameError, connect
from integrations.odoo.credentials import current_config
from integrations.odoo.manifests import declared
from integrations.odoo.pull.capabilities import CAPABILITIES
from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.pull.installation import compare_database
from integrations.odoo.pull.maps import Map, MapError
from integrations.odoo.pull.reader import described_fields
from integrations.odoo.pull.round import may_read

# What brings a model that a smaller Odoo may lack, and the least group that may read all of its records.
MODULES = {
    "account.analytic.line": ("hr_timesheet", "Timesheets / User: all timesheets"),
    "account.move": ("account", "Invoicing"),
    "account.move.line": ("account", "Invoicing"),
    "hr.department": ("hr", "Employees / Officer"),
    "hr.employee": ("hr", "Employees / Officer"),
    "hr.leave": ("hr_holidays", "Time Off / Officer"),
    "project.project": ("project", "Project / Administrator"),
}
RIGHTS = {"read": "read", "write": "change", "create": "create"}
# What writing back needs: releasing and posting an invoice, and leaving a note on it.
WRITES = (
    ("account.move", "write"),
    ("account.move.line", "write"),
    ("mail.message", "create"),
)
# What is written too where the firm has policies on it; without them the right may be missing.
ALSO_WRITTEN = frozenset({"hr.expense", "purchase.order", "res.partner", "sale.order"})
RELEASES = "cockpit.group_release"
SKEW = timedelta(seconds=60)
LOCAL = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Finding:
    """`level`: fail keeps the cockpit from working, warn does not; absent is what Odoo has not, and need not have."""

    level: Literal["ok", "warn", "fail", "absent"]
    subject: str
    words: str


def findings(*, at: datetime) -> Iterator[Finding]:
    """Each thing as it is found out; stops at a connection that cannot be had. Changes nothing on either side."""
    try:
        client = connect(current_config())
    except OdooError as problem:
        yield Finding("fail", "connection", problem.sentence)
        return
    yield from _connection(client, at)
    yield _database(client, at)
    for map_ in MAPS:
        yield _model(client, map_)
    for model, right in WRITES:
        yield _write(client, model, right)
    yield from _guard(client)


def _connection(client: OdooClient, at: datetime) -> Iterator[Finding]:
    yield Finding("ok", "address", f"Odoo {client.version().text} at {client.url}, over {client.transport}")
    parts = urlsplit(client.url)
    if parts.scheme == "http" and parts.hostname not in LOCAL:
        yield Finding("warn", "address", "The key travels unencrypted. Let Odoo answer https and set ODOO_URL to it.")
    skew = client.server_now() - at
    if abs(skew) > SKEW:
        side = "ahead" if skew > SKEW else "behind"
        yield Finding("warn", "clock", f"Its clock is {abs(skew.total_seconds()):.0f} s {side}; set both by NTP.")
    companies = client.search_read("res.company", [], ["name"])
    names = ", ".join(company["name"] for company in companies)
    yield Finding("ok", "user", f"{client.login} (id {client.uid}) of database {client.db}, in {names}")


def _database(client: OdooClient, at: datetime) -> Finding:
    try:
        compare_database(client, at=at)
    except OdooError as problem:
        return Finding("fail", "database", problem.sentence)
    found = installation.database_id(client)
    return Finding("ok", "database", f"id {found}" if found else "no id yet; `manage.py odoo apply` gives it one")


def _model(client: OdooClient, map_: Map) -> Finding:
    """Every field that the mirror reads, as this user."""
    model = map_.odoo_model
    try:
        fitted = map_.fit(described_fields(client, map_))
        client.search_read(model, list(map_.domain), fitted.fields, limit=1)
    except UnknownNameError as problem:
        if map_.capability and problem.is_model:
            return _absent(map_, "Odoo has no such model")
        return Finding("fail", model, _missing_module(model) or problem.sentence)
    except MapError as problem:
        if map_.capability and not _was_read(model) and not may_read(client, model):
            return _absent(map_, f"{client.login!r} may not read it")
        return Finding("fail", model, f"{problem} {_lacking(client, model)}".strip())
    except AccessRefusedError as problem:
        if map_.capability and not _was_read(model):
            return _absent(map_, f"{client.login!r} may not read it")
        return Finding("fail", model, f"{problem.sentence} {_group_for(client, model)}")
    except OdooError as problem:
        return Finding("fail", model, problem.sentence)
    without = ", ".join(f"{column} ({map_.optional[column]})" for column in fitted.lacks)
    return Finding("ok", model, f"reads {len(fitted.fields)} fields" + (f"; not there: {without}" if without else ""))


def _absent(map_: Map, why: str) -> Finding:
    """What it would add, and what to do for it. No failure."""
    known = CAPABILITIES[map_.capability]
    group = f", and give a group like {known.group}" if known.group else ""
    return Finding("absent", map_.odoo_model, f"{why}. For {known.adds}: install {known.module}{group}.")


def _was_read(model: str) -> bool:
    """A right that was there once is lost: that is a failure."""
    return Cursor.objects.filter(model=model, done_to__isnull=False, absent="").exists()


def _missing_module(model: str) -> str:
    module = MODULES.get(model, ("", ""))[0]
    return f"Odoo has no model {model}: install its module {module}." if module else ""


def _group_for(client: OdooClient, model: str) -> str:
    group = MODULES.get(model, ("", ""))[1]
    return f"Give {client.login!r} a group that may{f', like {group}' if group else ''}."


def _lacking(client: OdooClient, model: str) -> str:
    return (
        "" if may_read(client, model) else f"{client.login!r} may not read {model} at all. {_group_for(client, model)}"
    )


def _write(client: OdooClient, model: str, right: str) -> Finding:
    try:
        allowed = client.call(model, "has_access", [], operation=right)
    except UnknownNameError:
        return Finding("fail", model, _missing_module(model) or f"Odoo has no model {model}.")
    except OdooError as problem:
        return Finding("fail", model, problem.sentence)
    if not allowed:
        words = f"{client.login!r} may not {RIGHTS[right]} records of {model}."
        return Finding("fail", model, f"{words} {_group_for(client, model)}")
    return Finding("ok", model, f"may {RIGHTS[right]}")


def _guard(client: OdooClient) -> Iterator[Finding]:
    """What `apply` made. Without it the cockpit only observes, so that is no failure."""
    try:
        client.search_read(installation.GUARD, [], ["id"], limit=1)
    except UnknownNameError:
        yield Finding("warn", "guard", "Odoo holds nothing back yet: `manage.py odoo apply` makes the guard.")
        return
    except OdooError as problem:
        yield Finding("fail", "guard", problem.sentence)
        return
    try:
        if not client.call("res.users", "has_group", [client.uid], group_ext_id=RELEASES):
            words = f"{client.login!r} may not release: run `manage.py odoo apply` with ODOO_LOGIN={client.login}."
            yield Finding("fail", "guard", words)
            return
        changes = provision.plan(client, declared(client))
    except OdooError as problem:
        yield Finding("fail", "guard", f"{problem.sentence} Run `manage.py odoo apply` again.")
        return
    for change in changes:
        fields = ", ".join(difference.field for difference in change.differences)
        what = f"has another {fields}" if change.action == "change" else f"is to be {change.action}d"
        yield Finding("fail", "guard", f"{change.xid} {what}; see `manage.py odoo plan`")
    if not changes:
        yield Finding("ok", "guard", "as declared (its code is compared by `manage.py odoo plan`)")
