"""The WSGI application: JSON-2, `/jsonrpc`, the version pages, and the faults' control page."""

import json
import os
import threading
import traceback
from collections.abc import Callable, Iterable
from functools import cache
from http import HTTPStatus
from typing import Any

from . import faults, methods, sizes
from .errors import OdooError
from .records import Env
from .schema import MODELS
from .store import Store, from_environment
from .who import Rows, checked, login_of, user_by_key

VERSION = {"server_version": "19.0", "server_version_info": [19, 0, 0, "final", 0, ""], "server_serie": "19.0",
           "protocol_version": 1}  # fmt: skip
Answer = tuple[int, Any]  # the status, and JSON or (as str) an HTML page


class Sandbox:
    """One Odoo database, called `db`, over one store. `token` opens the faults' page."""

    def __init__(self, store: Store, db: str = "sandbox", token: str = ""):
        self.store, self.db, self.token = store, db, token

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        spoilt = ""
        try:
            status, answer = self.respond(environ, environ["wsgi.input"].read(length) if length else b"")
        except faults.SpoiltError as asked:
            spoilt, status, answer = asked.kind, 200, {"result": "lost on its way"}
        is_page = isinstance(answer, str) and status != 200
        body = answer.encode() if is_page else json.dumps(answer).encode()
        body = body[:-1] if spoilt == "garbage" else body
        kind = "text/html; charset=utf-8" if is_page else "application/json; charset=utf-8"
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        start_response(
            f"{status} {HTTPStatus(status).phrase}", headers + [("WWW-Authenticate", "Bearer")] * (status == 401)
        )
        return faults.half(body) if spoilt == "half" else [body]

    def respond(self, environ: dict, body: bytes) -> Answer:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path == "/json/version":
            return 200, {"version_info": VERSION["server_version_info"], "version": VERSION["server_version"]}
        if path == "/web/health":
            return 200, {"status": "pass"}
        if path == "/sandbox/faults":
            authorization = environ.get("HTTP_AUTHORIZATION", "")
            return faults.control(self.store, self.token, method, environ.get("REMOTE_ADDR", ""), authorization, body)
        if path not in ("/jsonrpc", "/web/webclient/version_info") and not path.startswith("/json/2/"):
            return 404, page("This simulated Odoo has no pages for people: it answers JSON-2 and /jsonrpc only.")
        if not environ.get("CONTENT_TYPE", "").startswith("application/json"):
            return 415, page("Unsupported Media Type")
        try:
            return self.json2(environ, path, body) if path.startswith("/json/2/") else self.jsonrpc(path, body)
        except (ConnectionAbortedError, faults.SpoiltError):
            raise
        except faults.InsteadError as asked:
            return asked.status, page(HTTPStatus(asked.status).phrase)
        except Exception:  # a defect of the sandbox itself: it must not pass for an answer of Odoo's
            traceback.print_exc()
            return 500, page("Internal Server Error")

    # --- JSON-2

    def json2(self, environ: dict, path: str, body: bytes) -> Answer:
        if environ.get("HTTP_X_ODOO_DATABASE", self.db) != self.db:
            return 404, page("No database is selected and the requested URL was not found")
        parts = path.removeprefix("/json/2/").split("/")
        try:
            if len(parts) != 2 or environ["REQUEST_METHOD"] != "POST":
                raise OdooError("method", "Did you mean POST /json/2/<model>/<method>?")
            return 200, self.bearer(environ.get("HTTP_AUTHORIZATION", ""), parts[0], parts[1], body)
        except OdooError as problem:
            return problem.status, problem.body()

    def bearer(self, authorization: str, model: str, method: str, body: bytes) -> Any:
        if not authorization.startswith("Bearer "):
            raise OdooError(
                "unauthorized", "User not authenticated, use an API Key with a Bearer Authorization header."
            )
        key = authorization.removeprefix("Bearer ")
        try:
            given = json.loads(body)
        except ValueError as problem:
            raise OdooError("body", f"could not parse the body as json: {problem}") from None
        if not isinstance(given, dict):
            raise OdooError("body", "could not parse the body as json: an object is needed")
        ids, context = given.pop("ids", None), given.pop("context", None)
        return self.run(lambda cursor: user_by_key(cursor, key), context, model, method, ids, [], given)

    # --- /jsonrpc

    def jsonrpc(self, path: str, body: bytes) -> Answer:
        try:
            request = json.loads(body)
            params = request.get("params") or {}
        except (ValueError, AttributeError):
            return 400, page("Bad Request")
        try:
            result = VERSION if path != "/jsonrpc" else self.service(**params)
            return 200, {"jsonrpc": "2.0", "id": request.get("id"), "result": result}
        except OdooError as problem:
            error = {"code": 0, "message": "Odoo Server Error", "data": problem.body(rpc=True)}
            return 200, {"jsonrpc": "2.0", "id": request.get("id"), "error": error}

    def service(self, service: str, method: str, args: list) -> Any:
        match service, method, args:
            case "common", "version", []:
                return VERSION
            case "common", "login" | "authenticate", [db, login, secret, *_]:
                self.check_database(db)
                return self.store.run(lambda cursor: login_of(cursor, login, secret)) or False
            case "object", "execute_kw", [db, uid, secret, model, name, list(positional), *rest]:
                self.check_database(db)
                return self.execute(uid, secret, model, name, positional, dict(rest[0]) if rest else {})
            case "object", "execute", [db, uid, secret, model, name, *positional]:
                self.check_database(db)
                return self.execute(uid, secret, model, name, positional, {})
        raise OdooError("value", f"The sandbox does not offer {service}.{method} with {len(args)} arguments")

    def check_database(self, db: str) -> None:
        if db != self.db:
            raise OdooError("database", f'connection to server failed: FATAL:  database "{db}" does not exist\n')

    def execute(self, uid: int, secret: str, model: str, name: str, positional: list, named: dict) -> Any:
        """Positional arguments, the ids first where the method works on records; `create` of one gives one id."""
        context, ids, rest = named.pop("context", None), None, list(positional)
        if model in MODELS or model.startswith("x_"):
            _, on_model = methods.found(model, name)
            if not on_model and not rest:
                raise OdooError("arguments", "missing a required argument: the ids come first")
            ids = None if on_model else rest.pop(0)
        if name == "create" and not rest:  # Odoo looks there for one record or several
            raise OdooError("index", "list index out of range")
        ids = [ids] if isinstance(ids, int) else ids
        result = self.run(lambda cursor: checked(cursor, secret, uid), context, model, name, ids, rest, named)
        is_one = name == "create" and isinstance(rest[0], dict)
        return result[0] if is_one else result

    # --- both

    def run(
        self,
        who: Callable[[Rows], int],
        context: dict | None,
        model: str,
        method: str,
        ids: Any,
        args: list,
        named: dict,
    ) -> Any:
        """One call in one transaction, in which `who` finds its user; faults come before and after it."""
        kind, seconds = faults.take(self.store, model, method)
        faults.before(kind, seconds)
        result = self.store.run(
            lambda cursor: methods.call(Env(cursor, who(cursor), context), model, method, ids, args, dict(named))
        )
        faults.after(kind)
        return result


def page(title: str) -> str:
    return f"<!doctype html>\n<html lang=en>\n<title>{title}</title>\n<h1>{title}</h1>\n"


def build() -> Sandbox:
    """The application as the environment describes it; the store is opened, and seeded if it was empty."""
    store = from_environment()
    store.open(sizes.seed(sizes.chosen(os.environ)))
    return Sandbox(store, os.environ.get("SANDBOX_DB", "sandbox"), os.environ.get("SANDBOX_TOKEN", ""))


once, built = threading.Lock(), cache(build)


def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """The WSGI entry point for any server, built with the first request. Only our own server can drop a connection."""
    with once:
        sandbox = built()
    return sandbox(environ, start_response)
