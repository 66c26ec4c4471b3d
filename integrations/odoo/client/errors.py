"""What can go wrong between the cockpit and Odoo. Every error carries a sentence that says what to do."""

import re


class OdooError(Exception):
    """`sentence` is for people; `text` holds Odoo's own words, or is empty."""

    def __init__(self, sentence: str, *, text: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.text = text


class NotConfiguredError(OdooError):
    """A setting that a connection needs is missing or contradicts another."""


class UnreachableError(OdooError):
    """No answer. `maybe_done` is true when the request had been sent: Odoo may have carried it out."""

    def __init__(self, sentence: str, *, maybe_done: bool, text: str = "") -> None:
        super().__init__(sentence, text=text)
        self.maybe_done = maybe_done


class AuthenticationError(OdooError):
    """The server is Odoo and knows the database, but not this key or password."""


class WrongDatabaseError(OdooError):
    """The server is Odoo, but serves no such database, or another one than the mirror was filled from."""


class AccessRefusedError(OdooError):
    """The user lacks a right on the model, the field, the record or its company."""


class MissingRecordError(OdooError):
    """The record does not exist, or was deleted."""


class RefusedError(OdooError):
    """A business rule said no (UserError, ValidationError); `text` is the reason as Odoo words it."""


class UnknownNameError(OdooError):
    """Odoo does not know this model, field, method, operator or argument."""

    @property
    def is_model(self) -> bool:
        return bool(_UNKNOWN_MODEL.search(self.text))


class BusyError(OdooError):
    """A lock or a concurrent change; Odoo rolled back, so the call may be repeated."""


class ServerFaultError(OdooError):
    """Odoo, or a proxy before it, failed. `maybe_done` is false when Odoo itself reported it: then it rolled back."""

    def __init__(self, sentence: str, *, maybe_done: bool, text: str = "") -> None:
        super().__init__(sentence, text=text)
        self.maybe_done = maybe_done


class AnswerError(OdooError):
    """Something answered, but not as Odoo does. `maybe_done`: the call may have been carried out."""

    def __init__(self, sentence: str, *, maybe_done: bool = True, text: str = "") -> None:
        super().__init__(sentence, text=text)
        self.maybe_done = maybe_done


_BUSY = re.compile(r"serializ|deadlock|lock|concurren|QueryCanceled|TransactionRollback", re.IGNORECASE)
_UNKNOWN_MODEL = re.compile(r"^the model .* does not exist|^Object .* doesn't exist")
_UNKNOWN = re.compile(
    r"^Invalid (field|operator)|^the model .* does not exist|^The method .* does not exist|^Object .* doesn't exist"
    r"|required argument|unexpected keyword|required positional argument|cannot call .* with ids"
)


def from_server(name: str, message: str, *, what: str) -> OdooError:
    """The typed error for an exception that Odoo reports by class `name` and `message`; `what` is "model.method".

    Both transports name the same exceptions, so this is the only place that knows them.
    """
    text = message.strip()
    kind = name.rpartition(".")[2]
    if kind == "AccessDenied" or kind == "Unauthorized":
        return AuthenticationError(_WHO, text=text)
    if kind in {"AccessError", "Forbidden"}:
        return AccessRefusedError(f"Odoo does not let this user call {what}: {_first_line(text)}", text=text)
    if kind == "MissingError":
        return MissingRecordError(f"The record of {what} does not exist in Odoo, or was deleted there.", text=text)
    if _UNKNOWN.search(text):
        return UnknownNameError(f"Odoo does not know a name used by {what}: {text}", text=text)
    if kind == "KeyError":
        return UnknownNameError(f"Odoo does not know a name used by {what}: {text.strip(chr(39))}", text=text)
    return _from_behaviour(name, kind, text, what)


def _from_behaviour(name: str, kind: str, text: str, what: str) -> OdooError:
    if kind in {"UserError", "ValidationError", "RedirectWarning"} or text.startswith("Wrong value for"):
        return RefusedError(f"Odoo refused: {text}", text=text)
    if kind in {"LockError", "ConcurrencyError"} or ("psycopg2" in name and _BUSY.search(f"{kind} {text}")):
        return BusyError(f"Odoo was busy with the same records ({what}); it will be tried again.", text=text)
    if kind == "TooManyRequests":
        return BusyError("Odoo asks to slow down; it will be tried again.", text=text)
    return ServerFaultError(
        f"Odoo failed in {what} ({kind}: {_first_line(text)}). Its log tells more.", maybe_done=False, text=text
    )


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else "no reason given"


_WHO = "Odoo does not accept these credentials. Make a new API key (Preferences › Security) and set ODOO_API_KEY."
