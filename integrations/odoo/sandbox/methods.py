"""The methods that may be called, with Odoo's own argument names; a name that is not a parameter here is refused."""

import html
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from . import attachments, grouping, moves, orders, versions
from .errors import OdooError, refusal
from .loading import load_row
from .records import Env
from .schema import TYPES, Field

ATTRIBUTES = {
    "name",
    "type",
    "string",
    "store",
    "required",
    "readonly",
    "relation",
    "relation_field",
    "selection",
    "manual",
    "company_dependent",  # none is
}
NO_LOAD = {"project.tags"}  # Odoo gives them a search_read of their own
SUBTYPES = {"mail.mt_comment": 1, "mail.mt_note": 2}


def found(model: str, method: str) -> tuple[Callable, bool]:
    """The function, and whether it works on the model (so takes no ids). Raises OdooError for what is not offered."""
    if method.startswith("_"):
        raise OdooError("access", f"Private methods (such as '{model}.{method}') cannot be called remotely.")
    if method in ON_MODEL:
        return ON_MODEL[method], True
    if method in ON_RECORDS:
        return ON_RECORDS[method], False
    if (model, method) in OWN:
        return OWN[model, method]
    raise OdooError("method", f"The method '{model}.{method}' does not exist")


def call(env: Env, model: str, method: str, ids: list[int] | None, args: Sequence, kwargs: dict) -> Any:
    """Run one call; `ids` is None where the transport gave none. What does not fit gets Odoo's own sentences."""
    env.model(model)
    function, on_model = found(model, method)
    if on_model and ids:
        raise OdooError("arguments", f"cannot call {model}.{method} with ids")
    if not all(type(one) is int for one in ids or ()):
        raise OdooError("value", f"Wrong value for ids: {ids!r}")
    before = () if on_model else (ids or [],)
    try:
        inspect.signature(function).bind(env, model, *before, *args, **kwargs)
    except TypeError as problem:
        raise OdooError("arguments", str(problem)) from None
    return function(env, model, *before, *args, **kwargs)


# --- on the model -------------------------------------------------------------------------------


def search_read(env: Env, model: str, domain: list, fields: list, offset: int = 0, limit: int | None = None,
                order: str | None = None, load: str | None = "_classic_read") -> list[dict]:  # fmt: skip
    if model in NO_LOAD:
        if load is None:
            raise OdooError("arguments", "got an unexpected keyword argument 'load'")
        load = None  # nothing but names is read of them
    return _answer(env, model, _find(env, model, domain, offset, limit, order), fields, load)


def search(
    env: Env, model: str, domain: list, offset: int = 0, limit: int | None = None, order: str | None = None
) -> list[int]:
    return [row["id"] for row in _find(env, model, domain, offset, limit, order)]


def search_count(env: Env, model: str, domain: list) -> int:
    return formatted_read_group(env, model, domain, aggregates=["__count"])[0]["__count"]


def _find(env: Env, model: str, domain: list, offset: int, limit: int | None, order: str | None) -> list[dict]:
    env.check(model, "read")
    if not order and (offset or (limit or 0) > 1):
        raise refusal("paging without an order, which Odoo would choose differently for each model")
    return env.find(model, domain, order or "id", limit, offset, active_test=env.context.get("active_test", True))


def _answer(env: Env, model: str, rows: list[dict], fields: list | None, load: str | None) -> list[dict]:
    if not fields or load is not None:
        raise refusal("reading without the fields' names, or without load=None")
    return env.answer(model, rows, fields)


def create(env: Env, model: str, vals_list: dict | list[dict]) -> list[int]:
    rows = [vals_list] if isinstance(vals_list, dict) else vals_list
    _refuse_computed(env, model, rows)
    return env.create(model, rows)


def fields_get(env: Env, model: str, allfields: list | None = None, attributes: list | None = None) -> dict[str, dict]:
    if unknown := set(attributes or ()) - ATTRIBUTES:
        raise refusal(f"these attributes of fields_get: {sorted(unknown)}")
    env.check(model, "read")
    shown = [f for f in env.model(model).fields.values() if env.shows(f) and (not allfields or f.name in allfields)]
    described = {field.name: _described(field) for field in shown}
    return {name: {key: one[key] for key in attributes or one if key in one} for name, one in described.items()}


def _described(field: Field) -> dict:
    about = {"name": field.name, "type": TYPES[field.kind], "string": field.label, "store": field.stored,
             "required": field.required, "readonly": field.computed or field.is_column, "manual": field.manual,
             "relation": field.relation, "relation_field": field.inverse,
             "selection": [[one, one.capitalize()] for one in field.options]}  # fmt: skip
    return {key: value for key, value in about.items() if value not in ("", [])}


def formatted_read_group(
    env: Env, model: str, domain: list, groupby: Sequence = (), aggregates: Sequence = ()
) -> list[dict]:
    """What a reconciliation asks for; see `grouping.py`."""
    env.check(model, "read")
    return grouping.groups(env, model, domain, groupby, aggregates)


