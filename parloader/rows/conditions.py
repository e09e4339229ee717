"""Conditions on existing rows, as SQL."""

from typing import Any

from parloader.database import sql
from parloader.plans.conditions import Condition, Conditions, Operator

FORMATS: dict[Operator, str] = {
    Operator.IN: "{0} IN %s",
    Operator.NOT_IN: "{0} NOT IN %s",
    Operator.ABOVE: "{0} > %s",
    Operator.LEAST: "{0} >= %s",
    Operator.BELOW: "{0} < %s",
    Operator.MOST: "{0} <= %s",
    Operator.LIKE: "{0} LIKE %s ESCAPE '|'",
    Operator.NOT_LIKE: "{0} NOT LIKE %s ESCAPE '|'",
    Operator.REGEXP: "{0} REGEXP %s",
    Operator.NOT_REGEXP: "{0} NOT REGEXP %s",
    Operator.LETTERS: "CONVERT({0} USING utf8mb4) COLLATE utf8mb4_bin REGEXP %s",
    Operator.MIN_LENGTH: "CHAR_LENGTH({0}) >= %s",
    Operator.MAX_LENGTH: "CHAR_LENGTH({0}) <= %s",
    Operator.MAX_BYTES: "LENGTH({0}) <= %s",
}


def where(conditions: Conditions) -> tuple[str, list[Any]]:
    """An SQL condition, and the values for its placeholders."""
    texts = [FORMATS[each.operator].format(sql.quote(each.column)) for each in conditions]
    return "(" + (" AND ".join(texts) or "TRUE") + ")", [_value(each) for each in conditions]


def _value(condition: Condition) -> Any:
    if condition.operator in (Operator.LIKE, Operator.NOT_LIKE):
        return _escaped_otherwise(str(condition.value))
    return list(condition.value) if isinstance(condition.value, tuple) else condition.value


def _escaped_otherwise(pattern: str) -> str:
    """The LIKE pattern with | instead of the backslash, which not every sql_mode allows as an escape character."""
    characters, written = iter(pattern), ""
    for character in characters:
        if character == "\\":
            character = next(characters, character)
            written += f"|{character}" if character in "%_|" else character
        else:
            written += "||" if character == "|" else character
    return written
