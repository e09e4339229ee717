"""How the server shows a table's rows as text: an SQL expression for each column. loading/shown.py writes generated values the same way."""

from dataclasses import dataclass

from parloader.database import sql
from parloader.plans.shape import Column, Kind

QUOTED = frozenset({Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP, Kind.TIME, Kind.UUID, Kind.INET4, Kind.INET6})
HEXADECIMAL = frozenset({Kind.BYTES, Kind.GEOMETRY, Kind.VECTOR})
# The backslash, written so that it means the same in every sql_mode
BACKSLASH = "CHAR(92 USING utf8mb4)"


@dataclass(frozen=True, kw_only=True)
class View:
    """These columns of a table. Its rows are found by the integer column `key`, or, where that is None, by the values of their columns
    `identity`: NOT NULL, together the whole of a PRIMARY or UNIQUE key, and among the `columns`."""

    table: str
    columns: tuple[Column, ...]
    key: str | None = None
    identity: tuple[str, ...] = ()

    @property
    def expressions(self) -> tuple[str, ...]:
        return tuple(as_text(column) for column in self.columns)

    @property
    def number_columns(self) -> frozenset[str]:
        """Those that LOAD DATA has to be told to read as numbers."""
        return frozenset(column.name for column in self.columns if column.kind in (Kind.BIT, Kind.YEAR))


def as_text(column: Column) -> str:
    """The column's value as text, 'NULL' where there is none. Texts of all columns have one collation, so that they can be joined."""
    name = sql.quote(column.name)
    padded = column.kind in (Kind.INTEGER, Kind.DECIMAL) and "zerofill" in column.type_text.lower()
    if column.kind in (Kind.BIT, Kind.YEAR) or padded:
        text = f"({name} + 0)"
    elif column.kind is Kind.REAL:
        text = f"({name} + 0e0)"  # a FLOAT alone is shown with six digits; 0 also for -0, which INSERT does not write
    elif column.kind in (Kind.INTEGER, Kind.DECIMAL):
        text = name
    elif column.kind in QUOTED:
        text = f"CONCAT('''', {name}, '''')"
    elif column.kind in HEXADECIMAL:
        text = f"CONCAT('x''', LOWER(HEX({name})), '''')"
    else:
        # QUOTE() would escape more (NUL and Ctrl-Z)
        unified = f"CONVERT({name} USING utf8mb4)"
        text = f"CONCAT('''', REPLACE(REPLACE({unified}, '''', ''''''), {BACKSLASH}, CONCAT({BACKSLASH}, {BACKSLASH})), '''')"
    return f"COALESCE({text}, 'NULL')" if column.nullable else text
