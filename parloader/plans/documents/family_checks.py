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
    for name in list(child_of)[1:]:
        what = f"{name} and {next(iter(child_of))} both have `child_of`: a row is the child of one parent"
        yield Mistake(what=what, next_step=f"Let {name} `pick` its values", path=("column", name))
    for name, generator in columns.items():
        if isinstance(generator, ChildOf) and generator.parent == table:
            next_step = 'Let it `pick` earlier rows: distribution = "earlier"'
            yield Mistake(what=f"{name} makes {table} its own parent", next_step=next_step, path=("column", name))
        for nested in list(generator.walk())[1:]:
            if isinstance(nested, ChildOf):
                what = f"the `child_of` of {name} is nested in another generator: each row has a parent"
                yield Mistake(what=what, next_step="Make it the generator of the column", path=("column", name))
        for each in generator.walk():
            if isinstance(each, NumberIn) and each.column not in child_of:
                next_step = f"Name {next(iter(child_of))}" if child_of else f"Give {each.column} a `child_of`"
                yield Mistake(what=f"`number_in` names {each.column}, which has no `child_of`", next_step=next_step, path=("column", name))
            if isinstance(each, ShareOf) and each.parent not in {parent.parent for parent in child_of.values()}:
                what = f"`share_of` names {each.parent}, of which no column of {table} is a `child_of`"
                parents = ", ".join(sorted(parent.parent for parent in child_of.values()))
                next_step = f"Take a column of {parents}" if parents else f"Give a column a `child_of` of {each.parent}"
                yield Mistake(what=what, next_step=next_step, path=("column", name))


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
