"""Are two values of a field the same? One was decided on and comes from a snapshot, the other stands in Odoo."""

from decimal import Decimal, InvalidOperation
from typing import Any

FLOAT_DIGITS = 6
MONEY_DIGITS = 2


def same(expected: Any, actual: Any) -> bool:
    """Whether `actual`, read from Odoo, is the `expected` value.

    Odoo's `false` in an empty field is no value, like None and "". Numbers are compared as decimals: an expected text
    such as "48200.00" at its own number of digits (at least 2), an expected JSON number at 6. A many2one is its id,
    with or without its name; many ids are compared as a set.
    """
    if _is_number(actual):
        return _same_number(expected, actual)
    return _canonical(expected) == _canonical(actual)


def is_empty(value: Any) -> bool:
    return _canonical(value) is None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _same_number(expected: Any, actual: Any) -> bool:
    if is_empty(expected):
        return not actual  # a number that was never set reads as 0
    if isinstance(expected, list | tuple):
        return _canonical(expected) == actual
    if isinstance(expected, bool):
        return False
    try:
        wanted = Decimal(str(expected))
    except InvalidOperation:
        return False
    if not wanted.is_finite():
        return False
    return abs(wanted - Decimal(str(actual))) * 2 < Decimal(1).scaleb(-_digits(expected, wanted))


def _digits(expected: Any, wanted: Decimal) -> int:
    """How many decimals count: all that were written down in a text, as stored in a float."""
    if not isinstance(expected, str | Decimal):
        return FLOAT_DIGITS
    return max(MONEY_DIGITS, -int(wanted.as_tuple().exponent))


def _canonical(value: Any) -> Any:
    """The one form of values that mean the same. Booleans stay apart from nothing only when they are true."""
    if value is False or value is None or value == "":
        return None
    if isinstance(value, list | tuple):
        if len(value) == 2 and isinstance(value[0], int) and isinstance(value[1], str):
            return value[0]  # a many2one with its display name
        return sorted(value) if all(isinstance(one, int) for one in value) else [_canonical(one) for one in value]
    if isinstance(value, dict):
        return {key: _canonical(one) for key, one in value.items()}
    if _is_number(value):
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-FLOAT_DIGITS))
    return value