def load(env: Env, model: str, fields: list[str], data: list[list[str]]) -> dict:
    """Upsert by external id: all rows or none; what a rule refuses is an answer with `ids` false."""
    ids: list[int] = []
    try:
        with env.cursor.connection.transaction():
            for row in data:
                ids.append(load_row(env, model, dict(zip(fields, row, strict=True))))
    except (OdooError, psycopg.errors.UniqueViolation, psycopg.errors.SerializationFailure) as problem:
        if isinstance(problem, OdooError) and problem.name == "builtins.ValueError":
            raise
        busy = "could not serialize access due to concurrent update"
        text = str(problem) if isinstance(problem, OdooError) else busy
        at = {"rows": {"from": len(ids), "to": len(ids)}, "record": len(ids)}
        return {"ids": False, "messages": [{**at, "type": "error", "message": text}], "nextrow": 0}
    return {"ids": ids, "messages": [], "nextrow": 0}


def context_get(env: Env, model: str) -> dict:
    return {"lang": "en_US", "tz": False, "uid": env.uid}


def call_cache_clearing_methods(env: Env, model: str) -> None:
    """Nothing to clear: rights are read anew with every call."""


# --- on records ---------------------------------------------------------------------------------


def read(env: Env, model: str, ids: list[int], fields: list, load: str | None = "_classic_read") -> list[dict]:
    alive = list(env.data(model, ids))
    env.check(model, "read", alive)
    rows = {row["id"]: row for row in env.find(model, [["id", "in", alive]])}
    return _answer(env, model, [rows[one] for one in ids if one in rows], fields, load)


def write(env: Env, model: str, ids: list[int], vals: dict) -> bool:
    _refuse_computed(env, model, [vals])
    env.write(model, ids, vals)
    return True


def _refuse_computed(env: Env, model: str, vals_list: list[dict]) -> None:
    fields = env.model(model).fields
    if computed := {word for vals in vals_list for word in vals if word in fields and fields[word].computed}:
        raise refusal(f"writing computed fields of {model}: {sorted(computed)}")


def unlink(env: Env, model: str, ids: list[int]) -> bool:
    env.unlink(model, ids)
    return True


def has_access(env: Env, model: str, ids: list[int], operation: str) -> bool:
    return env.may(model, operation) and set(env.seen(model, ids)) == set(ids)


def get_external_id(env: Env, model: str, ids: list[int]) -> dict[str, str]:
    found = env.external_ids(model, ids)
    return {str(one): found.get(one, "") for one in ids}


def message_post(env: Env, model: str, ids: list[int], body: str = "", message_type: str = "notification",
                 subtype_xmlid: str = "mail.mt_note", body_is_html: bool = False,
                 attachment_ids: Sequence[int] = (), partner_ids: Sequence[int] = ()) -> list[int]:  # fmt: skip
    _one(model, ids)
    env.check(model, "read" if model == "hr.employee" else "write", ids)  # as `_mail_post_access` says there
    if subtype_xmlid not in SUBTYPES:
        raise refusal(f"the subtype {subtype_xmlid!r} of a message")
    at = env.rows("SELECT to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD HH24:MI:SS') AS at")[0]["at"]
    text = body if body_is_html else f"<span>{html.escape(body, quote=False)}</span>"
    author = env.one("res.users", env.uid)["partner_id"]
    values = {"model": model, "res_id": ids[0], "date": at, "body": text, "author_id": author}
    more: dict[str, Any] = {"message_type": message_type, "subtype_id": SUBTYPES[subtype_xmlid]}
    if partner_ids:
        more["partner_ids"] = [[6, 0, list(partner_ids)]]
    attachments.show(env, model, ids[0], attachment_ids)
    return env.create("mail.message", [values | more])


def has_group(env: Env, model: str, ids: list[int], group_ext_id: str) -> bool:
    _one(model, ids)
    return env.sudo(ids[0]).in_group(group_ext_id)


def check_object_reference(env: Env, model: str, module: str, xml_id: str) -> list:
    """The model and id behind an external id; anybody may ask."""
    found = env.ref(f"{module}.{xml_id}")
    if not found:
        raise OdooError("value", f"External ID not found in the system: {module}.{xml_id}")
    return [found["model"], found["res_id"]]


def _one(model: str, ids: list[int]) -> None:
    if len(ids) != 1:
        raise OdooError("value", f"Expected singleton: {model}({', '.join(map(str, ids))})")


ON_MODEL: dict[str, Callable] = {
    f.__name__: f for f in (search_read, search, search_count, create, fields_get, formatted_read_group, load)
}
ON_RECORDS: dict[str, Callable] = {f.__name__: f for f in (read, write, unlink, has_access, get_external_id)}
OWN: dict[tuple[str, str], tuple[Callable, bool]] = {  # model, method: function, whether it works on the model
    ("res.users", "context_get"): (context_get, True),
    ("res.users", "has_group"): (has_group, False),
    ("ir.model.data", "check_object_reference"): (check_object_reference, True),
    ("ir.model.access", "call_cache_clearing_methods"): (call_cache_clearing_methods, True),
    ("hr.employee", "create_version"): (versions.create_version, False),
    ("account.move", "message_post"): (message_post, False),
    ("hr.employee", "message_post"): (message_post, False),
    ("sale.order", "message_post"): (message_post, False),
    ("sale.order", "action_confirm"): (orders.action_confirm, False),
    ("hr.expense", "message_post"): (message_post, False),
    ("hr.expense", "action_submit"): (orders.action_submit, False),
    ("hr.expense", "action_approve"): (orders.action_approve, False),
    ("account.move", "action_post"): (moves.action_post, False),
    ("account.move", "button_draft"): (moves.button_draft, False),
    ("account.move", "button_cancel"): (moves.button_cancel, False),
}
