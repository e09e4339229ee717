"""For any schema, either all rows of the plan are valid or the request is refused."""

import re
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from support.generated_rows import faults, rows_of
from support.small_schemas import flag, foreign, infer, integer, primary, schema, table, text, tiny, unique

from parloader.errors import Refused
from parloader.planner.request import CompletedPlan
from parloader.schema.model import ColumnSchema, ForeignKey, Schema, TableSchema, UniqueKey

MAX_TABLES = 5


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """Tables that reference earlier tables and themselves, with columns of their own and unique keys over any of these."""
    tables: list[TableSchema] = []
    for number in range(draw(st.integers(1, MAX_TABLES))):
        tables.append(draw(any_table(f"t{number}", tables)))
    return schema(*tables)


@st.composite
def any_table(draw: st.DrawFn, name: str, before: list[TableSchema]) -> TableSchema:
    id_column = draw(st.sampled_from([integer("id"), tiny("id"), text("id", 3)]))
    columns = [id_column, *draw(own_columns())]
    keys: list[ForeignKey] = []
    for number in range(draw(st.integers(0, 3))):
        parents = [*before, table(name, id_column)]
        parent = draw(st.sampled_from(parents))
        key = draw(st.sampled_from(parent.unique_keys))
        nullable = draw(st.booleans())
        own_names = []
        for column in key.columns:
            shared = [c for c in columns if c.name.endswith(column) and "_" in c.name and c.name not in own_names]
            if shared and len(key.columns) > 1 and draw(st.booleans()):
                own_names.append(shared[0].name)
            else:
                own_names.append(f"f{number}_{column}")
                columns.append(_alike(parent.column(column), own_names[-1], nullable=nullable))
        keys.append(foreign(" ".join(own_names), parent.name, " ".join(key.columns)))
    names = [column.name for column in columns]
    solid = [column.name for column in columns if not column.nullable]
    composite = draw(st.lists(st.sampled_from(solid), min_size=1, max_size=3, unique=True))
    first = draw(st.sampled_from([primary("id"), primary(*composite)]))
    more = draw(st.lists(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).map(lambda key: unique(*key)), max_size=3))
    return table(name, *columns, keys=(first, *_distinct(more)), to=tuple(keys))


@st.composite
def own_columns(draw: st.DrawFn) -> list[ColumnSchema]:
    make = [lambda n, nullable: integer(n, nullable=nullable), lambda n, nullable: tiny(n, nullable=nullable)]
    kinds = st.sampled_from(["integer", "tiny", "text", "flag"])
    columns = []
    for number in range(draw(st.integers(0, 3))):
        nullable = draw(st.booleans())
        kind = draw(kinds)
        column = f"c{number}"
        if kind == "text":
            columns.append(text(column, draw(st.sampled_from([1, 2, 20])), nullable=nullable))
        elif kind == "flag":
            columns.append(flag(column, "a", "b", "c", nullable=nullable))
        else:
            columns.append(make[kind == "tiny"](column, nullable))
    return columns


def _alike(column: ColumnSchema, name: str, *, nullable: bool) -> ColumnSchema:
    return replace(column, name=name, nullable=nullable)


def _distinct(keys: list[UniqueKey]) -> Iterator[UniqueKey]:
    return iter({key.columns: key for key in keys}.values())


@st.composite
def tenant_schemas(draw: st.DrawFn) -> Schema:
    """Multi-tenant tables: each foreign key to another table contains tenant_id, and shares that column with the other keys."""
    tables = [table("tenant", text("name"))]
    for number in range(draw(st.integers(1, MAX_TABLES))):
        parents = draw(st.lists(st.sampled_from(tables[1:]), max_size=3)) if number else []
        columns = [integer("tenant_id"), *draw(own_columns())]
        to = [foreign("tenant_id", "tenant")] if not parents or draw(st.booleans()) else []
        for n, parent in enumerate(parents):
            columns.append(integer(f"f{n}_id", nullable=draw(st.booleans())))
            to.append(foreign(f"tenant_id f{n}_id", parent.name, "tenant_id id"))
        names = [column.name for column in columns]
        more = draw(
            st.lists(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).map(lambda key: unique(*key)), max_size=2)
        )
        tables.append(table(f"t{number}", *columns, keys=(unique("tenant_id", "id"), *_distinct(more)), to=tuple(to)))
    return schema(*tables)


def is_valid(live: Schema, completed: CompletedPlan) -> bool:
    rows = rows_of(completed.plan)
    assert faults(rows, live) == []
    return all(rows[t.name].height == t.rows for t in completed.plan.tables)


@settings(max_examples=100, deadline=None)
@given(st.one_of(schemas(), tenant_schemas()), st.sampled_from([1, 2, 30, 300, 700]))
def test_all_rows_are_valid_or_the_refusal_says_how_many_fit(live: Schema, rows: int) -> None:
    last = list(live)[-1]
    fitting = rows_that_fit(live, last, rows)
    assert fitting is None or (fitting <= rows and is_valid(live, infer(live, last, fitting)))


def rows_that_fit(live: Schema, name: str, rows: int) -> int | None:
    """`rows`, or the number of rows that the refusal says fit; None if it has another reason."""
    try:
        infer(live, name, rows)
    except Refused as refusal:
        fit = re.fullmatch(r"At most --rows (\d+) fit", refusal.next_step)
        return int(fit[1]) if fit else None
    return rows
