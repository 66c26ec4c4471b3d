"""Employees and their versions: what changes over time lives in `hr.version`; the employee shows today's.

An employee's own write moves both; one on the version moves the employee only when another version becomes current.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .behaviour import OwnCompany, Rules
from .errors import OdooError

if TYPE_CHECKING:
    from .records import Env

DATES = ("contract_date_start", "contract_date_end")
OF_VERSION = ("date_version", "department_id", "job_id", "job_title", "resource_calendar_id", "employee_type",
              "departure_date", *DATES)  # fmt: skip
TODAY = "to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD')"
NOT_ALONE = "Employee {} must always have at least one active version."
NO_START = "The operation cannot be completed: The contract must have a start date."
TWICE = ("The operation cannot be completed: An employee cannot have multiple active versions sharing the same "
         "effective date.")  # fmt: skip


class Employees(OwnCompany):
    """A new employee is a resource, too, with a number of its own, and gets a first version."""

    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        if old:
            return values
        values = super().prepare(env, values, old)
        if not values.get("resource_id"):
            values = values | {"resource_id": env.rows("""SELECT nextval('"id_hr.employee"') AS id""")[0]["id"]}
        calendar = env.one("res.company", values["company_id"]).get("resource_calendar_id")
        return {"resource_calendar_id": calendar, "employee_type": "employee"} | values

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        sudo = env.sudo()
        for one, change in zip(ids, changes if created else changes * len(ids), strict=True):
            data = env.one("hr.employee", one)
            if created:
                own = {word: data[word] for word in OF_VERSION if data.get(word)}
                own |= {"date_version": data["contract_date_start"]} if data.get("contract_date_start") else {}
                sudo.create("hr.version", [own | {"employee_id": one}])
            elif own := {word: change[word] for word in OF_VERSION if word in change}:
                sudo.write("hr.version", [data["current_version_id"]], own)

    def forget(self, env: Env, ids: list[int]) -> None:
        env.cursor.execute("""UPDATE record SET data = data || '{"employee_id": null}'
            WHERE model = 'hr.version' AND (data->>'employee_id')::bigint = ANY(%s)""", [ids])  # fmt: skip


class Versions(Rules):
    def prepare(self, env: Env, values: dict, old: dict) -> dict:
        person = (old | values).get("employee_id")
        if not old:
            company = env.one("hr.employee", person).get("company_id") or (
                env.companies[0] if not env.is_sudo else None
            )
            today = env.rows(f"SELECT {TODAY} AS day")[0]["day"]
            empty = dict.fromkeys(OF_VERSION)
            values = empty | {"employee_type": "employee", "date_version": today, "company_id": company} | values
        elif person and any(word in values for word in DATES):
            values = _contract(env, values, old)
        new = old | values
        if new.get("contract_date_end") and not new.get("contract_date_start"):
            raise OdooError("validation", NO_START)
        if old.get("active") and values.get("active") is False and len(versions_of(env, person)) == 1:
            raise OdooError("validation", "Cannot archive all the active versions of an employee.")
        same = [one for one in versions_of(env, person).values() if one["date_version"] == new["date_version"]]
        if new.get("active", True) and [one for one in same if one != old]:
            raise OdooError("validation", TWICE)
        return values

    def settle(self, env: Env, ids: list[int], changes: list[dict], created: bool) -> None:
        follow(env, [one["employee_id"] for one in env.data("hr.version", ids).values() if one.get("employee_id")])

    def forget(self, env: Env, ids: list[int]) -> None:
        people = {one["employee_id"] for one in env.data("hr.version", ids).values() if one.get("employee_id")}
        for person in people:
            if set(versions_of(env, person)) <= set(ids):
                raise OdooError("validation", NOT_ALONE.format(env.one("hr.employee", person)["name"]))
        env.cursor.execute("DELETE FROM record WHERE model = 'hr.version' AND id = ANY(%s)", [ids])
        follow(env, sorted(people))


RULES: dict[str, Rules] = {"hr.employee": Employees(), "hr.version": Versions()}


def versions_of(env: Env, person: int | None) -> dict[int, dict]:
    """id → values of an employee's active versions, the oldest first."""
    sql = """SELECT id, data FROM record WHERE model = 'hr.version' AND (data->>'employee_id')::bigint = %s
        AND (data->>'active')::boolean ORDER BY data->>'date_version'"""
    return {row["id"]: row["data"] for row in env.rows(sql, [person or 0])}


