"""Which different texts of a column have the same value: the server writes some numbers and JSON values otherwise than they were given."""

import json
import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from parloader.schema.model import ColumnSchema, ColumnType

# MySQL drops a number's last digits rather than write more characters
MYSQL_REAL_CHARACTERS = 22
REAL_TOLERANCE = 1e-14

# JSON numbers without a fraction are integers from here up to JSON_INTEGER_END - 1; MySQL makes any other one a floating-point number
JSON_INTEGER_START, JSON_INTEGER_END = -(2**63), 2**64


def is_same(columns: Sequence[ColumnSchema], generated: Sequence[str], found: Sequence[str]) -> bool:
    """Whether a row has the generated values: the texts of both, or what these mean, are equal in all of the columns."""
    return generated == found or all(
        one == other or is_equivalent(column, one, other) for column, one, other in zip(columns, generated, found, strict=True)
    )


def is_equivalent(column: ColumnSchema, generated: str, found: str) -> bool:
    """Whether two different literals have the same meaning."""
    if "NULL" in (generated, found):
        return False
    match column.kind:
        case ColumnType.JSON:
            return _is_equivalent_json(unquoted(generated), unquoted(found))
        case ColumnType.REAL:
            return math.isclose(float(generated), float(found), rel_tol=REAL_TOLERANCE if len(generated) > MYSQL_REAL_CHARACTERS else 0)
        case _:
            return False


def unquoted(text: str) -> str:
    """The value of a quoted literal; any other literal unchanged."""
    return text[1:-1].replace("''", "'").replace("\\\\", "\\") if text.startswith("'") else text


def _json_number(digits: str) -> int | float:
    number = int(digits)
    return number if JSON_INTEGER_START <= number < JSON_INTEGER_END else float(digits)


def _double(text: str) -> float:
    """ValueError: no floating-point number has exactly these digits as its shortest text."""
    number = float(text)
    if Decimal(text) != Decimal(repr(number)):
        raise ValueError(text)
    return number


def _integer(digits: str) -> int:
    """ValueError: JSON has no integer of this size."""
    number = int(digits)
    if not JSON_INTEGER_START <= number < JSON_INTEGER_END:
        raise ValueError(digits)
    return number


def _is_equivalent_json(generated: str, found: str) -> bool:
    """MySQL makes the generated number 0.10000000000000000001 the double 0.1. It shows such digits only if somebody stored a DECIMAL."""
    try:
        return _normalized_json(generated) == _normalized_json(found, parse_float=_double, parse_int=_integer)
    except ValueError:  # not valid JSON: without MariaDB's CHECK, a JSON column holds any text
        return False


def _normalized_json(
    text: str, *, parse_float: Callable[[str], float] = float, parse_int: Callable[[str], int | float] = _json_number
) -> str:
    """As text, because Python takes 1, 1.0 and true for equal."""
    return json.dumps(json.loads(text, parse_float=parse_float, parse_int=parse_int), sort_keys=True)
