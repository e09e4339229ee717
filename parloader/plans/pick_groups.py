"""Picks of one group select the same row, so the options of one of them are those of all."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from parloader.errors import UsageError
from parloader.plans.generators import Distribution, Generator, Pick

# Fields that do not decide which row is picked
NOT_OF_ROW = frozenset({"parent", "column", "group", "null_share"})

OPTIONS = tuple(field for field in fields(Pick) if field.name not in NOT_OF_ROW)

# Without one of these, each pick of a group keeps its own options, because plans of version 0.1 must keep their rows
NEW_OPTIONS = frozenset({"scrambled", "growing", "where", "among", "distinct_in"})


def with_group_options(table: str, columns: Mapping[str, Generator]) -> Mapping[str, Generator]:
    """The columns, in which picks of a group have the options that one of them has. UsageError: two of them have different ones."""
    shared: dict[tuple[str, str], dict[str, Any]] = {}
    picks = [each for generator in columns.values() if isinstance(generator, Generator) for each in generator.walk() if type(each) is Pick]
    for pick in picks:
        if pick.group is not None and _is_new(options := _options(pick)):
            shared.setdefault((pick.parent, pick.group), options)
    if not shared:
        return columns
    for pick in picks:
        options = shared.get((pick.parent, pick.group or ""), {})
        if options and _options(pick) not in ({}, options):
            raise _different(table, pick)

    def completed(generator: Generator) -> Generator:
        if type(generator) is not Pick or generator.group is None:
            return generator
        return replace(generator, **shared.get((generator.parent, generator.group), {}))

    return {name: each.map(completed) if isinstance(each, Generator) else each for name, each in columns.items()}


def _options(pick: Pick) -> dict[str, Any]:
    """Without those at the default."""
    return {field.name: value for field in OPTIONS if (value := getattr(pick, field.name)) != field.default}


def _is_new(options: dict[str, Any]) -> bool:
    return bool(NEW_OPTIONS & options.keys()) or options.get("distribution") in (Distribution.POPULAR, Distribution.TREE)


def _different(table: str, pick: Pick) -> UsageError:
    what = f"table {table}: the picks of group {pick.group} select the same row of {pick.parent}, but have different options"
    return UsageError(what, "Give the options to one of them, or the same ones to all")
