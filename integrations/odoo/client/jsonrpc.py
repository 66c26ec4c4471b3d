"""Odoo's older `/jsonrpc`, through odoorpc, with our pooled connections under it."""

import io
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request

import odoorpc
from odoorpc.error import RPCError

from integrations.odoo.client.config import OdooConfig
from integrations.odoo.client.errors import AnswerError, AuthenticationError, OdooError, WrongDatabaseError, from_server
from integrations.odoo.client.protocol import OdooVersion, plain_links
from integrations.odoo.client.wire import Wire

# At DEBUG odoorpc writes every call's arguments, the key among them. A filter holds whatever level is set later.
logging.getLogger("odoorpc.rpc.jsonrpclib").addFilter(lambda record: record.levelno > logging.DEBUG)


NOT_THE_SHAPE = (AttributeError, KeyError, TypeError, ValueError)  # odoorpc trips over an answer that is not Odoo's


class Opener:
    """What odoorpc takes for urllib's opener: it sends through the pool and raises our errors."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def open(self, request: Request, timeout: float | None = None) -> io.BytesIO:
        assert isinstance(request.data, bytes)
        reply = self._wire.post(request.selector, request.data)
        if reply.status != 200 or not reply.body.lstrip().startswith(b"{"):
            raise self._wire.strange(reply)
        return io.BytesIO(reply.body)  # odoorpc parses it; a page of records is large enough to parse it once


class JsonRpcClient:
    """See OdooClient. Connecting logs in; the secret may be a password or an API key."""

    transport = "jsonrpc"

    def __init__(self, config: OdooConfig, wire: Wire, version: OdooVersion) -> None:
        self.url = config.url
        self.db = config.db
        self.login = config.login
        self._wire = wire
        self._version = version
        self._config = config
        parts = urlsplit(config.url)
        self._odoo = odoorpc.ODOO(
            parts.hostname,
            protocol="jsonrpc+ssl" if parts.scheme == "https" else "jsonrpc",
            port=parts.port or (443 if parts.scheme == "https" else 80),
            timeout=config.timeout_s,
            version=f"{version.major}.0",
            opener=Opener(wire),
        )
        try:
            self._odoo.login(config.db, config.login, config.secret)
        except RPCError as error:
            raise self._login_error(error, config) from None
        except NOT_THE_SHAPE:
            raise AnswerError(f"{wire.host} answers, but not as Odoo does. Check ODOO_URL.", maybe_done=False) from None
        self.uid = int(self._odoo.env.uid)

    def version(self) -> OdooVersion:
        return self._version

    def twin(self) -> "JsonRpcClient":
        return JsonRpcClient(self._config, self._wire.twin(), self._version)

    def server_now(self) -> datetime:
        return self._wire.server_now()

    def answered_at(self) -> datetime:
        return self._wire.answered_at()

    def call(
        self, model: str, method: str, ids: Sequence[int] | None = None, *, context: dict | None = None, **kwargs: Any
    ) -> Any:
        args: list[Any] = [] if ids is None else [list(ids)]
        if method == "create":  # the only method that Odoo wants by position here, to tell one record from several
            args.append(kwargs.pop("vals_list"))
        if context:
            kwargs["context"] = context
        what = f"{model}.{method}"
        try:
            return self._odoo.execute_kw(model, method, args, kwargs)
        except RPCError as error:
            raise _typed(error, what) from None
        except NOT_THE_SHAPE:
            raise AnswerError(f"Odoo's answer to {what} has not the shape of /jsonrpc.") from None

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

    def _login_error(self, error: RPCError, config: OdooConfig) -> OdooError:
        text = str(error)
        if not error.info:
            return AuthenticationError(
                f"Odoo does not accept this password or API key for {config.login!r}. "
                "Check ODOO_LOGIN and ODOO_API_KEY (or ODOO_PASSWORD).",
                text=text,
            )
        if f'"{config.db}"' in text:  # PostgreSQL's words, in the server's language: the database's name is quoted
            return WrongDatabaseError(f"Odoo at {self._wire.host} serves no database {config.db!r}. Check ODOO_DB.")
        return _typed(error, "common.login")


def _typed(error: RPCError, what: str) -> OdooError:
    data = (error.info or {}).get("data") or {}
    return from_server(str(data.get("name", "")), str(data.get("message", error)), what=what)
