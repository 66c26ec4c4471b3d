"""HTTP to one Odoo: a connection pool, time-outs, and an honest word on whether a lost request may have been done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from integrations.odoo.client.errors import AnswerError, BusyError, OdooError, ServerFaultError, UnreachableError
from integrations.odoo.client.protocol import OdooVersion

_CONNECT_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The parsed body, or None when it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Wire:
    """Requests below one base address, which may have a path. Redirects are not followed: a key must not travel on."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self.url = url.rstrip("/")
        self.host = urlsplit(url).netloc.rpartition("@")[2]
        self._timeout_s = timeout_s
        timeout = urllib3.Timeout(connect=min(_CONNECT_TIMEOUT_S, timeout_s), read=timeout_s)
        self._pool = urllib3.PoolManager(maxsize=4, timeout=timeout, retries=False)
        self._last: Mapping[str, str] = {}  # the headers of the last answer

    def twin(self) -> "Wire":
        """The same address over connections of its own."""
        return Wire(self.url, self._timeout_s)

    def get(self, path: str) -> Reply:
        return self._request("GET", path)

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        return self._request("POST", path, body, {"Content-Type": "application/json", **(headers or {})})

    def _request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        try:
            answer = self._pool.request(method, self.url + path, body=body or None, headers=headers)
        except HTTPError as error:
            raise self._lost(error) from None
        self._last = answer.headers
        return Reply(answer.status, answer.headers, answer.data)

    def _lost(self, error: HTTPError) -> UnreachableError:
        if isinstance(error, SSLError):
            return self._not_sent(f"the encrypted connection failed ({error}). Check the certificate.")
        if isinstance(error, NameResolutionError):
            return self._not_sent("the host name is unknown. Check ODOO_URL.")
        if isinstance(error, NewConnectionError | LocationParseError):  # before its base class, ConnectTimeoutError
            return self._not_sent("nothing listens there. Check ODOO_URL and whether Odoo runs.")
        if isinstance(error, ConnectTimeoutError):
            return self._not_sent("it does not answer. Check ODOO_URL, the network and any firewall.")
        if isinstance(error, ReadTimeoutError):
            return UnreachableError(
                f"Odoo at {self.host} gave no answer within {self._timeout_s:g} s. It may still have done it.",
                maybe_done=True,
            )
        return UnreachableError(
            f"The connection to Odoo at {self.host} broke before it answered. It may still have done it.",
            maybe_done=True,
        )

    def _not_sent(self, why: str) -> UnreachableError:
        return UnreachableError(f"Odoo at {self.host} cannot be reached: {why}", maybe_done=False)

    def strange(self, reply: Reply) -> OdooError:
        """The error for an answer that no Odoo gave: a proxy's page, a redirect, another program."""
        if reply.status in {429, 503}:
            return BusyError(f"{self.host} answers {reply.status}: Odoo is busy or being restarted; try again soon.")
        if reply.status >= 500:
            return ServerFaultError(
                f"{self.host} answers {reply.status} without a word from Odoo. Its proxy's log tells more.",
                maybe_done=True,
            )
        if 300 <= reply.status < 400:
            target = reply.headers.get("Location", "elsewhere")
            return AnswerError(f"{self.host} sends us on to {target}. Set ODOO_URL to Odoo itself.", maybe_done=False)
        return AnswerError(
            f"{self.host} answers {reply.status}, but not as Odoo does. Check ODOO_URL.",
            maybe_done=reply.status < 400,
        )

    def version(self) -> OdooVersion:
        """Ask whatever listens which Odoo it is; needs neither database nor key."""
        return self._version_answer()[0]

    def server_now(self) -> datetime:
        """UTC, whole seconds, from the Date header."""
        self._version_answer()
        return self.answered_at()

    def answered_at(self) -> datetime:
        """UTC, whole seconds, from the Date header of the last answer: asks nothing."""
        try:
            return parsedate_to_datetime(self._last.get("Date", "")).astimezone(UTC)
        except ValueError:
            raise AnswerError(f"{self.host} sends no readable Date header.", maybe_done=False) from None

    def _version_answer(self) -> tuple[OdooVersion, Reply]:
        reply = self.get("/json/version")
        answer = reply.json() if reply.status == 200 else None
        if reply.status == 404:  # Odoo 18 and older know only this one
            reply = self.post("/web/webclient/version_info", b'{"jsonrpc": "2.0", "method": "call", "params": {}}')
            answer = (reply.json() or {}).get("result") if isinstance(reply.json(), dict) else None
        match answer:
            case {"version_info": [int() | str() as major, *_], "version": str() as text}:
                pass
            case {"server_version_info": [int() | str() as major, *_], "server_version": str() as text}:
                pass
            case _:
                raise self.strange(reply)
        digits = "".join(c for c in str(major) if c.isdigit() or c == " ")[:2]  # "saas~18" is 18
        return OdooVersion(int(digits or 0), text), reply
