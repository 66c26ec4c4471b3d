"""What Odoo answers when it refuses: the exception's name, its HTTP status on JSON-2, and the sentence."""

# kind: status on JSON-2, name there, name on /jsonrpc where the two transports differ
KINDS = {
    "value": (500, "builtins.ValueError", ""),  # an unknown field, operator or value, and all that we do not offer
    "key": (500, "builtins.KeyError", ""),
    "index": (500, "builtins.IndexError", ""),
    "user": (422, "odoo.exceptions.UserError", ""),
    "validation": (422, "odoo.exceptions.ValidationError", ""),
    "access": (403, "odoo.exceptions.AccessError", ""),
    "denied": (403, "odoo.exceptions.AccessDenied", ""),
    "missing": (404, "odoo.exceptions.MissingError", ""),
    "unauthorized": (401, "werkzeug.exceptions.Unauthorized", ""),
    "body": (400, "werkzeug.exceptions.BadRequest", ""),
    "arguments": (422, "werkzeug.exceptions.UnprocessableEntity", "builtins.TypeError"),
    "model": (404, "werkzeug.exceptions.NotFound", "odoo.exceptions.UserError"),
    "method": (404, "werkzeug.exceptions.NotFound", "builtins.AttributeError"),
    "busy": (500, "psycopg2.errors.SerializationFailure", ""),
    "database": (404, "psycopg2.OperationalError", ""),
}


class OdooError(Exception):
    """Everything but success. `rpc` is the sentence of /jsonrpc where it differs."""

    def __init__(self, kind: str, message: str, rpc: str = ""):
        super().__init__(message)
        self.status, self.name, self.rpc_name = KINDS[kind]
        self.rpc_message = rpc

    def body(self, rpc: bool = False) -> dict:
        text = (rpc and self.rpc_message) or str(self)
        name = (rpc and self.rpc_name) or self.name
        return {"name": name, "message": text, "arguments": [text], "context": {}, "debug": f"{name}: {text}\n"}


def refusal(sentence: str) -> OdooError:
    """For what Odoo may offer and the sandbox does not: louder than silence, quieter than guessing."""
    return OdooError("value", f"The sandbox does not offer this: {sentence}")


def missing(model: str, ids: list[int], uid: int) -> OdooError:
    listed = ", ".join(map(str, ids)) + ("," if len(ids) == 1 else "")
    record = f"(Record: {model}({listed}), User: {uid})"
    return OdooError("missing", f"Record does not exist or has been deleted.\n{record}")
