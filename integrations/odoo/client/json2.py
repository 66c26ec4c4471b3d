"""Odoo 19's External JSON-2 API: `POST /json/2/<model>/<method>` with a bearer key."""

import json
from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import Any

from integrations.odoo.client.config import OdooConfig
from integrations.odoo.client.errors import AuthenticationError, OdooError, WrongDatabaseError, from_server
from integrations.odoo.client.protocol import OdooVersion, plain_links
from integrations.odoo.client.wire import Reply, Wire


class Json2Client:
    """See OdooClient. Connecting asks Odoo whom the key belongs to."""

    transport = "json2"

    def __init__(self, config: OdooConfig, wire: Wire, version: OdooVersion) -> None:
        self.url = config.url
        self.db = config.db
        self._wire = wire
        self._version = version
        self._headers = {"Authorization": f"Bearer {config.api_key}", "X-Odoo-Database": config.db}
        self.uid = int(self.call("res.users", "context_get")["uid"])
        self.login = str(self.search_read("res.users", [("id", "=", self.uid)], ["login"])[0]["login"])
        if config.login and config.login != self.login:
            raise AuthenticationError(
                f"The API key belongs to {self.login!r}, not to ODOO_LOGIN={config.login!r}. Correct one of the two."
            )

    def version(self) -> OdooVersion:
        return self._version

    def twin(self) -> "Json2Client":
        """The key needs no signing in, so only the wire is another."""
        other = copy(self)
        other._wire = self._wire.twin()
        return other

    def server_now(self) -> datetime:
        return self._wire.server_now()

    def answered_at(self) -> datetime:
        return self._wire.answered_at()

    def call(
        self, model: str, method: str, ids: Sequence[int] | None = None, *, context: dict | None = None, **kwargs: Any
    ) -> Any:
        body = dict(kwargs)
        if ids is not None:
            body["ids"] = list(ids)
        if context:
            body["context"] = context
        reply = self._wire.post(f"/json/2/{model}/{method}", json.dumps(body).encode(), self._headers)
        return self._answer(reply, f"{model}.{method}")

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
        return self.call(
            model, "search_read", domain=list(domain), fields=list(fields), order=order, limit=limit,
            context=context, **plain_links(model),
        )  # fmt: skip

    def _answer(self, reply: Reply, what: str) -> Any:
        if reply.status == 200 and (answer := reply.json()) is not None:
            return answer
        if reply.status == 200 and reply.body.strip() == b"null":
            return None
        raise self._error(reply, what)

    def _error(self, reply: Reply, what: str) -> OdooError:
        match reply.json():
            case {"name": str() as name, "message": str() as message}:
                return from_server(name, message, what=what)
        if reply.status == 404:  # an HTML page: no database was selected
            return WrongDatabaseError(f"Odoo at {self._wire.host} serves no database {self.db!r}. Check ODOO_DB.")
        return self._wire.strange(reply)
