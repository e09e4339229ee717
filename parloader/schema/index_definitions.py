"""The indexes of a table as SHOW CREATE TABLE writes them, and those of them that no constraint needs.

Such an index can be dropped before a load and added again after it. The text that the server wrote is all that says how: it has the prefix
lengths, the directions, the comment and the options, whatever a server's version knows of them.
Sources: MySQL manual "CREATE INDEX Statement" and "FOREIGN KEY Constraints"; MariaDB documentation "CREATE TABLE", "Index Definitions".
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from parloader.schema.model import TableSchema, UniqueKey

NAME = r"`(?:[^`]|``)+`"

PART = rf"{NAME}(?:\(\d+\))?(?: ASC| DESC)?"

# An index of columns. One with an expression does not match, nor does one with a backslash, which has two meanings (NO_BACKSLASH_ESCAPES)
PLAIN = re.compile(rf"KEY {NAME} \(({PART}(?:,{PART})*)\)[^\\]*")

# An index of any kind but the primary key
INDEX = re.compile(rf"((?:[A-Z]+ )?)KEY ({NAME}) .*")

# An index with an expression; after its columns, if it has any
EXPRESSION = re.compile(rf"KEY {NAME} \((?:{PART},)*\(.*")

# A unique index by hashes. MariaDB makes it an ordinary one at the next ALTER TABLE, whatever that changes, if its values are short enough
UNIQUE_BY_HASH = re.compile(r"^  UNIQUE KEY .* USING HASH", re.MULTILINE)

# The kinds that SHOW CREATE TABLE lists before, or after, all others
LISTED_APART = ("UNIQUE ", "FULLTEXT ")

VIRTUAL_COLUMN = re.compile(rf"({NAME}) .* GENERATED ALWAYS AS .* VIRTUAL.*")


@dataclass(frozen=True, kw_only=True)
class IndexDefinition:
    """An index of a table, which is not its primary key."""

    name: str
    text: str
    """as in CREATE TABLE, without indentation and comma"""
    columns: tuple[str, ...]
    """empty, if it is not an ordinary index of columns: it is unique, of another kind, or has an expression"""
    apart: bool = False
    """whether SHOW CREATE TABLE lists it with others of its kind, wherever it was added"""

    @property
    def is_plain(self) -> bool:
        """Whether it can be dropped and added again as it was."""
        return bool(self.columns)


def definitions(statement: str, *, virtual_last: bool) -> tuple[IndexDefinition, ...]:
    """The indexes in the server's order, from the statement of SHOW CREATE TABLE.

    `virtual_last`: whether the server lists those of expressions and virtual columns last (Dialect.lists_virtual_indexes_last).
    """
    lines = [line[2:] for line in statement.split("\n") if line.startswith("  ")]
    virtual = {_unquoted(found[1]) for line in lines if (found := VIRTUAL_COLUMN.fullmatch(line))} if virtual_last else set()
    return tuple(index for line in lines for index in _definition(line, virtual, expression_last=virtual_last))


def _definition(line: str, virtual: Set[str], *, expression_last: bool) -> Iterator[IndexDefinition]:
    """The index of the line; none, if it is about something else. `virtual`: columns whose indexes are listed last."""
    if found := INDEX.fullmatch(line):
        text = line.removesuffix(",")
        columns = plain_columns(text)
        last = not virtual.isdisjoint(columns) if columns else expression_last and EXPRESSION.fullmatch(text) is not None
        yield IndexDefinition(name=_unquoted(found[2]), text=text, columns=columns, apart=last or found[1] in LISTED_APART)


def plain_columns(text: str) -> tuple[str, ...]:
    """The columns of an ordinary index, from its definition; empty, if it is another one."""
    found = PLAIN.fullmatch(text)
    return tuple(map(_unquoted, re.findall(NAME, found[1]))) if found else ()


def _unquoted(name: str) -> str:
    return name[1:-1].replace("``", "`")


def deferrable(
    table: TableSchema, statement: str, indexes: Iterable[IndexDefinition], references: Iterable[Sequence[str]]
) -> tuple[IndexDefinition, ...]:
    """The indexes of the table that no constraint needs and that can be added again exactly as they were, in the server's order.

    `statement`: of SHOW CREATE TABLE. `indexes`: its `definitions`. `references`: the columns of the table that foreign keys reference, of each foreign key.
    """
    if table.engine != "InnoDB" or table.partitioning or "\n  PERIOD FOR " in statement or UNIQUE_BY_HASH.search(statement):
        return ()
    keys = [*(key.columns for key in table.foreign_keys), *references]
    found: list[IndexDefinition] = []
    for index in reversed(in_order(indexes)):
        if not index.is_plain:  # those before it could only be added behind it
            break
        if not _has_special_columns(table, index) and not any(_serves(index, key) and not _has_unique(table, key) for key in keys):
            found.append(index)
    return tuple(reversed(found))


def in_order(indexes: Iterable[IndexDefinition]) -> list[IndexDefinition]:
    """Those that SHOW CREATE TABLE lists in the order in which they were added."""
    return [index for index in indexes if not index.apart]


def _has_special_columns(table: TableSchema, index: IndexDefinition) -> bool:
    """Whether the index is of generated columns, or begins with an AUTO_INCREMENT column, which needs an index."""
    known = {column.name: column for column in table.columns}
    columns = [known.get(name) for name in index.columns]
    return any(column is None or column.generated for column in columns) or bool(columns[0] and columns[0].auto_increment)


def _serves(index: IndexDefinition, key: Sequence[str]) -> bool:
    """Whether a foreign key with these columns, on either side, may use the index. The order of the columns is left open."""
    return {name.lower() for name in index.columns[: len(key)]} == {name.lower() for name in key}


def _has_unique(table: TableSchema, key: Sequence[str]) -> bool:
    """Whether a foreign key with these columns can use a unique key."""
    return any(_begins_with(unique, key) for unique in table.unique_keys)


def _begins_with(unique: UniqueKey, key: Sequence[str]) -> bool:
    complete = not unique.expressions and not any(unique.prefixes)
    return complete and [name.lower() for name in unique.columns[: len(key)]] == [name.lower() for name in key]


@dataclass(frozen=True, kw_only=True)
class MissingIndex:
    """An index to add to a table."""

    name: str
    text: str
    position: int
    """among the indexes of the table"""
    before: str | None
    """the next index in the server's order that was not dropped; None: there was none"""


def missing(indexes: Sequence[IndexDefinition], dropped: Collection[str]) -> tuple[MissingIndex, ...]:
    """The indexes with these names, with their places among all `indexes` of the table."""
    result: list[MissingIndex] = []
    before: str | None = None
    for position, index in reversed(list(enumerate(in_order(indexes)))):
        if index.name in dropped:
            result.append(MissingIndex(name=index.name, text=index.text, position=position, before=before))
        else:
            before = index.name
    return tuple(reversed(result))
