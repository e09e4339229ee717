"""The conditions of `reuse_if` in a plan document: lists of tables such as { column = "kind", in = ["car"] }, one list for each kind of row."""

from collections.abc import Mapping
from typing import Any

from parloader.plans.conditions import Condition, Operator
from parloader.plans.documents.codecs import NAME, SCALAR, TEXT, Codec, DecodeError, integer, list_of

VALUES: dict[Operator, Codec] = {
    **dict.fromkeys((Operator.IN, Operator.NOT_IN), list_of(SCALAR, least=1)),
    **dict.fromkeys((Operator.ABOVE, Operator.LEAST, Operator.BELOW, Operator.MOST), SCALAR),
    **dict.fromkeys((Operator.LIKE, Operator.NOT_LIKE, Operator.REGEXP, Operator.NOT_REGEXP, Operator.LETTERS), TEXT),
    **dict.fromkeys((Operator.MIN_LENGTH, Operator.MAX_LENGTH, Operator.MAX_BYTES), integer(0)),
}


def _read(value: object) -> Condition:
    expected = f'a condition such as {{ column = "kind", in = ["car"] }}, with one of {", ".join(Operator)}'
    if not isinstance(value, Mapping) or len(value) != 2 or "column" not in value:
        raise DecodeError(expected)
    (word,) = (key for key in value if key != "column")
    if word not in {*Operator}:
        raise DecodeError(expected)
    operator = Operator(word)
    try:
        return Condition(column=NAME.read(value["column"]), operator=operator, value=VALUES[operator].read(value[word]))
    except DecodeError as error:
        raise DecodeError(expected) from error


def _write(condition: Any) -> Any:
    if not isinstance(condition, Condition):
        return condition
    return {"column": condition.column, str(condition.operator): VALUES[condition.operator].write(condition.value)}


REUSE_CONDITIONS = list_of(list_of(Codec(read=_read, write=_write), least=1), least=1)
