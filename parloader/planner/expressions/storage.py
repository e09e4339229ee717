"""What a generated column stores of its expression's values."""

from dataclasses import replace
from fractions import Fraction

from parloader.inference.texts import text_columns
from parloader.inference.value_ranges import MAX_DECIMAL_DIGITS
from parloader.planner.expressions import text_functions as texts
from parloader.planner.expressions.arithmetic import rounded, to_date, to_integer
from parloader.planner.expressions.images import (
    AnyText,
    Constant,
    Digit,
    Image,
    Json,
    Moment,
    Number,
    Opaque,
    Symbol,
    Unknown,
    length,
)
from parloader.schema.model import ColumnSchema, ColumnType

DECIMAL_DIGITS = 10


def stored(image: Image, column: ColumnSchema) -> Image:
    """The image after its conversion to the column's type. Unknown: the server may reject the values, or nothing is known of them."""
    if image == Constant(value=None):
        return image
    match column.kind:
        case ColumnType.INTEGER | ColumnType.YEAR:
            return _integer(_scalar(image), column)
        case ColumnType.DECIMAL:
            number = rounded(_scalar(image), min(column.scale, MAX_DECIMAL_DIGITS))
            limit = 10 ** (column.precision - column.scale)
            return number if _is_within(number, -limit + 1, limit - 1) else Unknown(nullable=image.nullable)
        case ColumnType.TEXT:
            return _text(image, column)
        case ColumnType.BYTES:
            return image if isinstance(image, Opaque) else _text(image, column)
        case ColumnType.DATE:
            return to_date(image)
        case ColumnType.DATETIME | ColumnType.TIMESTAMP if isinstance(image, Moment):
            return image
        case ColumnType.JSON if isinstance(image, Json):
            return image
    return Unknown(nullable=image.nullable)


def _scalar(image: Image) -> Image:
    return image.scalar or Unknown() if isinstance(image, Json) else image


def _integer(image: Image, column: ColumnSchema) -> Image:
    number = to_integer(image, unsigned=column.unsigned)
    return number if _is_within(number, column.min_value, column.max_value) else Unknown(nullable=image.nullable)


def _is_within(image: Image, low: int, high: int) -> bool:
    return (
        isinstance(image, Number) and image.low is not None and image.high is not None and Fraction(low) <= image.low and image.high <= high
    )


def _text(image: Image, column: ColumnSchema) -> Image:
    text = texts.as_text(image)
    size = None if text is None else length(text)
    if text is None or (size is not None and size > column.length):
        return Unknown(nullable=image.nullable)
    if not text_columns.mixes_letters(column):
        return text

    def kept(symbol: Symbol) -> Symbol:
        return AnyText(1) if isinstance(symbol, Digit) and symbol.base > DECIMAL_DIGITS else symbol

    return replace(text, symbols=tuple(map(kept, text.symbols)))
