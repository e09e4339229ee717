"""Gives the tables and columns of a plan the server's spelling, so that plan and ledger agree with the live schema. No I/O.

Names of columns that differ only in case are the same on every server. Those of tables are the same on servers with lower_case_table_names 1
(names are stored in lower case) and 2 (stored as given, on macOS); with 0, "Order" and "order" are two tables.
Source: MySQL manual "Identifier Case Sensitivity".
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from parloader.errors import UsageError
from parloader.plans.bounds import bound_of
from parloader.plans.documents.mistakes import InvalidPlan
from parloader.plans.generators import (
    After,
    Aggregate,
    Between,
    ChildOf,
    Expr,
    Generator,
    NumberIn,
    Pick,
    ShareOf,
    Template,
    Timeline,
    When,
)
from parloader.plans.model import Count, ExactlyOne, Plan, Rule, SameThrough, Table, renamed
from parloader.schema.model import Schema, TableSchema

# A quoted text stays as it is; a quoted or a bare name is replaced, unless it is a function's
SQL_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?P<double>[^"]*)"|`(?P<back>[^`]*)`|\b(?P<bare>[^\W\d]\w*)\b(?!\s*\()""")

# The index of a row, not a column
INDEX = "i"

Spelling: TypeAlias = Callable[[str], str]
"""From a column's name in the plan to its name on the server; a name that the server does not have stays as it is."""


def spell_tables(plan: Plan, spelled: Callable[[str], str | None]) -> Plan:
    """The plan with the server's names of its tables. `spelled`: the server's name of a table, or None if it has none."""
    names = {name: spelled(name) or name for name in _table_names(plan)}
    if same := _same([names[table.name] for table in plan.tables], [table.name for table in plan.tables]):
        raise InvalidPlan(f"the tables {same} are the same on this server", "Name it once", path=("table",))
    asked_for = {n: ",".join(names.get(table, table) for table in value.split(",")) for n, value in plan.parameters.items() if n == "table"}
    parameters = {**plan.parameters, **asked_for}
    return replace(renamed(plan, names), name=names.get(plan.name, plan.name), parameters=parameters)


def spell_parents(parents: Mapping[str, int], spelled: Callable[[str], str | None]) -> dict[str, int]:
    """The row counts of single tables, by the server's names of the tables."""
    names = [spelled(name) or name for name in parents]
    if same := _same(names, list(parents)):
        raise UsageError(f"{same} of --rows are the same table", "Name it once")
    return dict(zip(names, parents.values(), strict=True))


def spell_columns(plan: Plan, schema: Schema) -> Plan:
    """The plan with the server's names of its columns. Tables that do not exist stay as they are."""
    spellings = {name: _column_spelling(table) for name, table in schema.items()}

    def of(table: str) -> Spelling:
        return spellings.get(table, _as_given)

    target = of(plan.target.name)
    return replace(
        plan,
        tables=tuple(_spell_table(table, of) for table in plan.tables),
        counts=tuple(Count(name=count.name, column=target(count.column)) for count in plan.counts),
        rules=tuple(_spell_rule(rule, plan, of) for rule in plan.rules),
    )


def _table_names(plan: Plan) -> set[str]:
    generators = [each for table in plan.tables for generator in table.columns.values() for each in generator.walk()]
    named = {each.parent for each in generators if isinstance(each, Pick | ShareOf)} | {
        each.child for each in generators if isinstance(each, Aggregate)
    }
    return {table.name for table in plan.tables} | named


def _same(names: Sequence[str], given: Sequence[str]) -> str:
    """The given names that become the same one, for a message; empty if all are distinct."""
    for name in names:
        same = [other for other, spelled in zip(given, names, strict=True) if spelled == name]
        if len(same) > 1:
            return " and ".join(same)
    return ""


def _column_spelling(table: TableSchema) -> Spelling:
    names = {name.lower(): name for name in table.column_names}
    return lambda name: names.get(name.lower(), name)


