"""A domain evaluated as Odoo does, on the values of one record by the path that the domain names."""

import json
import operator
from typing import Any

COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def holds(domain: str | list, **record: Any) -> bool:
    """Prefix operators; a missing one is "&"."""
    terms = json.loads(domain) if isinstance(domain, str) else domain

    def value(at: int) -> tuple[bool, int]:
        term = terms[at]
        if term in ("&", "|"):
            left, at = value(at + 1)
            right, at = value(at)
            return (left and right) if term == "&" else (left or right), at
        field, word, wanted = term
        return COMPARE[word](record[field], wanted) if field in record else False, at + 1

    answer, end = value(0)
    assert end == len(terms), "the domain is not closed"
    return answer
