"""What a push may do, as payloads of `plan.py`: one builder for each kind of effect. Pure; any workflow puts them.

    outbox.put("odoo.push", destination="odoo", subject="sale.order:7", payload=effects.confirm_order(7, expect=…), …)

`expect` is what was decided on: `stands(model, id, fields)` of a record, as many as there are. `key` is the decision's,
like R-1042/1, and tells what was made for it from everything else.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Payload = dict[str, Any]
Expected = Sequence[Mapping[str, Any]]
KEY_FIELD = "x_cockpit_key"
MODULE = "cockpit_push"  # of external ids; what `odoo apply` keeps lies in "cockpit"
RELEASE_FIELD = "x_cockpit_release"
TODO = "mail.mail_activity_data_todo"
WIZARD = "sale.advance.payment.inv"


def stands(model: str, odoo_id: int, fields: Mapping[str, Any]) -> dict[str, Any]:
    """How a record stood when it was decided on."""
    return {"model": model, "id": odoo_id, "fields": dict(fields)}


def xmlid(key: str, what: str) -> str:
    """The external id of what is made for a decision: R-1042/1, "task" → cockpit_push.r_1042_1_task."""
    return f"{MODULE}.{re.sub(r'[^a-z0-9]+', '_', f'{key}/{what}'.lower()).strip('_')}"


def set_fields(model: str, odoo_id: int, values: Mapping[str, Any], *, before: Mapping[str, Any], expect: Expected = (),
               company_id: int | None = None) -> Payload:  # fmt: skip
    """Write `values` while the fields are still as in `before`: what somebody wrote meanwhile is not overwritten.

    Values are plain: a text, a number, a bool, a many2one's id; of many ids `[[6, 0, ids]]` would not compare.
    """
    return _on(
        model, odoo_id, company_id,
        already=dict(values),
        expect=[stands(model, odoo_id, {name: before[name] for name in values}), *expect],
        call={"method": "write", "kwargs": {"vals": dict(values)}},
        read_back=list(values),
    )  # fmt: skip


def release(model: str, odoo_id: int, text: str, *, expect: Expected, company_id: int | None = None) -> Payload:
    """Release a held record for what was approved. The text fits only that; an older one may be replaced."""
    return _on(
        model, odoo_id, company_id,
        already={RELEASE_FIELD: text},
        expect=list(expect),
        call={"method": "write", "kwargs": {"vals": {RELEASE_FIELD: text}}},
        read_back=[RELEASE_FIELD],
    )  # fmt: skip


def confirm_order(order: int, *, expect: Expected, company_id: int | None = None) -> Payload:
    """Confirm a quotation; projects and tasks follow by its products."""
    return _on(
        "sale.order", order, company_id,
        expect=list(expect),
        call={"method": "action_confirm", "kwargs": {}},
        verify={"state": "sale"},
        read_back=["name", "state", "date_order"],
    )  # fmt: skip


def act(model: str, odoo_id: int, method: str, *, goal: Mapping[str, Any], expect: Expected,
        read_back: Sequence[str] = (), company_id: int | None = None) -> Payload:  # fmt: skip
    """Call a method of Odoo's on one record; it is done when the record stands as `goal` says."""
    return _on(
        model, odoo_id, company_id,
        already=dict(goal),
        expect=list(expect),
        call={"method": method, "kwargs": {}},
        read_back=[*goal, *read_back],
        verify=dict(goal),
    )  # fmt: skip


def create(model: str, values: Mapping[str, Any], *, key: str, what: str, expect: Expected = (),
           company_id: int | None = None) -> Payload:  # fmt: skip
    """Make one record under an external id of its own. `values` as `load` takes them: "project_id/.id": 7."""
    name = xmlid(key, what)
    columns = {"id": name, **{word: _cell(value) for word, value in values.items()}}
    rows = {"fields": list(columns), "data": [list(columns.values())]}
    call = {"method": "load", "kwargs": rows}
    return _made(model, company_id, find={"xmlid": name}, expect=list(expect), call=call)


