"""The columns of exported files: their types, and generated values as the server shows them.

With a schema, each column has the type that fits its column on the server. Without one, it has the type of the generated values.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from parloader.plans.generators import Const, Generator, Random, Unique, UniqueKind, When
from parloader.rows.literals import number
from parloader.rows.server_text import decimal_text, with_fraction
from parloader.schema.model import ColumnSchema, ColumnType, TableSchema

# A Polars decimal has at most 38 digits; larger ones are text
MAX_DECIMAL_DIGITS = 38

INTEGER_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 32, "int": 32, "integer": 32, "bigint": 64}

MICROSECONDS = pl.Datetime("us")

A_DAY = 24 * 3600

BYTES_TYPES = frozenset({ColumnType.BYTES, ColumnType.GEOMETRY, ColumnType.VECTOR})


@dataclass(frozen=True, kw_only=True)
class FileColumn:
    """A column of a table's files."""

    name: str
    dtype: pl.DataType
    """of its values, and in Parquet files"""
    schema: ColumnSchema | None = None
    """None: the plan was made without a schema"""

    @property
    def fraction_digits(self) -> int | None:
        """Of the seconds of a timestamp or time. None: as many as a value needs."""
        return None if self.schema is None else self.schema.fraction_digits

    @property
    def server_type(self) -> str | None:
        """The type of the column on the server; None: it is not known."""
        return None if self.schema is None else self.schema.type_text

    @property
    def type_name(self) -> str:
        """The type of the values, in Polars' words: Int64, Decimal(10, 2), Datetime('us')."""
        if isinstance(self.dtype, pl.Decimal):
            return f"Decimal({self.dtype.precision}, {self.dtype.scale})"
        return "Datetime('us')" if self.dtype == MICROSECONDS else str(self.dtype)

    @property
    def is_number(self) -> bool:
        """Whether LOAD DATA needs an explicit conversion to a number: it reads digits for a BIT as bytes, and a YEAR of 0 as 2000."""
        if self.schema is None:
            return self.dtype.is_integer()
        return self.schema.kind in (ColumnType.BIT, ColumnType.YEAR)

    @property
    def is_signed(self) -> bool:
        """Of a number: whether it can be negative."""
        return self.dtype.is_signed_integer()

    @property
    def is_bytes(self) -> bool:
        """Whether text files have it in hexadecimal digits."""
        return self.dtype == pl.Binary

    def typed(self, values: pl.Series) -> pl.Expr:
        """The generated values (a column of this name) with the type of this column."""
        given = pl.col(self.name)
        if values.dtype == pl.Null or values.null_count() == values.len():
            return pl.lit(None, dtype=self.dtype).alias(self.name)
        if self.schema is None:
            return _as_generated(given, values.dtype, self.dtype)
        return _as_on_server(given, values, self.schema, self.dtype)


def file_columns(
    frame: pl.DataFrame, generators: Mapping[str, Generator], schema: TableSchema | None, names: Iterable[str]
) -> tuple[FileColumn, ...]:
    """The columns of these names. `frame`: a sample of their generated values."""
    return tuple(_file_column(frame.schema[name], name, generators.get(name), schema) for name in names)


def _file_column(generated: pl.DataType, name: str, generator: Generator | None, table: TableSchema | None) -> FileColumn:
    if table is None:
        time = generator is not None and _is_time_of_day(generator)
        return FileColumn(name=name, dtype=pl.Time() if time else _plain_type(generated))
    schema = table.column(name)
    time = generator is not None and _is_time_of_day(generator)
    dtype = _type_on_server(schema, is_time_of_day=time)
    if dtype in (pl.Date(), MICROSECONDS) and generated == pl.String:  # picked from existing rows, which may have zero dates
        dtype = pl.String()
    return FileColumn(name=name, dtype=dtype, schema=schema)


def _plain_type(generated: pl.DataType) -> pl.DataType:
    """The type of generated values in a file, without a schema."""
    if generated == pl.Boolean:  # a boolean of both servers is a TINYINT
        return pl.Int8()
    if generated == pl.Datetime:
        return MICROSECONDS
    return pl.String() if generated == pl.Null else generated


