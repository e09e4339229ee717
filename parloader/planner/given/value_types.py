"""Brings the listed values of a plan (const, cycle, choice, unique values) to the types of their columns."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from math import isfinite

from parloader.planner.given.column_limits import within_column
from parloader.plans.documents.codecs import abbreviated
from parloader.plans.documents.mistakes import Mistakes, column_mistake
from parloader.plans.generators import After, Generator, Pick, Scalar, Timeline
from parloader.plans.model import Plan, Table
from parloader.schema.model import ColumnSchema, ColumnType, Schema
from parloader.timestamps import ZERO_DATE, parse_iso, parse_sql_literal

INTEGER = re.compile(r"[+-]?[0-9]+")

DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")

REAL = re.compile(DECIMAL.pattern + r"(?:[eE][+-]?[0-9]{1,3})?")

MAX_INTEGER = 2**64 - 1

MAX_INTEGER_CHARACTERS = 40


def with_typed_values(plan: Plan, schema: Schema, mistakes: Mistakes) -> Plan:
    """The plan with the listed values of each column in the column's type; notes those that do not fit.

    Only what no column accepts as it is gets another type, so a plan that could be loaded keeps its values: texts in columns of numbers,
    timestamps or bytes; numbers in columns of text; and the texts of dates if an `after` or `timeline` refers to them. In a DATE column, a `timeline`
    gives dates. Distributions get the range of their column as limits if they could exceed it.
    """
    added_to = frozenset(_added_to(plan))

    def typed(table: Table) -> Table:
        live = {column.name: column for column in schema[table.name].columns} if table.name in schema else {}
        return replace(
            table,
            columns={
                name: _typed(generator, live[name], (table.name, name) in added_to, mistakes, table.name) if name in live else generator
                for name, generator in table.columns.items()
            },
        )

    return replace(plan, tables=tuple(map(typed, plan.tables)))


def _added_to(plan: Plan) -> Iterator[tuple[str, str]]:
    """The (table, column) pairs to which an `after` or `timeline` refers, also through picks."""
    tables = {table.name: table for table in plan.tables}
    waiting = [(t.name, column) for t in plan.tables for each in t.columns.values() for g in each.walk() for column in _base_columns(g)]
    found: set[tuple[str, str]] = set()
    while waiting:
        name, column = waiting.pop()
        if (name, column) in found:
            continue
        found.add((name, column))
        generator = tables[name].columns.get(column) if name in tables else None
        picks = [g for g in generator.walk() if isinstance(g, Pick)] if generator else []
        waiting += [(pick.parent, pick.column) for pick in picks]
    yield from found


def _base_columns(generator: Generator) -> tuple[str, ...]:
    """The columns from whose dates or timestamps the generator computes others."""
    match generator:
        case After():
            return (generator.column,)
        case Timeline():
            return generator.not_before
    return ()


def _typed(generator: Generator, column: ColumnSchema, dates: bool, mistakes: Mistakes, table: str) -> Generator:
    def change(value: Scalar) -> Scalar:
        try:
            return _of_type(value, column, dates)
        except ValueError:
            what = f"{abbreviated(value)} is not a value of {column.type_text}"
            mistakes.note([column_mistake(table, column.name, what, f"Give {column.name} other values in the plan, or change its type")])
            return None

    def typed(nested: Generator) -> Generator:
        if isinstance(nested, Timeline) and column.kind is ColumnType.DATE:
            return replace(nested, unit="d")
        return within_column(nested.with_listed_values(tuple(map(change, nested.listed_values))), column)

    return generator.map(typed)


def _of_type(value: Scalar, column: ColumnSchema, dates: bool) -> Scalar:
    """ValueError: no such value of the column's type."""
    match column.kind, value:
        case ColumnType.INTEGER | ColumnType.YEAR, str():
            return _integer(value)
        case ColumnType.DECIMAL, str():
            return _decimal(value, column)
        case ColumnType.INTEGER | ColumnType.YEAR, int() if abs(value) > MAX_INTEGER:
            raise ValueError
        case ColumnType.DECIMAL, int() if abs(value) > MAX_INTEGER:
            return _decimal(str(value), column)
        case ColumnType.REAL, str():
            if not REAL.fullmatch(value):
                raise ValueError
            return _finite(float(value))
        case ColumnType.DATETIME | ColumnType.TIMESTAMP, str():
            return _timestamp(value, column.fraction_digits)
        case ColumnType.DATE, str() if dates:
            return _timestamp(value, 6).date()
        case ColumnType.BYTES, str():
            return value.encode()
        case ColumnType.TEXT | ColumnType.ENUM | ColumnType.SET, int() | float() if not isinstance(value, bool):
            return str(value)
    return value


def _integer(text: str) -> int:
    if not INTEGER.fullmatch(text) or len(text) > MAX_INTEGER_CHARACTERS or abs(int(text)) > MAX_INTEGER:
        raise ValueError
    return int(text)


def _decimal(text: str, column: ColumnSchema) -> Decimal:
    """ValueError: not a decimal, or one with more digits than the column has: the server would round it."""
    if not DECIMAL.fullmatch(text):
        raise ValueError
    whole, _, fraction = text.lstrip("+-").partition(".")
    if len(fraction.rstrip("0")) > column.scale or len(whole.lstrip("0")) > column.precision - column.scale:
        raise ValueError
    return Decimal(text)


def _finite(number: float) -> float:
    if not isfinite(number):
        raise ValueError
    return number


def _timestamp(text: str, fraction_digits: int) -> datetime:
    """UTC, without a time zone. ValueError: not a timestamp, or one with more digits than the column has."""
    try:
        timestamp = parse_iso(text)
    except ValueError:
        timestamp = parse_sql_literal(text)
    if timestamp == ZERO_DATE or timestamp.microsecond % 10 ** (6 - fraction_digits):
        raise ValueError
    return timestamp.replace(tzinfo=None)
