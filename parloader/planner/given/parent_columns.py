"""Columns of parent rows by name: `after = "orders.created_at"` adds to that column of the row which this row's pick of orders selects.

Each becomes a helper column that picks it, in the group of that pick, and is read instead.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from parloader.plans.documents.codecs import suggestion
from parloader.plans.documents.mistakes import InvalidPlan, Mistakes, column_mistake
from parloader.plans.generators import After, Expr, Generator, Pick, Timeline, When
from parloader.plans.model import Plan, Table
from parloader.schema.model import Schema
from parloader.schema.table_names import split

IDENTIFIER = r"""(?:`[^`]+`|"[^"]+"|\b[^\W\d]\w*\b)"""

# A quoted text, or a table, perhaps of another database, and a column of it
QUALIFIED = re.compile(rf"""'(?:[^']|'')*'|(?P<table>{IDENTIFIER}(?:\.{IDENTIFIER})?)\.(?P<column>{IDENTIFIER})(?!\s*\()""")


def with_parent_columns(plan: Plan, schema: Schema) -> Plan:
    """The plan with a helper column for each column of a parent row that a generator names. InvalidPlan reports all mistakes."""
    mistakes = Mistakes()
    planned = {table.name: table for table in plan.tables}
    tables = tuple(_Columns(table, planned, schema, mistakes).completed() for table in plan.tables)
    mistakes.report()
    return plan if all(new is old for new, old in zip(tables, plan.tables, strict=True)) else replace(plan, tables=tables)


@dataclass
class _Columns:
    table: Table
    planned: Mapping[str, Table]
    schema: Schema
    mistakes: Mistakes
    _helpers: dict[str, Pick] = field(default_factory=dict)

    def completed(self) -> Table:
        columns = {}
        for name, generator in self.table.columns.items():
            columns[name] = generator
            if isinstance(generator, Generator):  # a plan in Python may have anything
                with self.mistakes.collected():
                    columns[name] = generator.map(lambda each, name=name: self._read_helpers(each, name))  # type: ignore[misc]
        if not self._helpers:
            return self.table
        return replace(self.table, columns={**columns, **self._helpers}, helpers=self.table.helpers | self._helpers.keys())

    def _read_helpers(self, generator: Generator, column: str) -> Generator:
        match generator:
            case After():
                return replace(generator, column=self._of_name(generator.column, column))
            case Timeline():
                return replace(generator, not_before=tuple(self._of_name(name, column) for name in generator.not_before))
            case Expr():
                return replace(generator, sql=self._of_sql(generator.sql, column))
            case When():
                return replace(generator, condition=self._of_sql(generator.condition, column))
        return generator

    def _of_name(self, name: str, column: str) -> str:
        if "." not in name or name in self._own_names():
            return name
        known = {_readable(parent) for parent, _ in self._picks()}
        dots = [at for at, character in enumerate(name) if character == "."]
        at = next((dot for dot in dots if name[:dot].casefold() in known), dots[-1])
        return self._helper(name[:at], name[at + 1 :], column)

    def _of_sql(self, sql: str, column: str) -> str:
        known = {_readable(parent) for parent, _ in self._picks()}

        def read(found: re.Match[str]) -> str:
            table = ".".join(part.strip('`"') for part in re.findall(IDENTIFIER, found["table"] or ""))
            if table.casefold() not in known:
                return found[0]
            return '"' + self._helper(table, found["column"].strip('`"'), column) + '"'

        return QUALIFIED.sub(read, sql)

    def _helper(self, parent: str, parent_column: str, column: str) -> str:
        """The helper column with this column of the parent row."""
        picks = list(self._picks())
        alike = [(name, group) for name, group in picks if _readable(name) == parent.casefold()]
        found = dict.fromkeys([(name, group) for name, group in alike if name == parent] or alike)
        if len(found) != 1:
            raise self._mistake(parent, parent_column, column, [group for _, group in found])
        ((name, group),) = found
        self._require(name, parent_column, column)
        helper = f"_{split(name)[1]}_{parent_column}"
        pick = Pick(parent=name, column=parent_column, group=group)
        while helper in self._own_names() and self._helpers.get(helper) != pick and self.table.columns.get(helper) != pick:
            helper = f"_{helper}"
        if helper not in self.table.columns:
            self._helpers[helper] = pick
        return helper

    def _require(self, parent: str, parent_column: str, column: str) -> None:
        """InvalidPlan: neither the plan nor the parent has the column."""
        if parent not in self.schema:
            return
        known = {*self.schema[parent].column_names}
        if parent in self.planned:
            known |= self.planned[parent].columns.keys()
        if parent_column.casefold() not in map(str.casefold, known):
            what = f"it names {parent}.{parent_column}, which does not exist"
            raise self._invalid(column, what, f"{suggestion(parent_column, known)}Correct the name")

    def _mistake(self, parent: str, parent_column: str, column: str, groups: list[str]) -> InvalidPlan:
        named = f"{parent}.{parent_column}"
        if not groups:
            what = f"it names {named}, but {self.table.name} picks no row of {parent}"
            return self._invalid(column, what, f"Give {self.table.name} a column that picks from {parent}")
        what = f"it names {named}, but {self.table.name} picks several rows of {parent}, by {', '.join(groups)}"
        helper = f'_{parent_column} = {{ pick = "{named}", group = "{groups[0]}" }}'
        return self._invalid(column, what, f"Choose one with a helper column, and name this: {helper}")

    def _invalid(self, column: str, what: str, next_step: str) -> InvalidPlan:
        return InvalidPlan.of([column_mistake(self.table.name, column, what, next_step)])

    def _own_names(self) -> set[str]:
        live = self.schema[self.table.name].column_names if self.table.name in self.schema else ()
        return {*self.table.columns, *self._helpers, *live}

    def _picks(self) -> Iterator[tuple[str, str]]:
        """(parent, group) of the rows that a row picks: in the plan, or by foreign keys of one column that it leaves open."""
        for name, generator in self.table.columns.items():
            if isinstance(generator, Pick):
                yield generator.parent, generator.group or name
        if self.table.name in self.schema:
            for key in self.schema[self.table.name].foreign_keys:
                if len(key.columns) == 1 and key.columns[0] not in self.table.columns:
                    yield key.parent, key.columns[0]


def _readable(table: str) -> str:
    """The name as it is compared: crm.client of a table in another database."""
    return ".".join(filter(None, split(table))).casefold()
