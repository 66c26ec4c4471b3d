"""One row of `load`: cells are texts, relations are given as `field/id` (external ids) or `field/.id`."""

from typing import Any

from .errors import OdooError, refusal
from .records import Env
from .schema import Field

YES, NO = {"1", "true", "yes"}, {"0", "false", "no", ""}


def load_row(env: Env, model: str, cells: dict[str, str]) -> int:
    """Create or update the record with the external id of column `id`. Raises OdooError."""
    xmlid = cells.pop("id", "")
    xmlid = xmlid if "." in xmlid or not xmlid else f"__import__.{xmlid}"
    values = {path.partition("/")[0]: _value(env, model, path, text) for path, text in cells.items()}
    known = env.ref(xmlid) if xmlid else {}
    if known and known["model"] != model:
        raise OdooError("validation", f"For external id {xmlid} when trying to create/update a record of model {model} "
                        f"found record of different model {known['model']}")  # fmt: skip
    if known:
        env.write(model, [known["res_id"]], values)
        return known["res_id"]
    made = env.create(model, [values])[0]
    if xmlid:
        module, name = xmlid.split(".", 1)
        env.sudo().create("ir.model.data", [{"module": module, "name": name, "model": model, "res_id": made}])
    return made


def _value(env: Env, model: str, path: str, text: str) -> Any:
    word, _, key = path.partition("/")
    if word not in env.model(model).fields:
        raise OdooError("value", f"Invalid field name {word!r}")
    field = env.model(model).fields[word]
    if not isinstance(text, str) or field.kind == "<" or bool(key) != (field.kind in ">*"):
        raise refusal(
            f"{text!r} in the column {path!r} of load; relations are {word}/id or {word}/.id, cells are texts"
        )
    if key:
        ids = [_target(env, field, key, one.strip()) for one in text.split(",") if one.strip()]
        return ids if field.kind == "*" else ids[0] if ids else False
    if field.kind == "bool":
        if text.lower() not in YES | NO:
            raise OdooError("validation", f"Unknown value '{text}' for boolean field '{field.label}'")
        return text.lower() in YES
    if field.kind in ("int", "float", "money"):
        return (int if field.kind == "int" else float)(text or 0)
    return text or False


def _target(env: Env, field: Field, key: str, text: str) -> int:
    if key == ".id":
        return int(text)
    if not (found := env.ref(text)):
        raise OdooError("validation", f"No matching record found for external id '{text}' in field '{field.label}'")
    return found["res_id"]
