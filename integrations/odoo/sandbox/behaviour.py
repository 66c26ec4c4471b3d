"""What a model does beside storing values: defaults, what follows from other records, what goes when one is deleted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .errors import OdooError
from .who import keep_secret

if TYPE_CHECKING:
    from .records import Env


class Rules:
    """The hooks of one model; `old` is empty on create, `changes` are the values as the caller gave them."""

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        """The values to store."""
        return values

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        """After storing."""

    def forget(self, env: Env, ids: list[int]) -> None:
        """Before deleting."""


class OwnCompany(Rules):
    """A new record belongs to the user's company."""

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        return values if old or "company_id" in values else {"company_id": env.companies[0]} | values


class Partners(Rules):
    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        if not (old | values).get("name"):
            raise OdooError("validation", "The operation cannot be completed: Contacts require a name")
        return values

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        for one, data in env.data("res.partner", ids).items():
            parent = env.one("res.partner", data.get("parent_id"))
            env.patch("res.partner", one, {"commercial_partner_id": parent.get("commercial_partner_id", one)})


class Users(Rules):
    """A user has a partner, a company and the role of every employee; of the password a digest is kept elsewhere."""

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        values = {key: value for key, value in values.items() if key != "password"}
        if old:
            return values
        company = values.get("company_id") or env.companies[0]
        partner = {"name": values.get("name") or values.get("login"), "email": values.get("email")}
        return {
            "company_id": company, "company_ids": [company], "share": False,
            "group_ids": [env.ref("base.group_user")["res_id"]],
            "partner_id": values.get("partner_id") or env.sudo().create("res.partner", [partner])[0],
        } | values  # fmt: skip

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        for one, change in zip(ids, changes if created else changes * len(ids), strict=True):
            if change.get("password"):
                keep_secret(env.cursor, "password", change["password"], one)
        if created or "group_ids" in changes[0]:
            mirror(env, "res.groups", "user_ids", "res.users", "group_ids")


class Groups(Rules):
    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        if any("user_ids" in change for change in changes):
            mirror(env, "res.users", "group_ids", "res.groups", "user_ids")


def mirror(env: Env, name: str, field: str, source: str, other: str) -> None:
    """The two sides of one many2many: what was written on one is read on the other, whose write_date stays."""
    sql = """UPDATE record SET data = record.data || jsonb_build_object(%s::text, coalesce((
        SELECT jsonb_agg(s.id ORDER BY s.id) FROM record s
        WHERE s.model = %s AND s.data->%s @> to_jsonb(record.id)), '[]')) WHERE model = %s"""
    env.cursor.execute(sql, [field, source, other, name])
    env.__dict__.pop("me", None)


class Companies(Rules):
    """Who makes a company belongs to it."""

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        if created and (me := env.one("res.users", env.uid)):
            env.patch("res.users", env.uid, {"company_ids": sorted({*me["company_ids"], *ids})})


class Rates(OwnCompany):
    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        rate = values.get("rate") or values.get("company_rate") or old.get("rate") or 1.0
        both = {"rate": rate, "company_rate": rate, "inverse_company_rate": 1 / rate}
        return super().prepare(env, values | both, old)


class Timesheets(OwnCompany):
    """Company, user, department, currency and cost come from the employee."""

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        person = env.one("hr.employee", (old | values).get("employee_id"))
        if not person or ("amount" in values and "company_id" in values):
            return super().prepare(env, values, old)
        hours = (old | values).get("unit_amount") or 0
        return {
            "company_id": person["company_id"], "user_id": person.get("user_id"),
            "currency_id": env.one("res.company", person["company_id"])["currency_id"],
            "department_id": person.get("department_id"), "amount": round(-hours * (person.get("hourly_cost") or 0), 2),
        } | values  # fmt: skip


class ManualModels(Rules):
    """A manual model gets `x_name` and ids of its own; it takes its records, fields and rights with it."""

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        if not old and not re.fullmatch(r"x_[a-z0-9_.]+", str(values.get("model"))):
            raise OdooError("validation", "The model name must start with 'x_'.")
        return values if old else {"state": "manual"} | values

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        env.learn()
        for one, data in env.data("ir.model", ids).items() if created else ():
            env.cursor.execute(f'CREATE SEQUENCE IF NOT EXISTS "id_{data["model"]}"'.encode())
            name = {"name": "x_name", "field_description": "Name", "ttype": "char", "model_id": one}
            env.sudo().create("ir.model.fields", [name])

    def forget(self, env: Env, ids: list[int]) -> None:
        for one, data in env.data("ir.model", ids).items():
            if data["state"] != "manual":
                raise OdooError("user", f"Model “{data['name']}” contains module data and cannot be removed.")
            env.cursor.execute("DELETE FROM record WHERE model = %s", [data["model"]])
            for name in ("ir.model.fields", "ir.model.access"):
                env.sudo().unlink(name, env.sudo().ids(name, [["model_id", "=", one]]))


class ManualFields(Rules):
    """Readable and writable like any field at once; a deleted one takes its values with it."""

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        if old:
            return values
        if not re.fullmatch(r"x_[a-z0-9_]+", str(values.get("name"))):
            raise OdooError("validation", "Custom fields must have a name that starts with 'x_'!")
        model = env.one("ir.model", values.get("model_id")).get("model", "")
        if values["name"] in env.model(model).fields:
            raise OdooError("validation", f"Field names must be unique per model: {values['name']} on {model}.")
        return {"state": "manual", "store": True, "copied": True, "readonly": False, "required": False, "index": False,
                "model": model} | values  # fmt: skip

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        env.learn()

    def forget(self, env: Env, ids: list[int]) -> None:
        for data in env.data("ir.model.fields", ids).values():
            if data["state"] != "manual":
                raise OdooError("user", "This column contains module data and cannot be removed!")
            env.cursor.execute("UPDATE record SET data = data - %s WHERE model = %s", [data["name"], data["model"]])
        env.registry.clear()


class OfModel(Rules):
    """Automations and server actions repeat their model's name."""

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        if "model_id" in values:
            values = {"model_name": env.one("ir.model", values["model_id"]).get("model")} | values
        return values


class Automations(OfModel):
    """An automation takes its actions with it."""

    def forget(self, env: Env, ids: list[int]) -> None:
        actions = env.sudo().ids("ir.actions.server", [["base_automation_id", "in", ids]])
        env.sudo().unlink("ir.actions.server", actions)


RULES: dict[str, Rules] = {
    "res.partner": Partners(), "res.users": Users(), "res.groups": Groups(), "res.company": Companies(),
    "hr.department": OwnCompany(), "res.currency.rate": Rates(),
    "account.analytic.line": Timesheets(), "project.project": OwnCompany(), "resource.calendar.leaves": OwnCompany(),
    "hr.leave": OwnCompany(), "ir.model": ManualModels(), "ir.model.fields": ManualFields(),
    "base.automation": Automations(), "ir.actions.server": OfModel(),
}  # fmt: skip
