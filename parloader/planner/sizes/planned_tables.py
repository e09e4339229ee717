"""The tables of a completed plan: those whose rows are generated, and those whose existing rows suffice."""

from collections.abc import Mapping
from dataclasses import replace

from parloader.planner.column_generators import ColumnGeneratorBuilder
from parloader.planner.request import NotFillable, PlanningRequest
from parloader.planner.sizes.row_counts import MAX_ROWS_BY_PARENT_PROCESS, RowRequirements
from parloader.planner.table_draft import assignable_key, integer_key, row_key_columns
from parloader.plans.model import Plan, Table


def generated_table(
    builder: ColumnGeneratorBuilder, request: PlanningRequest, requirements: RowRequirements, later: frozenset[str]
) -> Table:
    """The table with a generator for each column. `later`: the columns that the second pass sets."""
    draft = builder.draft
    rows = builder.rows[draft.name]
    table = request.planned(draft.name)
    if table is None:
        only_new = requirements.only_new(request, draft.name)
        generated = rows - (0 if only_new else requirements.reused(request, draft.name, rows))
        table = Table(name=draft.name, rows=rows, columns={}, partitioned=generated > MAX_ROWS_BY_PARENT_PROCESS, reuse=not only_new)
    return replace(
        table,
        rows=rows,
        columns={**table.columns, **builder.columns()},
        key=draft.key,
        identity=builder.layout.identity or draft.identity,
        reuse_if=requirements.conditions(request, draft.name) if table.reuse else (),
        later=table.later | later,
    )


def reused_table(name: str, rows: int, request: PlanningRequest, requirements: RowRequirements) -> Table:
    """The table, of whose rows none is generated."""
    table_schema = request.table_schema(name)
    planned = request.planned(name)
    key = assignable_key(table_schema, (), planned.columns) if planned else integer_key(table_schema)
    table = planned or Table(name=name, rows=rows, columns={})
    identity = row_key_columns(table_schema, key)
    # A reused row is never looked up again, so columns without a generator are not listed as its identity
    found = identity if table.columns.keys() >= set(identity) else ()
    return replace(table, rows=rows, key=key, identity=found, reuse_if=requirements.conditions(request, name))


def with_target(
    request: PlanningRequest, tables: tuple[Table, ...], generated: frozenset[str], unfillable: Mapping[str, NotFillable]
) -> Plan:
    """The plan of these tables. `generated`: those of which rows are generated; `unfillable`: tables that the plan lacks, and why.

    The target of an entire database is the largest table of which rows are generated; workers load it.
    """
    if request.wanted and not tables:
        name, error = next(iter(unfillable.items()))
        raise NotFillable(name, error.reason, error.next_step)
    if request.wanted:
        largest = max(tables, key=lambda table: (table.name in generated, table.rows))
        loaded = tuple(replace(t, partitioned=True) if t is largest and t.name in generated else t for t in tables)
        return replace(request.plan, tables=loaded, main=largest.name)
    completed = replace(request.plan, tables=tables, column_rules=())
    if completed.target.name != request.plan.target.name:  # tables referenced in the second pass may come after it
        completed = replace(completed, main=request.plan.target.name)
    return completed
