from dataclasses import replace
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ranges import any_range

from parloader.errors import UsageError
from parloader.generation.column_graph import read_columns
from parloader.generation.context import INDEX
from parloader.generation.row_keys import keys_at
from parloader.plans.generators import Const, Distribution, Expr, Pick, When
from parloader.plans.model import MAX_ROOT_ROWS, Pass, Plan, Table, renamed
from parloader.plans.row_ranges import IndexRange, KeySegment, RowKeys

# runs of keys with gaps between them, in any order: as of parents with some existing rows
some_keys = st.lists(st.tuples(st.integers(1, 2**40), st.integers(1, 9)), max_size=6).map(
    lambda runs: [start + n for start, rows in runs for n in range(rows)]
)


def at(keys: RowKeys, index: list[int | None]) -> list[int | None]:
    return pl.DataFrame({"i": index}, schema={"i": pl.Int64}).select(keys_at(keys, INDEX)).to_series().to_list()


@given(some_keys, st.data())
def test_each_row_has_its_key_and_null_stays_null(of: list[int], data: st.DataObject) -> None:
    index = data.draw(st.lists(st.integers(0, len(of) - 1) | st.none() if of else st.none()))
    assert at(RowKeys.of(of), index) == [None if i is None else of[i] for i in index]


@given(some_keys)
def test_keys_are_as_few_segments_as_can_be(of: list[int]) -> None:
    keys = RowKeys.of(of)
    assert keys.rows == len(of)
    assert [s.key_start + n for s in keys.segments for n in range(s.rows)] == of
    assert all(one.stop == other.start for one, other in pairwise(keys.segments))
    assert len(keys.segments) == sum(1 for n, key in enumerate(of) if n == 0 or key != of[n - 1] + 1)


@given(some_keys, any_range)
def test_ranges_are_the_keys_of_the_rows(of: list[int], rows: IndexRange) -> None:
    ranges = RowKeys.of(of).ranges(rows)
    assert [key for first, last in ranges for key in range(first, last + 1)] == of[rows.start : rows.stop]


@given(st.integers(1, 2**62), st.integers(0, 50))
def test_contiguous_keys_are_those_of_a_range(key_start: int, rows: int) -> None:
    assert RowKeys.contiguous(key_start, rows) == RowKeys.of(range(key_start, key_start + rows))


def test_contiguous_keys_of_many_rows_are_one_segment() -> None:
    keys = RowKeys.contiguous(5, 3_000_000_000)
    assert keys.segments == (KeySegment(0, 3_000_000_000, 5),)
    assert at(keys, [2_999_999_999]) == [3_000_000_004]
    assert keys.ranges(IndexRange(10, 2_000_000_000)) == ((15, 2_000_000_004),)


PARENT = Table(name="parent", rows=3, columns={"n": Expr(sql="i")})

CHILD = Table(
    name="child",
    rows=9,
    partitioned=True,
    columns={
        "a_id": Pick(parent="parent", column="id"),
        "n": Expr(sql="i"),
        "b_id": When(condition="i % 2 = 0", then=Pick(parent="parent", column="id")),
    },
)

PLAN = Plan(name="p", parameters={}, tables=(CHILD, PARENT))


def test_a_table_knows_what_it_refers_to() -> None:
    assert CHILD.parents == ("parent",)
    assert CHILD.references == {"a_id": Pick(parent="parent", column="id"), "b_id": Pick(parent="parent", column="id")}
    assert read_columns(PLAN, "parent") == ("id",)


def test_a_plan_has_one_target_and_parents() -> None:
    assert PLAN.target is CHILD
    assert PLAN.parents == (PARENT,)
    assert PLAN.table("parent") is PARENT


def test_a_table_referenced_in_the_second_pass_may_come_later() -> None:
    team = Table(
        name="team", rows=9, partitioned=True, columns={"lead_id": Pick(parent="person", column="id")}, later=frozenset({"lead_id"})
    )
    person = Table(name="person", rows=2, columns={"team_id": Pick(parent="team", column="id")})
    plan = Plan(name="p", parameters={}, tables=(person, team), main="team")
    assert [(table.name, table.partitioned) for table in plan.tables] == [("team", True), ("person", True)]
    assert (team.parents, team.referenced_tables, read_columns(plan, "person")) == ((), ("person",), ("id",))
    assert (plan.target, plan.with_deferred_columns) == (team, (team,))
    assert team.after_pass(Pass.FIRST).columns == {"lead_id": Const(value=None)}
    assert team.after_pass(Pass.SECOND) == team
    with pytest.raises(UsageError, match="in a cycle"):
        Plan(name="p", parameters={}, tables=(person, replace(team, later=frozenset())))


def test_self_references_of_the_second_pass_need_no_root_rows() -> None:
    assert Table(name="t", rows=5, columns={"t_id": Pick(parent="t", column="id")}, later=frozenset({"t_id"})).root_rows == IndexRange(0, 0)


def test_a_table_that_references_a_partitioned_one_is_partitioned() -> None:
    small = Table(name="small", rows=1, columns={"child_id": Pick(parent="child", column="id")})
    plan = Plan(name="p", parameters={}, tables=(small, CHILD, PARENT))
    assert [table.name for table in plan.partitioned] == ["child", "small"]
    assert plan.parents == (PARENT,)


@pytest.mark.parametrize(
    ("pick", "roots"),
    [
        (Pick(parent="t", column="id", distribution=Distribution.EARLIER), MAX_ROOT_ROWS),
        (Pick(parent="t", column="id", index="i - 1"), 5000),
        (Pick(parent="other", column="id"), 0),
    ],
)
def test_root_rows_are_those_that_other_rows_of_the_table_reference(pick: Pick, roots: int) -> None:
    assert Table(name="t", rows=5000, columns={"t_id": pick}).root_rows == IndexRange(0, roots)


def test_nested_generators_are_found_and_replaced_in_any_field() -> None:
    pick = Pick(parent="parent", column="id")
    nested = When(condition="i = 0", then=Const(value=1), otherwise=When(condition="i = 1", then=pick))
    assert list(nested.walk()) == [nested, Const(value=1), nested.otherwise, pick, Const(value=None)]
    assert renamed(
        Plan(name="p", parameters={}, tables=(replace(CHILD, columns={"x": nested}), PARENT)), {"child": "c", "parent": "q"}
    ).table("c").columns == {
        "x": When(condition="i = 0", then=Const(value=1), otherwise=When(condition="i = 1", then=replace(pick, parent="q")))
    }


def test_a_column_that_identifies_rows_is_compared_even_if_a_plan_leaves_it_out() -> None:
    table = Table(
        name="t",
        rows=1,
        columns={"code": Const(value=1), "n": Const(value=1)},
        key=None,
        identity=("code",),
        unchecked=frozenset({"code", "n"}),
    )
    assert table.checked == ("code",)
