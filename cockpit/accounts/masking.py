"""Names, replaced wherever they stand. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

GONE = "[…]"  # stands where something was; the same in every language


def masking(names: Iterable[str]) -> Callable[[Any], Any]:
    """Replaces whole names and addresses, however they are written, in texts and in all texts of a JSON value."""
    wanted = sorted({name.strip() for name in names if len(name.strip()) > 2}, key=len, reverse=True)
    found = re.compile(rf"(?<!\w)@?(?:{'|'.join(map(re.escape, wanted))})(?!\w)", re.IGNORECASE) if wanted else None

    def mask(value: Any) -> Any:
        if isinstance(value, str):
            return found.sub(GONE, value) if found else value
        if isinstance(value, Mapping):
            return {key: mask(one) for key, one in value.items()}
        return [mask(one) for one in value] if isinstance(value, list) else value

    return mask
