"""What the log says of a request. An address can be a secret, as that for hints, and a log has many readers."""

from __future__ import annotations

import logging
import re

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

SECRET = re.compile(r"[0-9a-f]{64}|(?<=/mail/)[\w:-]{20,}")  # in an address nothing else is written so


def veil(text: str) -> str:
    return SECRET.sub("…", text)


class RequestLog(RequestMiddleware):
    """Our own line for each request."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return veil(RequestMiddleware.format_request(request))


class VeilSecrets(logging.Filter):
    """For Django's line about a request that failed; the address is among the arguments."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(veil(each) if isinstance(each, str) else each for each in record.args)
        return True
