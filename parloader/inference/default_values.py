"""The DEFAULT of a column as a value."""

from decimal import Decimal, InvalidOperation

from parloader.plans.generators import Scalar
from parloader.schema.model import ColumnSchema, ColumnType


def default_value(column: ColumnSchema) -> Scalar:
    """The constant that the column has by default, as it is written in plans. None: it has none, or it is an expression or a time."""
    text = column.default
    if text is None:
        return None
    try:
        match column.kind:
            case ColumnType.INTEGER | ColumnType.YEAR:
                return int(text)
            case ColumnType.DECIMAL:
                return f"{Decimal(text):.{column.scale}f}"
            case ColumnType.REAL:
                return float(text)
            case ColumnType.ENUM:
                return text if text in column.values else None
            case ColumnType.TEXT:
                return None if "(" in text else text  # uuid()
    except (ValueError, InvalidOperation):
        return None
    return None


def default_text(column: ColumnSchema) -> str | None:
    """The default of a column of texts; None: none, or an empty one."""
    value = default_value(column)
    return value if isinstance(value, str) and column.kind in (ColumnType.TEXT, ColumnType.ENUM) and value else None