def _as_given(name: str) -> str:
    return name


def _spell_table(table: Table, of: Callable[[str], Spelling]) -> Table:
    spelled = of(table.name)
    if same := _same([spelled(name) for name in table.columns], list(table.columns)):
        path, places = ("table", table.name, "column"), (f"table {table.name}",)
        raise InvalidPlan(f"the columns {same} are the same", "Name it once", path=path, places=places)

    def generator(each: Generator) -> Generator:
        return _spell_generator(each, spelled, of)

    def each_of(names: Iterable[str]) -> Iterable[str]:
        return map(spelled, names)

    return replace(
        table,
        columns={spelled(name): column.map(generator) for name, column in table.columns.items()},
        key=None if table.key is None else spelled(table.key),
        identity=tuple(each_of(table.identity)),
        match=tuple(each_of(table.match)),
        reuse_if=tuple(tuple(replace(each, column=spelled(each.column)) for each in conditions) for conditions in table.reuse_if),
        optional=frozenset(each_of(table.optional)),
        unchecked=frozenset(each_of(table.unchecked)),
        later=frozenset(each_of(table.later)),
        helpers=frozenset(each_of(table.helpers)),
    )


def _spell_generator(each: Generator, spelled: Spelling, of: Callable[[str], Spelling]) -> Generator:
    """The generator, without those nested in it."""
    match each:
        case ChildOf():
            of_parent = of(each.parent)
            count = each.count.map(lambda nested: _spell_generator(nested, of_parent, of))
            return replace(each, column=of_parent(each.column), count=count)
        case Pick():
            of_parent = of(each.parent)
            return replace(
                each,
                column=of_parent(each.column),
                index=None if each.index is None else spell_sql(each.index, spelled),
                where=None if each.where is None else spell_sql(each.where, of_parent),
                among=None if each.among is None else spelled(each.among),
                distinct_in=None if each.distinct_in is None else spelled(each.distinct_in),
            )
        case ShareOf():
            return replace(each, column=of(each.parent)(each.column))
        case Aggregate():
            return replace(each, column=of(each.child)(each.column))
        case NumberIn():
            return replace(each, column=spelled(each.column))
        case When():
            return replace(each, condition=spell_sql(each.condition, spelled))
        case Expr():
            return replace(each, sql=spell_sql(each.sql, spelled))
        case Template():
            return replace(each, text=re.sub(r"(?<=\{)[^{}:]+", lambda field: _unless_index(field[0], spelled), each.text))
        case Between():
            return replace(each, low=_spell_bound(each.low, spelled), high=_spell_bound(each.high, spelled))
        case After():
            return replace(each, column=spelled(each.column))
        case Timeline():
            return replace(each, not_before=tuple(map(spelled, each.not_before)))
    return each


def _spell_bound(bound: int | str, spelled: Spelling) -> int | str:
    return spell_sql(bound, spelled) if isinstance(bound, str) and bound_of(bound) is None else bound


def spell_sql(sql: str, spelled: Spelling) -> str:
    """The expression with the server's names of the columns."""

    def token(found: re.Match[str]) -> str:
        name = found["double"] or found["back"] or found["bare"]
        return found[0].replace(name, _unless_index(name, spelled)) if name else found[0]

    return SQL_TOKEN.sub(token, sql)


def _unless_index(name: str, spelled: Spelling) -> str:
    return name if name == INDEX else spelled(name)


def _spell_rule(rule: Rule, plan: Plan, of: Callable[[str], Spelling]) -> Rule:
    target = of(plan.target.name)
    if isinstance(rule, ExactlyOne):
        return replace(rule, columns=tuple(map(target, rule.columns)))
    assert isinstance(rule, SameThrough)
    via = plan.target.references.get(rule.via)
    parent_column = of(via.parent)(rule.parent_column) if via else rule.parent_column
    return replace(rule, column=target(rule.column), via=target(rule.via), parent_column=parent_column)
