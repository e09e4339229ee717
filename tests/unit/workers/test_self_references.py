"""The order in which rows of a table that references itself are loaded and deleted."""

from hypothesis import given
from hypothesis import strategies as st
from support.ranges import disjoint_ranges, indices

from parloader.plans.generators import Distribution, Pick
from parloader.plans.model import Pass, Table
from parloader.plans.row_ranges import IndexRange
from parloader.workers.self_references import deletion_batches, load_stages

ROWS = 40

PLAIN = Table(name="t", rows=ROWS, columns={"other_id": Pick(parent="other", column="id")}, partitioned=True)

TO_THE_ROW_BEFORE = Table(name="t", rows=ROWS, columns={"t_id": Pick(parent="t", column="id", index="i - 1")}, partitioned=True)

passes = st.sampled_from(Pass)

tables = st.sampled_from([PLAIN, TO_THE_ROW_BEFORE])


@given(tables, passes, disjoint_ranges, st.integers(1, 5), st.integers(1, 10))
def test_each_row_is_in_one_stage_and_one_share(table: Table, current: Pass, ranges: list[IndexRange], workers: int, batch: int) -> None:
    stages = load_stages(table, current, ranges, workers, batch)
    assert [i for stage in stages for share in stage for i in indices(share)] == indices(ranges)
    assert all(1 <= len(stage) <= workers and all(stage) for stage in stages)


@given(disjoint_ranges, st.integers(2, 5))
def test_referenced_rows_are_a_stage_of_their_own_for_one_worker(ranges: list[IndexRange], workers: int) -> None:
    referenced = [i for i in indices(ranges) if i < ROWS]
    stages = load_stages(TO_THE_ROW_BEFORE, Pass.FIRST, ranges, workers, 1)
    if referenced:
        (share,) = stages[0]
        assert indices(share) == referenced
    assert len(load_stages(TO_THE_ROW_BEFORE, Pass.SECOND, ranges, workers, 1)) == len(load_stages(PLAIN, Pass.FIRST, ranges, workers, 1))


@given(tables, passes, st.integers(0, ROWS), st.integers(0, ROWS), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_a_row_is_deleted_before_the_rows_it_references(table: Table, current: Pass, start: int, rows: int, sizes: list[int]) -> None:
    partition = IndexRange(start, start + rows)
    given_sizes: list[int] = []

    def next_rows() -> int:
        given_sizes.append(sizes[len(given_sizes) % len(sizes)])
        return given_sizes[-1]

    found = list(deletion_batches(table, current, partition, next_rows))
    assert sorted(indices(found)) == indices([partition])
    assert all(batch.rows <= size for batch, size in zip(found, given_sizes, strict=True))
    if table is TO_THE_ROW_BEFORE and current is Pass.FIRST and start < ROWS:
        assert found == sorted(found, reverse=True)


def test_trees_are_loaded_in_stages() -> None:
    tree = Pick(parent="t", column="id", distribution=Distribution.TREE, trees=10)
    table = Table(name="t", rows=20_000, columns={"t_id": tree}, partitioned=True)
    stages = load_stages(table, Pass.FIRST, [IndexRange(0, 500), IndexRange(900, 20_000)], 2, 1)
    assert [[(part.start, part.stop) for share in stage for part in share] for stage in stages] == [
        [(0, 500), (900, 1_000)],
        [(1_000, 2_500), (2_500, 4_000)],
        [(4_000, 10_000), (10_000, 16_000)],
        [(16_000, 18_000), (18_000, 20_000)],
    ]
    assert len(load_stages(table, Pass.SECOND, [IndexRange(0, 20_000)], 2, 1)) == 1
