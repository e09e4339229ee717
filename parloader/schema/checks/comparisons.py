"""Comparisons of a column, or a function of it, with constants or another column: the leaves of a CHECK clause."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from parloader.schema.checks.patterns import like_avoids, like_constant, like_matches
from parloader.schema.checks.predicates import (
    ALWAYS,
    NEVER,
    Between,
    Compared,
    Constant,
    Disjunction,
    Length,
    Matches,
    NoneOf,
    NotNull,
    Null,
    OneOf,
    UnsupportedCheck,
    all_of,
    any_of,
)
from parloader.schema.checks.regexp import ANY, PUNCTUATION

NEGATED = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

MIRRORED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

HOLDS: dict[str, Callable[[Decimal | int, Decimal | int], bool]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

INTEGER_TYPES = (exp.DataType.Type.BIGINT, exp.DataType.Type.UBIGINT)

TIMESTAMP_TYPES = (exp.DataType.Type.DATE, exp.DataType.Type.DATETIME, exp.DataType.Type.TIMESTAMPTZ, exp.DataType.Type.TIME)

MAX_BITS = 5
"""Hexadecimal literals below 2**5 are read as numbers: as text they would be control characters."""


def is_null(node: exp.Expr) -> bool:
    """Whether the node is the literal NULL."""
    return isinstance(node.unnest(), exp.Null)


def constant(node: exp.Expr) -> Constant | None:
    """The value of a constant; dates and timestamps are text. None: the node is not a constant, or is NULL."""
    match node.unnest():
        case exp.Literal() as literal:
            return str(literal.this) if literal.is_string else _number(literal.this)
        case exp.Boolean() as boolean:
            return int(boolean.this)
        case exp.Neg() as negative:
            value = constant(negative.this)
            return -value if isinstance(value, int | Decimal) else None
        case exp.HexString() as bits if int(bits.this, 16) < 2**MAX_BITS:
            return int(bits.this, 16)
        case exp.Collate() as collated:
            return constant(collated.this)
        case exp.Cast() as cast:
            return _cast(constant(cast.this), cast.to)
    return None


def _number(text: str) -> Constant | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return int(value) if text.isdigit() or (value == value.to_integral_value() and "e" in text.lower()) else value


def _cast(value: Constant | None, to: exp.DataType) -> Constant | None:
    """The value after CAST, if only its type changes; otherwise None."""
    if (
        isinstance(value, str)
        and to.this in (*TIMESTAMP_TYPES, exp.DataType.Type.CHAR)
        and not (to.this is exp.DataType.Type.CHAR and to.expressions)
    ):
        return value
    number = _number(value) if isinstance(value, str) else value
    if number is not None and to.this in INTEGER_TYPES and number == int(number):
        return int(number)
    if number is not None and to.this is exp.DataType.Type.DECIMAL and isinstance(value, int | Decimal) and len(to.expressions) == 2:
        scale = int(to.expressions[1].this.this)
        return number if number == round(Decimal(number), scale) else None
    return None


def compared(left: exp.Expr, operator: str, right: exp.Expr) -> Disjunction:
    """Cases in which left `operator` right is true, or unknown because a column is NULL.

    UnsupportedCheck: an operand is not a constant, a column or a supported function of one.
    """
    value = constant(right)
    if value is not None:
        return _with_constant(left.unnest(), operator, value)
    value = constant(left)
    if value is not None:
        return _with_constant(right.unnest(), MIRRORED[operator], value)
    return _two_columns(left.unnest(), operator, right.unnest())


def one_of(node: exp.Expr, values: tuple[Constant, ...], *, negated: bool) -> Disjunction:
    """Cases in which the node is one of the values (`negated`: none of them). UnsupportedCheck: as in `compared`."""
    subject = bare(node)
    if isinstance(subject, exp.Column):
        return ((NoneOf(column=subject.name, values=values),),) if negated else ((OneOf(column=subject.name, values=values),),)
    if isinstance(subject, exp.Upper | exp.Lower) and isinstance(subject.this, exp.Column):
        return one_of(
            subject.this, tuple(value for value in values if _in_case(subject, value)) if not negated else values, negated=negated
        )
    if isinstance(subject, exp.Left | exp.Right | exp.Substring) and isinstance(subject.this, exp.Column):
        found = [_part_is(subject, str(value), negated=negated) for value in values]
        return all_of(*found) if negated else any_of(*found)
    raise UnsupportedCheck("IN of an expression")


def _part_is(function: exp.Left | exp.Right | exp.Substring, part: str, *, negated: bool) -> Disjunction:
    """Cases in which a part of the column is this text (`negated`: is not), as a LIKE pattern."""
    column = function.this.name
    before, length = "" if isinstance(function, exp.Left) else "%", function.args.get("expression") or function.args.get("length")
    if isinstance(function, exp.Substring):
        start = constant(function.args["start"])
        before = "_" * (start - 1) if isinstance(start, int) and start >= 1 else ""
        if not before and start != 1:
            raise UnsupportedCheck("a part of a text")
    longest = None if length is None else constant(length)
    if not part or part != part.strip() or (length is not None and not isinstance(longest, int)):
        raise UnsupportedCheck("a part of a text")
    if isinstance(longest, int) and len(part) > longest:
        return ALWAYS if negated else NEVER
    text = re.sub(r"([\\%_])", r"\\\1", part)
    # a shorter part ends the text
    pattern = (before + text + ("" if before == "%" else "%")) if len(part) == longest else text if before == "%" else before + text
    found = like_constant(pattern)
    if found is not None:
        return ((NoneOf(column=column, values=(found,)),),) if negated else ((OneOf(column=column, values=(found,)),),)
    return (((like_avoids if negated else like_matches)(column, pattern),),)


def _in_case(function: exp.Upper | exp.Lower, value: Constant) -> bool:
    text = str(value)
    return text == (text.upper() if isinstance(function, exp.Upper) else text.lower())


def bare(node: exp.Expr) -> exp.Expr:
    """The node without COLLATE and BINARY: OneOf and NoneOf hold in every collation."""
    inner = node.unnest()
    if isinstance(inner, exp.Collate) or (isinstance(inner, exp.Cast) and inner.to.this is exp.DataType.Type.CHARACTER_SET):
        return bare(inner.this)
    return inner


def _with_constant(subject: exp.Expr, operator: str, value: Constant) -> Disjunction:
    match subject:
        case exp.Column():
            return _column(subject.name, operator, value)
        case exp.Length(this=exp.Column() as column) if isinstance(value, int):
            return _length(column.name, operator, value, in_bytes=bool(subject.args.get("binary")))
        case exp.Length(this=exp.Trim() as trim) if isinstance(value, int):
            return _trimmed_length(_trimmed(trim), operator, value)
        case exp.Anonymous(this=str(name), expressions=[exp.Column() as column]) if name.lower() == "octet_length" and isinstance(
            value, int
        ):
            return _length(column.name, operator, value, in_bytes=True)
        case exp.Anonymous(this=str(name), expressions=[exp.Trim() as trim]) if name.lower() == "octet_length" and isinstance(value, int):
            return _trimmed_length(_trimmed(trim), operator, value)
        case exp.Trim() if value == "" and operator in ("<>", ">"):
            return ((NoneOf(column=_trimmed(subject), values=("",)),),)
        case exp.Year(this=exp.TsOrDsToDate(this=exp.Column() as column)) if isinstance(value, int):
            return _stepwise(column.name, operator, _year(value), _year(value + 1))
        case exp.Cast(this=exp.Column() as column, to=exp.DataType(this=exp.DataType.Type.DATE)) if isinstance(value, str):
            return _stepwise(column.name, operator, value, _day_after(value))
        case exp.Coalesce(this=exp.Column() as column, expressions=[other]):
            return _or_default(column, operator, constant(other), value)
    if operator in ("=", "<>"):
        return one_of(subject, (value,), negated=operator == "<>")
    raise UnsupportedCheck("a comparison")


def _column(column: str, operator: str, value: Constant) -> Disjunction:
    match operator:
        case "=":
            return ((OneOf(column=column, values=(value,)),),)
        case "<>":
            return ((NoneOf(column=column, values=(value,)),),)
        case "<" | "<=":
            return ((Between(column=column, high=value, high_open=operator == "<"),),)
        case _:
            return ((Between(column=column, low=value, low_open=operator == ">"),),)


def _length(column: str, operator: str, value: int, *, in_bytes: bool) -> Disjunction:
    match operator:
        case "=":
            bounds: list[tuple[int, int | None]] = [(value, value)]
        case "<>":
            bounds = [(value + 1, None), (0, value - 1)]
        case "<" | "<=":
            bounds = [(0, value - (operator == "<"))]
        case _:
            bounds = [(value + (operator == ">"), None)]
    possible = [(max(low, 0), high) for low, high in bounds if high is None or high >= 0]
    # a length below 0: possible only for NULL
    return tuple((Length(column=column, low=low, high=high, in_bytes=in_bytes),) for low, high in possible) or ((Null(column=column),),)


def _trimmed(trim: exp.Trim) -> str:
    """The column of a TRIM that removes blanks, on either side or both."""
    blank = trim.expression
    if not isinstance(trim.this, exp.Column) or not (blank is None or constant(blank) == " "):
        raise UnsupportedCheck("TRIM of an expression")
    return trim.this.name


def _trimmed_length(column: str, operator: str, value: int) -> Disjunction:
    match operator:
        case "<" | "<=":
            return _length(column, operator, value, in_bytes=True)  # a trimmed text is never longer than the text
        case ">" | ">=":
            minimum = value + (operator == ">")
            if minimum <= 0:
                return ALWAYS
            return ((NoneOf(column=column, values=("",)) if minimum == 1 else _plain(column, ANY, minimum),),)
        case "<>" if value == 0:
            return ((NoneOf(column=column, values=("",)),),)
    raise UnsupportedCheck("the length of a trimmed text")


def _plain(column: str, letters: str, min_length: int = 0) -> Matches:
    """Texts of these letters only."""
    return Matches(column=column, parts=((letters, min_length, None),), whole=True)


def _year(year: int) -> str:
    if not 1 <= year <= 9999:
        raise UnsupportedCheck("a year")
    return f"{year:04}-01-01"


def _day_after(text: str) -> str:
    try:
        return str(date.fromisoformat(text) + timedelta(days=1))
    except (ValueError, OverflowError) as error:
        raise UnsupportedCheck("a date") from error


def _stepwise(column: str, operator: str, start: str, after: str) -> Disjunction:
    """A comparison of an increasing function of the column, such as YEAR(): it equals the constant for `start` <= column < `after`."""
    below, above = Between(column=column, high=start, high_open=True), Between(column=column, low=after)
    match operator:
        case "<":
            return ((below,),)
        case "<=":
            return ((Between(column=column, high=after, high_open=True),),)
        case ">":
            return ((above,),)
        case ">=":
            return ((Between(column=column, low=start),),)
        case "<>":
            return ((below,), (above,))
        case _:
            return ((Between(column=column, low=start, high=after, high_open=True),),)


def _or_default(column: exp.Column, operator: str, default: Constant | None, value: Constant) -> Disjunction:
    """COALESCE(column, default) compared with a number."""
    if not isinstance(default, int | Decimal) or not isinstance(value, int | Decimal):
        raise UnsupportedCheck("COALESCE")
    not_null = tuple((NotNull(column=column.name), *case) for case in _column(column.name, operator, value))
    return (*not_null, (Null(column=column.name),)) if HOLDS[operator](default, value) else not_null


def _two_columns(left: exp.Expr, operator: str, right: exp.Expr) -> Disjunction:
    first, second = (bare(left), bare(right)) if operator == "=" else (left, right)
    for function, column in ((first, second), (second, first)):
        if isinstance(function, exp.Upper | exp.Lower) and function.this == column and isinstance(column, exp.Column) and operator == "=":
            letters = "".join(letter for letter in ANY if _in_case(function, letter))
            return ((replace(_plain(column.name, letters), punctuation=PUNCTUATION),),)
    if not isinstance(first, exp.Column) or not isinstance(second, exp.Column) or first == second:
        raise UnsupportedCheck("a comparison of expressions")
    if operator in (">", ">="):
        return ((Compared(left=second.name, operator=MIRRORED[operator], right=first.name),),)
    return ((Compared(left=first.name, operator=operator, right=second.name),),)
