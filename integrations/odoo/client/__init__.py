"""One way to talk to Odoo; two transports behind it."""

from integrations.odoo.client.config import OdooConfig, check_config, config_from_settings
from integrations.odoo.client.errors import (
    AccessRefusedError,
    AnswerError,
    AuthenticationError,
    BusyError,
    MissingRecordError,
    NotConfiguredError,
    OdooError,
    RefusedError,
    ServerFaultError,
    UnknownNameError,
    UnreachableError,
    WrongDatabaseError,
)
from integrations.odoo.client.json2 import Json2Client
from integrations.odoo.client.jsonrpc import JsonRpcClient
from integrations.odoo.client.protocol import OdooClient, OdooVersion
from integrations.odoo.client.wire import Wire

__all__ = [
    "AccessRefusedError",
    "AnswerError",
    "AuthenticationError",
    "BusyError",
    "MissingRecordError",
    "NotConfiguredError",
    "OdooClient",
    "OdooConfig",
    "OdooError",
    "OdooVersion",
    "RefusedError",
    "ServerFaultError",
    "UnknownNameError",
    "UnreachableError",
    "WrongDatabaseError",
    "connect",
]

JSON2_SINCE = 19


def connect(config: OdooConfig | None = None) -> OdooClient:
    """Connect and prove the credentials; without a config, as the settings say.

    JSON-2 when the server has it (Odoo 19 and later) and there is an API key, else /jsonrpc; `config.transport`
    forces one. Raises an OdooError that says what is wrong with the address, the database or the credentials.
    """
    config = config or config_from_settings()
    check_config(config)
    wire = Wire(config.url, config.timeout_s)
    version = wire.version()
    if _transport(config, version) == "json2":
        return Json2Client(config, wire, version)
    return JsonRpcClient(config, wire, version)


def _transport(config: OdooConfig, version: OdooVersion) -> str:
    has_json2 = version.major >= JSON2_SINCE
    if config.transport == "json2" and not has_json2:
        raise NotConfiguredError(f"Odoo {version.text} has no JSON-2 API. Set ODOO_TRANSPORT to auto or jsonrpc.")
    if config.transport == "json2" and not config.api_key:
        raise NotConfiguredError("JSON-2 needs an API key: set ODOO_API_KEY, or ODOO_TRANSPORT to auto or jsonrpc.")
    if config.transport == "auto":
        chosen = "json2" if has_json2 and config.api_key else "jsonrpc"
    else:
        chosen = config.transport
    if chosen == "jsonrpc" and not config.login:
        raise NotConfiguredError("ODOO_LOGIN is empty. The /jsonrpc transport needs it beside the key or password.")
    return chosen
