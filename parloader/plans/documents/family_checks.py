"""Checks of a table whose rows are children of another one's, and of its helper columns."""

from collections.abc import Iterator, Mapping
from typing import Any

from parloader.plans.documents.mistakes import Mistake
from parloader.plans.generators import ChildOf, Generator, NumberIn, ShareOf
from parloader.plans.model import is_helper


def family_mistakes(table: str, given: Mapping[str, Any], columns: Mapping[str, Generator]) -> Iterator[Mistake]:
    """`given`: the entries of the table that are valid by themselves."""
    child_of = {name: generator for name, generator in columns.items() if isinstance(generator, ChildOf)}
    yield from _of_columns(table, columns, child_of)
    if child_of:
        yield from _of_entries(given, next(iter(child_of)))
    elif given.get("counted"):
        yield Mistake(what="`counted` needs a column with `child_of`", next_step="Give `rows` a number instead", path=("counted",))
    for column in given.get("helpers", ()):
        if not is_helper(column):
            yield Mistake(
                what=f"`helpers` names {column}, whose name does not begin with an underscore",
                next_step=f"Name it _{column}",
                path=("helpers",),
            )


def _of_columns(table: str, columns: Mapping[str, Generator], child_of: Mapping[str, ChildOf]) -> Iterator[Mistake]:
    for name, generator in columns.items():
        for what, next_step in _of_column(table, name, generator, child_of):
            yield Mistake(what=what, next_step=next_step, path=("column", name), places=(f"column {name}",))


def _of_column(table: str, name: str, generator: Generator, child_of: Mapping[str, ChildOf]) -> Iterator[tuple[str, str]]:
    """(what, next step)"""
    if name in list(child_of)[1:]:
        yield f"{next(iter(child_of))} has `child_of` too, but a row is the child of one parent", "Let it `pick` its values"
    if isinstance(generator, ChildOf) and generator.parent == table:
        yield f"{table} cannot be the parent of its own rows", 'Let it `pick` earlier rows: distribution = "earlier"'
    if any(isinstance(nested, ChildOf) for nested in list(generator.walk())[1:]):
        yield "`child_of` is nested in another generator, but each row has a parent", "Make it the generator of the column"
    for each in generator.walk():
        if isinstance(each, NumberIn) and each.column.lower() not in map(str.lower, child_of):  # the server's spelling is not known yet
            next_step = f"Name {next(iter(child_of))}" if child_of else f"Give {each.column} a `child_of`"
            yield f"`number_in` names {each.column}, which has no `child_of`", next_step
        parents = sorted({parent.parent for parent in child_of.values()})
        if isinstance(each, ShareOf) and each.parent.lower() not in map(str.lower, parents):
            give = f"ive a column a `child_of` of {each.parent}"
            next_step = f"Take a column of {', '.join(parents)}, or g{give}" if parents else f"G{give}"
            yield f"`share_of` names {each.parent}, of which no column of {table} is a `child_of`", next_step


def _of_entries(given: Mapping[str, Any], column: str) -> Iterator[Mistake]:
    if given.get("reuse"):
        what = f"`reuse` is true, but {column} has `child_of`: an existing row is the child of another parent"
        yield Mistake(what=what, next_step="Remove `reuse`", path=("reuse",))
    for name in ("match", "reuse_if"):
        if given.get(name):
            what = f"`{name}` selects existing rows, but {column} has `child_of`: all rows are new"
            yield Mistake(what=what, next_step=f"Remove `{name}`", path=(name,))
    if column in given.get("later", ()):
        what = f"`later` names {column}, which has `child_of`: a child needs its parent first"
        yield Mistake(what=what, next_step=f"Take {column} out of `later`", path=("later",))
