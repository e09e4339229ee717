"""What a run records of its columns' types: how the server cut and padded the values when it stored them.

Somebody may change a type later. Values that this has rounded or cut differ from the generated ones, which must not be cut in the same way.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from parloader.schema.model import ColumnSchema, ColumnType, TableSchema

RecordedTypes: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Column → its kind, and the fields of ColumnSchema that matter for that kind; for JSON."""

FIELDS = {
    ColumnType.DECIMAL: ("scale",),
    ColumnType.REAL: ("single",),
    ColumnType.DATETIME: ("fraction_digits",),
    ColumnType.TIMESTAMP: ("fraction_digits",),
    ColumnType.TIME: ("fraction_digits",),
    ColumnType.TEXT: ("fixed",),
    ColumnType.BYTES: ("fixed", "length"),
}


def recorded_types(table: TableSchema) -> RecordedTypes:
    return {
        column.name: {"kind": column.kind.value, **{field: getattr(column, field) for field in FIELDS[column.kind]}}
        for column in table.columns
        if column.kind in FIELDS
    }


def as_recorded(live: TableSchema, types: RecordedTypes) -> TableSchema:
    """The live table with columns that show generated values as the server stored them. A column without a record stays as it is."""
    return replace(live, columns=tuple(_as_recorded(column, types.get(column.name, {})) for column in live.columns))


def _as_recorded(live: ColumnSchema, recorded: Mapping[str, Any]) -> ColumnSchema:
    match recorded.get("kind"), live.kind:
        case ColumnType.DECIMAL, ColumnType.DECIMAL:
            return replace(live, scale=max(live.scale, recorded["scale"]))
        case ColumnType.REAL, ColumnType.REAL | ColumnType.DECIMAL:
            return replace(live, kind=ColumnType.REAL, single=recorded["single"])
        case (ColumnType.TIME, ColumnType.TIME) | (ColumnType.DATETIME | ColumnType.TIMESTAMP, ColumnType.DATETIME | ColumnType.TIMESTAMP):
            return replace(live, fraction_digits=max(live.fraction_digits, recorded["fraction_digits"]))
        case ColumnType.DATETIME | ColumnType.TIMESTAMP, ColumnType.DATE:
            return replace(live, kind=ColumnType.DATETIME, fraction_digits=recorded["fraction_digits"])
        case ColumnType.TEXT, ColumnType.TEXT:
            return replace(live, fixed=recorded["fixed"])
        case ColumnType.BYTES, ColumnType.BYTES:
            padded = recorded["fixed"] and not live.fixed
            return replace(live, fixed=recorded["fixed"], length=recorded["length"] if padded else live.length)
    return live
