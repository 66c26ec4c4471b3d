"""An Odoo in a dict that fails where a test says. How Odoo itself behaves, the sandbox shows."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 11, 23, 9, 14, 3, tzinfo=UTC)
Effect = Callable[["FakeOdoo", str, list[int], dict], Any]


class FakeOdoo:
    """`fail[point]` lists errors for as many passes of "look", "call" (nothing was done), "answer" (it was done, but
    the answer is lost) or "read back"."""

    url, db, transport, uid, login = "http://odoo", "firm", "json2", 5, "cockpit"

    def __init__(self) -> None:
        self.records: dict[str, dict[int, dict[str, Any]]] = {
            "account.move": {},
            "account.move.line": {},
            "mail.message": {},
        }
        self.calls: list[tuple[str, str]] = []
        self.looks: list[str] = []
        self.contexts: list[dict] = []
        self.fail: dict[str, list[Exception]] = {}
        self.meanwhile: Callable[[], None] | None = None  # somebody changes something just before the call arrives
        self.effects: dict[str, Effect] = {"action_post": _post, "write": _write, "message_post": _note, "load": _load}
        self.called = False
        self.look_takes_s = 0.0

    def add(self, model: str, /, **values: Any) -> int:
        rows = self.records[model]
        pk = max(rows, default=16) + 1
        rows[pk] = {"id": pk, **values}
        return pk

    def call(
        self, model: str, method: str, ids: Sequence[int] | None = None, *, context: dict | None = None, **kwargs: Any
    ) -> Any:
        if method == "read":
            self._look(model)
            return [_chosen(self.records[model][pk], kwargs["fields"]) for pk in ids or () if pk in self.records[model]]
        self.contexts.append(context or {})
        self.calls.append((model, method))
        self._fail("call")
        if self.meanwhile:
            self.meanwhile()
        answer = self.effects[method](self, model, list(ids or ()), kwargs)
        self.called = True
        self._fail("answer")
        return answer

    def search_read(
        self,
        model: str,
        domain: Sequence,
        fields: Sequence[str],
        *,
        order: str = "id",
        limit: int | None = None,
        context: dict | None = None,
    ) -> list[dict]:
        self._look(model)
        return [
            _chosen(row, fields) for row in self.records[model].values() if all(_holds(row, *leaf) for leaf in domain)
        ]

    def answered_at(self) -> datetime:
        return NOW

    def _look(self, model: str) -> None:
        self.looks.append(model)
        self._fail("read back" if self.called else "look")

    def _fail(self, point: str) -> None:
        time.sleep(self.look_takes_s if point == "look" else 0)
        if self.fail.get(point):
            self.called = False
            raise self.fail[point].pop(0)


def _chosen(row: dict, fields: Sequence[str]) -> dict:
    return {"id": row["id"], **{name: row.get(name, False) for name in fields}}


def _holds(row: dict, name: str, operator: str, value: Any) -> bool:
    return value.lower() in str(row[name]).lower() if operator == "ilike" else row.get(name, False) == value


def _post(odoo: FakeOdoo, model: str, ids: list[int], kwargs: dict) -> bool:
    for pk in ids:
        odoo.records[model][pk].update(state="posted", name="INV/2026/00031")
    return False


def _write(odoo: FakeOdoo, model: str, ids: list[int], kwargs: dict) -> bool:
    for pk in ids:
        odoo.records[model][pk].update(kwargs["vals"])
    return True


def _note(odoo: FakeOdoo, model: str, ids: list[int], kwargs: dict) -> list[int]:
    return [odoo.add("mail.message", model=model, res_id=ids[0], body=f"<p>{kwargs['body']}</p>", create_uid=odoo.uid)]


def _load(odoo: FakeOdoo, model: str, ids: list[int], kwargs: dict) -> dict:
    return {
        "ids": [odoo.add(model, **dict(zip(kwargs["fields"], row, strict=True))) for row in kwargs["data"]],
        "messages": [],
    }