def _as_generated(given: pl.Expr, generated: pl.DataType, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Time:
        return _time(given)
    if dtype == pl.String and generated.is_numeric():
        return given.cast(pl.String)
    return given.cast(dtype)


def _is_time_of_day(generator: Generator) -> bool:
    """Whether all values are times of a day: 00:00:00 to 23:59:59."""
    match generator:
        case Random(form="time"):
            return True
        case Unique(form=UniqueKind.TIME, low=low, high=high):
            return low >= 0 and high < A_DAY
        case When(then=then, otherwise=otherwise):
            branches = [each for each in (then, otherwise) if isinstance(each, Generator) and not _is_null(each)]
            return bool(branches) and all(_is_time_of_day(each) for each in branches)
    return False


def _is_null(generator: Generator) -> bool:
    return isinstance(generator, Const) and generator.value is None


def _type_on_server(column: ColumnSchema, *, is_time_of_day: bool) -> pl.DataType:
    match column.kind:
        case ColumnType.INTEGER:
            bits = INTEGER_BITS.get(column.type_name, 64)
            signed = {8: pl.Int8, 16: pl.Int16, 32: pl.Int32, 64: pl.Int64}
            unsigned = {8: pl.UInt8, 16: pl.UInt16, 32: pl.UInt32, 64: pl.UInt64}
            return (unsigned if column.min_value >= 0 else signed)[bits]()
        case ColumnType.BIT:
            return pl.UInt64()
        case ColumnType.YEAR:
            return pl.Int16()
        case ColumnType.DECIMAL if column.precision <= MAX_DECIMAL_DIGITS:
            return pl.Decimal(column.precision, column.scale)
        case ColumnType.REAL:
            return pl.Float32() if column.single else pl.Float64()
        case ColumnType.DATE:
            return pl.Date()
        case ColumnType.DATETIME | ColumnType.TIMESTAMP:
            return MICROSECONDS
        case ColumnType.TIME if is_time_of_day:
            return pl.Time()
        case kind if kind in BYTES_TYPES:
            return pl.Binary()
    return pl.String()


def _as_on_server(given: pl.Expr, values: pl.Series, column: ColumnSchema, dtype: pl.DataType) -> pl.Expr:
    """The values as the server shows them, after rows/server_text.py."""
    match column.kind:
        case ColumnType.DECIMAL if dtype == pl.String:
            return decimal_text(values, column.scale)
        case ColumnType.DECIMAL:
            return (decimal_text(values, column.scale) if values.dtype == pl.String else given).cast(dtype)
        case ColumnType.REAL:  # exactly: a decimal becomes the nearest real number by way of its digits
            return (given.cast(pl.String).cast(pl.Float64) if values.dtype.is_decimal() else given).cast(dtype)
        case ColumnType.DATETIME | ColumnType.TIMESTAMP if dtype == pl.String:
            return with_fraction(given, column.fraction_digits)
        case ColumnType.DATETIME | ColumnType.TIMESTAMP:
            timestamps = given.cast(MICROSECONDS)
            return timestamps if column.fraction_digits == 6 else timestamps.dt.truncate(f"{10 ** (6 - column.fraction_digits)}us")
        case ColumnType.TIME:
            return _time(given) if dtype == pl.Time else with_fraction(given, column.fraction_digits)
        case kind if kind in BYTES_TYPES:
            content = given.cast(pl.Binary)
            return content.bin.encode("hex").str.pad_end(2 * column.length, "0").str.decode("hex") if column.fixed else content
        case ColumnType.UUID | ColumnType.INET6:
            return given.str.to_lowercase()
    if dtype == pl.String:
        text = given if values.dtype == pl.String else number(values)
        return text.str.strip_chars_end(" ") if column.fixed else text
    return given.cast(dtype)


def _time(given: pl.Expr) -> pl.Expr:
    return given.str.to_time("%H:%M:%S%.f")
