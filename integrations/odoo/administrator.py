"""The administrator's connection, for the commands that change Odoo's structure and for nothing else.

Their secret comes from the environment or is typed; it is never stored nor logged.
"""

import os
import re
import sys
from dataclasses import replace
from getpass import getpass

from integrations.odoo.client import AuthenticationError, NotConfiguredError, OdooClient, connect
from integrations.odoo.client.config import config_from_settings
from integrations.odoo.provision import check_administrator


def connect_administrator() -> OdooClient:
    """As ODOO_ADMIN_LOGIN with ODOO_ADMIN_API_KEY or ODOO_ADMIN_PASSWORD; asks for what is missing on a terminal.

    Raises OdooError when that is nobody, or no administrator.
    """
    login = os.environ.get("ODOO_ADMIN_LOGIN") or _ask("Administrator's login in Odoo: ")
    key = os.environ.get("ODOO_ADMIN_API_KEY", "")
    password = os.environ.get("ODOO_ADMIN_PASSWORD", "")
    if not key and not password:
        password = _ask(f"API key or password of {login}: ", secret=True)
    config = replace(config_from_settings(), login=login, api_key=key, password=password)
    try:
        client = connect(config if key else replace(config, transport="auto"))  # a password has only /jsonrpc
    except (AuthenticationError, NotConfiguredError) as problem:
        raise type(problem)(_of_administrator(problem.sentence), text=problem.text) from None
    check_administrator(client)
    return client


def _of_administrator(sentence: str) -> str:
    """The same, with the names that these commands read."""
    return re.sub(r"\bODOO_(LOGIN|API_KEY|PASSWORD)\b", r"ODOO_ADMIN_\1", sentence)


def _ask(question: str, *, secret: bool = False) -> str:
    if not sys.stdin.isatty():
        raise NotConfiguredError(
            "This needs an administrator of Odoo: set ODOO_ADMIN_LOGIN and ODOO_ADMIN_API_KEY "
            "(or ODOO_ADMIN_PASSWORD), or run it on a terminal."
        )
    return getpass(question) if secret else input(question)
