"""Trees: rows of a table that pick earlier rows of the same tree."""

from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.generation.frames import generate
from parloader.plans.generators import Distribution, Pick
from parloader.plans.model import MAX_ROOT_ROWS, TREE_STAGES, Plan, Table, all_new
from parloader.plans.row_ranges import IndexRange


def forest(rows: int, trees: int, tenants: int = 3, seed: int = 0) -> pl.DataFrame:
    """Rows with the keys 0, 1, …, so that each key is the row's index."""
    parent = Pick(parent="category", column="id", distribution=Distribution.TREE, trees=trees)
    tenant = Pick(parent="tenant", column="id", distribution=Distribution.UNIFORM, trees=trees)
    plan = Plan(
        name="p",
        parameters={},
        tables=(
            Table(name="tenant", rows=tenants, columns={}),
            Table(name="category", rows=rows, columns={"parent_id": parent, "tenant_id": tenant}, partitioned=True),
        ),
        seed=seed,
    )
    of = {table.name: all_new(table, key_start=0) for table in plan.tables}
    return generate(plan, plan.table("category"), IndexRange(0, rows), of)


@given(rows=st.integers(1, 6000), trees=st.integers(1, 3000), seed=st.integers(0, 5))
def test_each_row_picks_an_earlier_row_of_its_tree_among_the_first_rows(rows: int, trees: int, seed: int) -> None:
    for i, parent in enumerate(forest(rows, trees, seed=seed)["parent_id"]):
        if i < trees:
            assert parent is None
        elif parent is not None:
            assert 0 <= parent < i
            assert i < MAX_ROOT_ROWS or parent < max(stop for stop in TREE_STAGES if stop <= i)
            assert parent % trees == i % trees


def test_all_rows_of_a_tree_have_the_same_tenant() -> None:
    rows = forest(1000, 31, tenants=10)
    of = dict(rows.select("id", "tenant_id").rows())
    assert all(of[parent] == tenant for parent, tenant in rows.drop_nulls().select("parent_id", "tenant_id").rows())
    assert len(set(rows["tenant_id"])) > 5


@pytest.mark.parametrize(("rows", "trees", "levels"), [(25, 5, 2), (1000, 31, 4), (1000, 1, 5), (20_000, 4_000, 2)])
def test_trees_have_several_levels_and_branch(rows: int, trees: int, levels: int) -> None:
    parents = forest(rows, trees)["parent_id"].to_list()
    level: list[int] = []
    for parent in parents:
        level.append(0 if parent is None else level[parent] + 1)
    assert levels <= max(level) < 10
    assert parents.count(None) < 0.4 * rows
    children = Counter(parents)
    assert max(children[i] for i in range(min(rows, MAX_ROOT_ROWS))) > 2
    assert any(children[i] == 0 for i in range(rows))
