"""Picks of one group select the same row, so the options of one of them are those of all."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any

from parloader.errors import UsageError
from parloader.plans.generators import Distribution, Generator, Pick

# Fields that do not decide which row is picked
NOT_OF_ROW = frozenset({"parent", "column", "group", "null_share"})

OPTIONS = tuple(field for field in fields(Pick) if field.name not in NOT_OF_ROW)

# Without one of these, each pick of a group keeps its own options, because plans of version 0.1 must keep their rows
NEW_OPTIONS = frozenset({"scrambled", "growing", "where", "among", "distinct_in"})


class DifferentOptions(UsageError):
    """Two picks of a group have different options."""

    def __init__(self, what: str, next_step: str, *, table: str = "", column: str = "") -> None:
        super().__init__(f"table {table}, column {column}: {what}", next_step)
        self.table, self.column, self.what = table, column, what


def with_group_options(table: str, columns: Mapping[str, Generator]) -> Mapping[str, Generator]:
    """The columns, in which picks of a group have the options that one of them has. DifferentOptions: two of them have different ones."""
    given = [(name, key, options) for name, key, pick in _picks(columns) if (options := _options(pick))]
    shared = {key: options for _, key, options in reversed(given) if _is_new(options)}
    if not shared:
        return columns
    for name, key, options in given:
        if shared.get(key, options) != options:
            parent, group = key
            what = f"the picks of group {group} select the same row of {parent}, but have different options"
            raise DifferentOptions(what, "Give the options to one of them, or the same ones to all", table=table, column=name)

    def completed(name: str, each: Generator) -> Generator:
        key = _group(name, each, columns)
        return each if key is None else replace(each, **shared.get(key, {}))

    return {name: each.map(partial(completed, name)) if isinstance(each, Generator) else each for name, each in columns.items()}


def _picks(columns: Mapping[str, Generator]) -> Iterator[tuple[str, tuple[str, str], Pick]]:
    """(column, (parent, group), pick)"""
    for name, generator in columns.items():
        for each in generator.walk() if isinstance(generator, Generator) else ():
            if isinstance(each, Pick) and (key := _group(name, each, columns)):
                yield name, key, each


def _group(name: str, each: Generator, columns: Mapping[str, Generator]) -> tuple[str, str] | None:
    """Parent and group of a pick. A column that is a pick without a group has its own name as group, as its draws have."""
    if type(each) is not Pick:
        return None
    group = each.group or (name if each is columns[name] else None)
    return None if group is None else (each.parent, group)


def _options(pick: Pick) -> dict[str, Any]:
    """Without those at the default."""
    return {field.name: value for field in OPTIONS if (value := getattr(pick, field.name)) != field.default}


def _is_new(options: dict[str, Any]) -> bool:
    return bool(NEW_OPTIONS & options.keys()) or options.get("distribution") in (Distribution.POPULAR, Distribution.TREE)
