"""One call's view of the records: who asks, what that user may see and do, and the rows themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from psycopg.types.json import Jsonb

from . import attachments, behaviour, guard, moves, orders, versions
from .domain import Sql, column, where
from .errors import OdooError, missing, refusal
from .schema import COMPANY_FIELD, MODELS, TYPES, Field, Model, parse_fields
from .values import given, taken
from .who import Rows

VERBS = {"read": "access", "write": "modify", "create": "create", "unlink": "delete"}
NOW = "now() AT TIME ZONE 'utc'"  # the start of the transaction: every row of a call carries the same time
CONTEXT = {"active_test", "allowed_company_ids", "lang", "tz", "tracking_disable", "mail_create_nosubscribe"}
RULES = behaviour.RULES | moves.RULES | versions.RULES | attachments.RULES | orders.RULES
PLAIN = behaviour.Rules()


class Env:
    """`is_sudo` looks past rights and companies; `uid` stays who is written down as the author."""

    def __init__(self, cursor: Rows, uid: int, context: dict | None = None, *, is_sudo: bool = False):
        self.cursor, self.uid, self.context, self.is_sudo = cursor, uid, context or {}, is_sudo
        self.registry: dict[str, Model] = {}  # shared by all views of one call; `learn` fills it
        if unknown := set(self.context) - CONTEXT:
            raise OdooError("value", f"The sandbox does not know these keys of a context: {sorted(unknown)}")

    def sudo(self, uid: int = 0) -> "Env":
        """The same call without limits; with `uid`, in the name of somebody else."""
        twin = Env(self.cursor, uid or self.uid, self.context, is_sudo=True)
        twin.registry = self.registry
        return twin

    def rows(self, sql: str, values: Sequence = ()) -> list[dict]:
        return self.cursor.execute(sql.encode(), values).fetchall()

    # --- models, rights, companies

    def learn(self) -> None:
        """The declared models, and the manual models and fields that were provisioned."""
        self.registry.clear()
        self.registry |= MODELS
        kinds = {odoo: ours for ours, odoo in TYPES.items()}
        for row in self.rows("""SELECT model, data FROM record WHERE model IN ('ir.model', 'ir.model.fields')
                AND data->>'state' = 'manual' ORDER BY model, id"""):  # fmt: skip
            data = row["data"]
            if row["model"] == "ir.model":
                self.registry[data["model"]] = Model(data["name"], "", "", parse_fields(""))
                continue
            made = Field(data["name"], kinds[data["ttype"]], relation=data.get("relation") or "", manual=True,
                         label=data["field_description"])  # fmt: skip
            model = self.registry[data["model"]]
            self.registry[data["model"]] = replace(model, fields=model.fields | {made.name: made})

    def model(self, name: str) -> Model:
        if not self.registry:
            self.learn()
        if name not in self.registry:
            raise OdooError("model", f"the model {name!r} does not exist", f"Object {name} doesn't exist")
        return self.registry[name]

    @cached_property
    def me(self) -> dict:
        """The user's `companies`, and `groups` with the implied ones: id → external id."""
        sql = """
            WITH RECURSIVE mine(id) AS (
                SELECT one::bigint FROM record, jsonb_array_elements(data->'group_ids') one
                WHERE model = 'res.users' AND id = %s
                UNION SELECT one::bigint FROM mine JOIN record ON record.model = 'res.groups' AND record.id = mine.id,
                    jsonb_array_elements(record.data->'implied_ids') one)
            SELECT data->'company_ids' AS companies, (
                SELECT jsonb_object_agg(mine.id, concat_ws('.', x.data->>'module', x.data->>'name'))
                FROM mine LEFT JOIN record x ON x.model = 'ir.model.data' AND x.data->>'model' = 'res.groups'
                AND (x.data->>'res_id')::bigint = mine.id
            ) AS groups FROM record WHERE model = 'res.users' AND id = %s
        """
        return self.rows(sql, [self.uid, self.uid])[0]

    def in_group(self, xmlid: str) -> bool:
        return xmlid in (self.me["groups"] or {}).values()

    @property
    def companies(self) -> list[int]:
        allowed = self.context.get("allowed_company_ids") or self.me["companies"]
        if not set(allowed) <= set(self.me["companies"]):
            raise OdooError("access", "Access to unauthorized or invalid companies.")
        return allowed

    def may(self, name: str, operation: str) -> bool:
        model = self.model(name)
        if operation not in VERBS:
            raise OdooError("value", "Invalid access mode")
        if self.is_sudo or self.in_group(model.writers) or (operation == "read" and self.in_group(model.readers)):
            return True
        sql = """SELECT FROM record a JOIN record m ON m.model = 'ir.model' AND m.id = (a.data->>'model_id')::bigint
            WHERE a.model = 'ir.model.access' AND m.data->>'model' = %s AND (a.data->>%s)::boolean
            AND (a.data->>'active')::boolean AND (a.data->'group_id' IS NULL OR a.data->>'group_id' = ANY(%s))"""
        return bool(self.rows(sql, [name, f"perm_{operation}", list(self.me["groups"] or {})]))

    def shows(self, field: Field) -> bool:
        return self.is_sudo or not field.group or self.in_group(field.group)

    def check(self, name: str, operation: str, ids: Sequence[int] = ()) -> None:
        """Raises AccessError for the model or a record's company, MissingError for a record that is gone."""
        label = self.model(name).label
        if not self.may(name, operation):
            words = f"You are not allowed to {VERBS[operation]} '{label}' ({name}) records."
            raise OdooError("access", f"{words}\n\nContact your administrator to request access if necessary.")
        if gone := set(ids) - set(self.data(name, ids)):
            raise missing(name, sorted(gone), self.uid)
        if set(ids) - set(self.seen(name, ids)):
            who = f"Sorry, user {self.uid} doesn't have '{operation}' access to:\n- {label} ({name})"
            raise OdooError("access", f"Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n{who}")

    def seen(self, name: str, ids: Sequence[int]) -> list[int]:
        """Those that are of the user's companies."""
        if not ids or self.is_sudo or name not in COMPANY_FIELD | {"ir.attachment": "res_id"}:
            return list(ids)
        return self.ids(name, [["id", "in", list(ids)]])

    # --- reading

    def condition(self, name: str, domain: Sequence, active_test: bool = False) -> Sql:
        fields, terms = self.model(name).fields, [where(self.registry, name, domain)]
        mentioned = {one[0] for one in domain if isinstance(one, list | tuple)}
        if active_test and "active" in fields and "active" not in mentioned:
            terms.append(where(self.registry, name, [["active", "=", True]]))
        if name in COMPANY_FIELD and not self.is_sudo:
            terms.append(where(self.registry, name, [[COMPANY_FIELD[name], "in", [*self.companies, False]]]))
        if name == "ir.attachment" and not self.is_sudo:
            terms.append(attachments.visible(self, domain))
        text = " AND ".join(["model = %s", *(f"({one})" for one, _ in terms)])
        return text, [name, *(value for _, values in terms for value in values)]

    def ids(self, name: str, domain: Sequence) -> list[int]:
        return [row["id"] for row in self.find(name, domain)]

    def find(self, name: str, domain: Sequence, order: str = "id", limit: int | None = None, offset: int = 0,
             active_test: bool = False) -> list[dict]:  # fmt: skip
        condition, values = self.condition(name, domain, active_test)
        text, keys = self._order(name, order)
        sql = f"SELECT * FROM record WHERE {condition} ORDER BY {text} LIMIT %s OFFSET %s"
        return self.rows(sql, [*values, *keys, limit, offset])

    def _order(self, name: str, order: str) -> Sql:
        parts: list[str] = []
        keys: list[Any] = []
        for part in order.split(","):
            word, _, direction = part.strip().partition(" ")
            field = self.model(name).fields.get(word)
            if field is None or direction.lower() not in ("", "asc", "desc"):
                raise OdooError("value", f"Invalid field {word!r} on model {name!r}")
            if field.kind in "><*":
                raise refusal(f"to order {name} by {word}")
            text, more = (f"record.{word}", []) if field.is_column else column(field)  # by microseconds, as in Odoo
            parts.append(f"{text} {direction}")
            keys += more
        return ", ".join(parts), keys

    def data(self, name: str, ids: Iterable[int]) -> dict[int, dict]:
        """id → the stored values, without any check: for the sandbox's own rules."""
        wanted = [one for one in ids if one]
        sql = "SELECT * FROM record WHERE model = %s AND id = ANY(%s) ORDER BY id"
        return {row["id"]: row["data"] for row in (self.rows(sql, [name, wanted]) if wanted else [])}

    def one(self, name: str, one: int | None) -> dict:
        """The stored values of one record, {} when there is none."""
        return next(iter(self.data(name, [one or 0]).values()), {})

    def answer(self, name: str, rows: list[dict], fields: Sequence[str]) -> list[dict]:
        """Rows as `read` gives them, a many2one as a plain id."""
        chosen = [self.model(name).get(field, name) for field in fields if field != "id"]
        if hidden := [field.name for field in chosen if not self.shows(field)]:
            raise OdooError("access", f"You do not have enough rights to access the field {hidden[0]!r} on {name}.")
        children = {f.name: self._children(f, [row["id"] for row in rows]) for f in chosen if f.kind == "<"}
        if any(field.kind == "binary" for field in chosen):
            attachments.fill(self, rows)
        answers = []
        for row in rows:
            values = {f.name: given(f, row[f.name] if f.is_column else row["data"].get(f.name)) for f in chosen}
            answers.append(
                {"id": row["id"]} | values | {key: found.get(row["id"], []) for key, found in children.items()}
            )
        return answers

    def _children(self, field: Field, ids: list[int]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for row in self.sudo().find(field.relation, [[field.inverse, "in", ids]]):
            found.setdefault(row["data"][field.inverse], []).append(row["id"])
        return found

    # --- writing

    def create(self, name: str, vals_list: list[dict]) -> list[int]:
        self.check(name, "create")
        model, rules = self.model(name), RULES.get(name, PLAIN)
        split = [self._split(name, rules.prepare(self, self._known(name, values), {}), {}) for values in vals_list]
        for stored, _ in split:
            if lacking := [f for f in model.fields.values() if f.required and stored.get(f.name) is None]:
                words = f"Missing required value for the field '{lacking[0].label}' ({lacking[0].name})."
                raise OdooError(
                    "validation", f"The operation cannot be completed: {words}\nModel: '{model.label}' ({name})"
                )
        self._check_links(model, [stored for stored, _ in split])
        numbers = self.rows("SELECT nextval(%s) AS id FROM generate_series(1, %s)", [f'"id_{name}"', len(split)])
        ids = [row["id"] for row in numbers]
        self.cursor.executemany(
            f"INSERT INTO record VALUES (%s, %s, %s, {NOW}, %s, {NOW}, %s)".encode(),
            [(name, one, self.uid, self.uid, Jsonb(stored)) for one, (stored, _) in zip(ids, split, strict=True)],
        )
        self.check(name, "create", ids)
        for one, (_, children) in zip(ids, split, strict=True):
            self._command(model, one, children)
        rules.settle(self, ids, vals_list, created=True)
        guard.fire(self, name, ids, before={})
        return ids

    def _known(self, name: str, values: dict) -> dict:
        fields = self.model(name).fields
        for word in values:
            if word not in fields:
                raise OdooError("value", f"Invalid field {word!r} in {name!r}")
        self._split(name, values, {})  # refuses a value of the wrong type, before a rule looks at it
        return {"active": True} | values if "active" in fields else values

    def write(self, name: str, ids: list[int], values: dict) -> None:
        self.check(name, "write", ids)
        model, rules, before = self.model(name), RULES.get(name, PLAIN), self.data(name, ids)
        if unknown := [word for word in values if word not in model.fields]:
            raise OdooError("key", unknown[0])
        self._split(name, values, {})
        sql = f"UPDATE record SET data = data || %s, write_uid = %s, write_date = {NOW} WHERE model = %s AND id = %s"
        for one, old in before.items():
            stored, children = self._split(name, rules.prepare(self, values, old), old)
            self._check_links(model, [stored])
            self.cursor.execute(sql.encode(), [Jsonb(stored), self.uid, name, one])
            self._command(model, one, children)
        rules.settle(self, ids, [values], created=False)
        guard.fire(self, name, ids, before)

    def patch(self, name: str, one: int, values: dict) -> None:
        """Store what Odoo computes: moves write_date only where something changed."""
        sql = f"""UPDATE record SET data = data || %s, write_uid = %s, write_date = {NOW}
            WHERE model = %s AND id = %s AND data || %s IS DISTINCT FROM data"""
        self.cursor.execute(sql.encode(), [Jsonb(values), self.uid, name, one, Jsonb(values)])

    def touch(self, name: str, one: int) -> None:
        """Move write_date: where Odoo writes a record again though nothing changed."""
        sql = f"UPDATE record SET write_uid = %s, write_date = {NOW} WHERE model = %s AND id = %s"
        self.cursor.execute(sql.encode(), [self.uid, name, one])

    def unlink(self, name: str, ids: list[int]) -> None:
        self.check(name, "unlink", ids)
        RULES.get(name, PLAIN).forget(self, ids)
        guard.fire_unlink(self, name, ids)
        self.cursor.execute("DELETE FROM record WHERE model = %s AND id = ANY(%s)", [name, ids])
        self.cursor.execute("""DELETE FROM record WHERE model = 'ir.model.data' AND data->>'model' = %s
            AND (data->>'res_id')::bigint = ANY(%s)""", [name, ids])  # fmt: skip

    def _split(self, name: str, values: dict, old: dict) -> tuple[dict, dict]:
        """The values to store, and the one2many commands for afterwards. Odoo ignores given ids and dates; so do we."""
        fields = self.model(name).fields
        children = {word: value for word, value in values.items() if fields[word].kind == "<"}
        plain = {word: value for word, value in values.items() if word not in children and not fields[word].is_column}
        return {word: taken(name, fields[word], value, old.get(word)) for word, value in plain.items()}, children

    def _check_links(self, model: Model, rows: list[dict]) -> None:
        for field in model.fields.values():
            if field.kind in ">*" and field.relation in self.registry:
                values = [row.get(field.name) for row in rows]
                wanted = {one for value in values for one in (value if isinstance(value, list) else [value]) if one}
                if gone := wanted - set(self.data(field.relation, wanted)):
                    raise missing(field.relation, sorted(gone), self.uid)

    def _command(self, model: Model, parent: int, children: dict) -> None:
        for word, commands in children.items():
            field = model.fields[word]
            for command in commands:
                match list(command):
                    case [0, _, dict(values)]:
                        self.create(field.relation, [values | {field.inverse: parent}])
                    case [1, int(one), dict(values)]:
                        self.write(field.relation, [one], values)
                    case [2, int(one), *_]:
                        self.unlink(field.relation, [one])
                    case _:
                        raise refusal(f"this command on {word}: {command!r}")

    # --- external ids

    def ref(self, xmlid: str) -> dict:
        """The external id's `model` and `res_id`, {} when it is unknown."""
        found = self.rows("""SELECT data FROM record WHERE model = 'ir.model.data' AND data->>'module' = %s
            AND data->>'name' = %s""", [*xmlid.split(".", 1)])  # fmt: skip
        return found[0]["data"] if found else {}

    def external_ids(self, name: str, ids: Sequence[int]) -> dict[int, str]:
        sql = """SELECT data->'res_id' AS id, concat_ws('.', data->>'module', data->>'name') AS ref FROM record
            WHERE model = 'ir.model.data' AND data->>'model' = %s AND (data->>'res_id')::bigint = ANY(%s)"""
        return {row["id"]: row["ref"] for row in self.rows(sql, [name, list(ids)])}