def create_task(project: int, name: str, *, key: str, what: str = "task", expect: Expected = (),
                company_id: int | None = None, **values: Any) -> Payload:  # fmt: skip
    return create("project.task", {"name": name, "project_id/.id": project, **values}, key=key, what=what,
                  expect=expect, company_id=company_id)  # fmt: skip


def project_from_template(template: int, values: Mapping[str, Any], *, key: str, expect: Expected = (),
                          company_id: int | None = None) -> Payload:  # fmt: skip
    """Make a project with its template's tasks; it carries the key in `x_cockpit_key`.

    If the template has dates, give `date_start` and `date`, or neither: Odoo cannot tell the other one.
    """
    if ("date_start" in values) != ("date" in values):
        raise ValueError("A project from a template needs both date_start and date, or neither.")
    return _made(
        "project.project", company_id,
        find={"model": "project.project", "domain": [[KEY_FIELD, "=", key]]},
        expect=[stands("project.project", template, {"is_template": True}), *expect],
        call={"method": "action_create_from_template", "ids": [template],
              "kwargs": {"values": {**values, KEY_FIELD: key}}},
        read_back=["name"],
    )  # fmt: skip


def schedule_activity(model: str, odoo_id: int, *, key: str, summary: str, user: int, due: str, type_xmlid: str = TODO,
                      company_id: int | None = None) -> Payload:  # fmt: skip
    """Give somebody something to do on a record; its summary ends in the key. Done, it is found still."""
    domain = [["res_model", "=", model], ["res_id", "=", odoo_id], ["summary", "ilike", f"[{key}]"]]
    words = {"act_type_xmlid": type_xmlid, "summary": f"{summary} [{key}]", "user_id": user, "date_deadline": due}
    return _on(
        model, odoo_id, company_id,
        find={"model": "mail.activity", "domain": domain},
        call={"method": "activity_schedule", "kwargs": words},
    )  # fmt: skip


def post_note(model: str, odoo_id: int, words: str, *, key: str, company_id: int | None = None) -> Payload:
    """Leave one note on a record. The words contain the key in brackets."""
    if f"[{key}]" not in words:
        raise ValueError(f"A note is looked for by its key: its words must contain [{key}].")
    domain = [["model", "=", model], ["res_id", "=", odoo_id], ["body", "ilike", f"[{key}]"]]
    said = {"body": words, "message_type": "comment", "subtype_xmlid": "mail.mt_note"}
    return _on(
        model, odoo_id, company_id,
        find={"model": "mail.message", "domain": domain},
        call={"method": "message_post", "kwargs": said},
    )  # fmt: skip


def invoice_order(order: int, *, known: Sequence[int], expect: Expected = (), company_id: int | None = None,
                  **wizard: Any) -> Payload:  # fmt: skip
    """Draft an order's invoice by Odoo's wizard. `known`: the order's invoices when it was decided.

    Ours is the one that was not there then. One that somebody else has drafted meanwhile is a change, not overridden.
    """
    made = [
        ["line_ids.sale_line_ids.order_id", "=", order],
        ["move_type", "=", "out_invoice"],
        ["id", "not in", list(known)],
    ]
    values = {"advance_payment_method": "delivered", **wizard, "sale_order_ids": [[6, 0, [order]]]}
    return _made(
        "account.move", company_id,
        find={"model": "account.move", "domain": made},
        expect=[stands("sale.order", order, {"invoice_ids": list(known)}), *expect],
        call={"model": WIZARD, "prepare": {"method": "create", "kwargs": {"vals_list": [values]}},
              "method": "create_invoices", "kwargs": {}},
        read_back=["state", "amount_total", "invoice_origin"],
    )  # fmt: skip


def _on(model: str, odoo_id: int, company_id: int | None, **more: Any) -> Payload:
    return {"model": model, "id": odoo_id, "company_id": company_id, **more}


def _made(model: str, company_id: int | None, **more: Any) -> Payload:
    return {"model": model, "company_id": company_id, **more}


def _cell(value: Any) -> str:
    """A cell of `load` is a text."""
    if value is None or value is False:
        return ""
    return "1" if value is True else str(value)
