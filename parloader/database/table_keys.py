"""The unique keys and other indexes of a table, from the rows of information_schema.statistics."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, NamedTuple

from parloader.database.dialects import Dialect
from parloader.schema.model import UniqueKey

SORTED = "BTREE"
"""The server's INDEX_TYPE of an index that finds values; not of one for words, for shapes or for the hash of a long text."""


def statement(dialect: Dialect) -> str:
    """Selects a part of an index in each row. The parameters are the database and the tables."""
    return f"""SELECT table_name, index_name, non_unique, column_name, sub_part, {dialect.key_expression}, index_type FROM information_schema.statistics
        WHERE table_schema = %s AND CAST(table_name AS BINARY) IN %s ORDER BY table_name, index_name, seq_in_index"""


class _Part(NamedTuple):
    """A part of an index."""

    column: str | None  # None: an expression
    prefix: int | None  # the number of characters in the index; None: all
    expression: str | None
    type: str


@dataclass(frozen=True, kw_only=True)
class TableKeys:
    """The indexes of a table."""

    unique: tuple[UniqueKey, ...] = ()  # the primary key first, the others by name
    others: tuple[tuple[str, ...], ...] = ()  # the columns of each other index
    sorted: tuple[tuple[str, ...], ...] = ()  # the columns of each index in which values are sorted, up to the first expression

    @classmethod
    def of(cls, rows: Iterable[tuple[Any, ...]], dialect: Dialect) -> "TableKeys":
        """From the statement's rows of one table, without the table's name."""
        parts: dict[tuple[str, bool], list[_Part]] = {}
        for name, non_unique, *part in rows:
            parts.setdefault((name, bool(non_unique)), []).append(_Part(*part))
        unique = sorted((name for name, non_unique in parts if not non_unique), key=lambda name: (name != "PRIMARY", name))
        return cls(
            unique=tuple(_unique_key(name, parts[name, False], dialect) for name in unique),
            others=tuple(_columns(part) for (_, non_unique), part in parts.items() if non_unique),
            sorted=tuple(_columns(takewhile(lambda p: p.column is not None, part)) for part in parts.values() if part[0].type == SORTED),
        )


def _columns(parts: Iterable[_Part]) -> tuple[str, ...]:
    return tuple(part.column for part in parts if part.column is not None)


def _unique_key(name: str, parts: list[_Part], dialect: Dialect) -> UniqueKey:
    prefixes = tuple(part.prefix for part in parts if part.column is not None)
    return UniqueKey(
        name=name,
        columns=_columns(parts),
        prefixes=prefixes if any(prefixes) else (),
        expressions=tuple(dialect.check_clause(part.expression) for part in parts if part.expression is not None),
    )