def _contract(env: Env, values: dict, old: dict) -> dict:
    """The only version starts with its contract; several of one contract share its dates."""
    siblings = versions_of(env, old["employee_id"])
    if len(siblings) == 1:
        start = values.get("contract_date_start")
        return values | ({"date_version": start} if start else {})
    if old.get("contract_date_start"):
        dates: dict[str, Any] = {word: values[word] or None for word in DATES if word in values}
        for one, other in siblings.items():
            if other.get("contract_date_start") == old["contract_date_start"] and other != old:
                env.patch("hr.version", one, dates)
    return values


def follow(env: Env, people: Sequence[int] | None = None) -> None:
    """Let employees (None: all of them) show the version that counts today: the last one begun, else the first."""
    sql = f"""
        WITH current AS (
            SELECT DISTINCT ON (1) (v.data->>'employee_id')::bigint AS person, v.id, (
                SELECT jsonb_object_agg(key, value) FROM jsonb_each(v.data) WHERE key = ANY(%s)) AS shown
            FROM record v WHERE v.model = 'hr.version' AND (v.data->>'active')::boolean
                AND (v.data->>'employee_id')::bigint IS NOT NULL
                AND (%s::bigint[] IS NULL OR (v.data->>'employee_id')::bigint = ANY(%s))
            ORDER BY 1, v.data->>'date_version' <= {TODAY} DESC,
                CASE WHEN v.data->>'date_version' <= {TODAY} THEN v.data->>'date_version' END DESC,
                v.data->>'date_version')
        UPDATE record e SET data = e.data || c.shown || jsonb_build_object('current_version_id', c.id),
            write_date = CASE WHEN e.data->'current_version_id' IS NOT DISTINCT FROM to_jsonb(c.id) THEN e.write_date
                ELSE now() AT TIME ZONE 'utc' END
        FROM current c WHERE e.model = 'hr.employee' AND e.id = c.person
            AND e.data IS DISTINCT FROM e.data || c.shown || jsonb_build_object('current_version_id', c.id)"""
    wanted = None if people is None else list(people)
    env.cursor.execute(sql.encode(), [list(OF_VERSION), wanted, wanted])


def complete(env: Env) -> None:
    """Give a version to employees of a store that is older than versions."""
    sql = """SELECT id FROM record e WHERE model = 'hr.employee' AND NOT EXISTS (SELECT FROM record v
        WHERE v.model = 'hr.version' AND (v.data->>'employee_id')::bigint = e.id)"""
    for row in env.rows(sql):
        data = env.one("hr.employee", row["id"])
        own = {word: data[word] for word in OF_VERSION if data.get(word)}
        env.create("hr.version", [{"date_version": "2024-01-01"} | own | {"employee_id": row["id"]}])


def create_version(env: Env, model: str, ids: list[int], values: dict) -> list[int]:
    """A copy of the version of that day with `values`, from `date_version` on; that day's own, when there is one."""
    if len(ids) != 1:
        raise OdooError("value", f"Expected singleton: {model}({', '.join(map(str, ids))})")
    if not (day := values.get("date_version")):
        raise OdooError("value", "date_version is required")
    env.check("hr.version", "write")
    known = versions_of(env, ids[0])
    begun = [one for one, data in known.items() if data["date_version"] <= day]
    chosen = begun[-1] if begun else next(iter(known))
    if known[chosen]["date_version"] == day:
        return [chosen]
    copied = {key: value for key, value in known[chosen].items() if key != "departure_date" and value is not None}
    return env.sudo().create("hr.version", [copied | values])
