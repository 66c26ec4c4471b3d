"""Where Odoo is and who we are there."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings

from integrations.odoo.client.errors import NotConfiguredError

TRANSPORTS = ("auto", "json2", "jsonrpc")


@dataclass(frozen=True, kw_only=True)
class OdooConfig:
    """`url` is the address people type; `timeout_s` counts per wait. Secrets stay out of repr."""

    url: str
    db: str
    login: str = ""
    api_key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    transport: str = "auto"
    timeout_s: float = 30

    @property
    def secret(self) -> str:
        return self.api_key or self.password


def config_from_settings() -> OdooConfig:
    values = settings.ODOO
    return OdooConfig(
        url=values["URL"],
        db=values["DB"],
        login=values["LOGIN"],
        api_key=values["API_KEY"],
        password=values["PASSWORD"],
        transport=values["TRANSPORT"],
        timeout_s=values["TIMEOUT_S"],
    )


def check_config(config: OdooConfig) -> None:
    """Raise NotConfiguredError naming the first variable that is missing or makes no sense."""
    if not config.url:
        raise NotConfiguredError("ODOO_URL is empty. Set it to the address of Odoo, like https://odoo.example.com.")
    try:
        parts = urlsplit(config.url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound:
        raise NotConfiguredError(f"ODOO_URL={config.url!r} is no web address. It looks like https://odoo.example.com.")
    if not config.db:
        raise NotConfiguredError("ODOO_DB is empty. Set it to the name of Odoo's database.")
    if config.transport not in TRANSPORTS:
        raise NotConfiguredError(f"ODOO_TRANSPORT={config.transport!r} is none of {', '.join(TRANSPORTS)}.")
    if not config.secret:
        raise NotConfiguredError("ODOO_API_KEY is empty. Set it, or ODOO_LOGIN and ODOO_PASSWORD.")
    if not config.api_key and not config.login:
        raise NotConfiguredError("ODOO_LOGIN is empty. A password needs the login that it belongs to.")
