from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.errors import UsageError
from parloader.plans.generators import Const, Pick
from parloader.plans.model import Plan, Table, in_dependency_order, require_parents


def table(name: str, *parents: str) -> Table:
    return Table(name=name, rows=1, columns={"n": Const(value=1), **{f"{p}_id": Pick(parent=p, column="id") for p in parents}})


@st.composite
def dependencies(draw: st.DrawFn) -> list[Table]:
    """Tables without a cycle, in any order."""
    names = "abcdefg"[: draw(st.integers(0, 7))]
    tables = [table(name, *sorted(draw(st.sets(st.sampled_from(names[:n])))) if n else ()) for n, name in enumerate(names)]
    return draw(st.permutations(tables))


@given(dependencies())
def test_parents_come_before_children_and_no_table_is_lost(tables: list[Table]) -> None:
    names = [t.name for t in in_dependency_order(tables)]
    assert sorted(names) == sorted(t.name for t in tables)
    assert all(names.index(parent) < names.index(t.name) for t in tables for parent in t.parents)


def test_the_order_given_stays_where_it_can() -> None:
    given_order = [table("a"), table("child of a", "a"), table("c")]
    assert list(in_dependency_order(given_order)) == given_order


def test_a_plan_puts_its_tables_in_order() -> None:
    plan = Plan(name="p", parameters={}, tables=(table("grandchild", "child"), table("child", "parent"), table("parent")))
    assert [t.name for t in plan.tables] == ["parent", "child", "grandchild"]


@pytest.mark.parametrize(
    "references",
    [{"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "a", "d": "a"}],
)
def test_a_cycle_is_named(references: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        in_dependency_order([table(name, parent) for name, parent in references.items()])
    cycle = caught.value.message.rpartition(": ")[2].split(" → ")
    assert cycle[0] == cycle[-1]
    assert all(references[child] == parent for child, parent in pairwise(cycle))


def test_a_parent_that_is_not_in_the_plan_is_named() -> None:
    with pytest.raises(UsageError, match="table child picks from nobody"):
        require_parents(in_dependency_order([table("parent"), table("child", "parent", "nobody")]))


def test_a_table_may_point_at_itself() -> None:
    assert in_dependency_order([table("a", "a")]) == (table("a", "a"),)
