"""Allocates the rows of a run per table: which existing rows it reuses, which it creates, their keys, and where unique values start."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.errors import Refused
from parloader.generation.column_graph import computed_with, read_columns
from parloader.generation.frames import generate
from parloader.plans.generators import MAX_INTEGER, SCATTERED, After, Distribution, Provider, Scalar, Unique, UniqueKind
from parloader.plans.model import Pass, Plan, Table, all_new
from parloader.plans.row_ranges import IndexRange, KeySegment, RowAllocation, RowKeys, gaps, merge
from parloader.plans.unique import capacity
from parloader.quantities import counted
from parloader.rows.existing_rows import (
    MAX_SAMPLED_ROWS,
    NOTHING,
    UNITED,
    ExistingKeys,
    fitting_rows,
    is_contiguous,
    plan_value,
    read_keys,
    spread_keys,
    typed_value,
)
from parloader.rows.free_periods import free_ends
from parloader.rows.free_scattered import free_scattered
from parloader.rows.free_values import FreeValues, free_values
from parloader.schema.model import ColumnType, Schema, TableSchema

GIVE_VALUES = "give the column a generator in a plan file"


def allocate(connection: Connection, plan: Plan, schema: Schema, key_starts: Mapping[str, int], *, empty: bool) -> dict[str, RowAllocation]:
    """Allocates the rows of every table. `empty`: the tables do not exist yet.

    `key_starts`: table → the first of its reserved keys; in other tables, new keys follow the highest existing one, or are free ones below it.
    Refused: a table has too few free keys, or a UNIQUE column too few free values.
    """
    limits = {table.name: _counted_rows(table) + 1 for table in plan.tables if table.reuse and not table.match and table.key is not None}
    existing = {} if empty else read_keys(connection, {table.name: table.key for table in plan.tables}, limits)
    allocated: dict[str, RowAllocation] = {}
    for table in plan.tables:
        in_table = existing.get(table.name, NOTHING)
        next_key = key_starts.get(table.name) or in_table.last + 1
        allocated[table.name] = _TableAllocator(connection, plan, table, schema[table.name], in_table, next_key, allocated).allocate()
    return allocated


def _counted_rows(table: Table) -> int:
    """If the table has more rows than this, their number does not matter."""
    return max(table.rows, MAX_SAMPLED_ROWS)


@dataclass(frozen=True)
class _TableAllocator:
    connection: Connection
    plan: Plan
    table: Table
    schema: TableSchema
    existing: ExistingKeys
    next_key: int  # the key after the highest one, or the first reserved one
    allocated: Mapping[str, RowAllocation] = field(default_factory=dict)  # the tables before this one

    def allocate(self) -> RowAllocation:
        return self._rows_by_values() if self.table.key is None else self._rows_by_key()

    def _rows_by_key(self) -> RowAllocation:
        """The run assigns the keys: reused rows keep theirs, new ones count from `next_key`."""
        table = self.table
        columns = [column for column in read_columns(self.plan, table.name) if column != table.key]
        if self.existing.empty or not table.reuse:
            keys, new = RowKeys.contiguous(self._first_key(table.rows), table.rows), merge([IndexRange(0, table.rows)])
        elif table.match:
            keys, new = self._reuse_matching()
        elif table.reuse_if:
            keys, new = self._reuse_fitting()
        else:
            keys, new = self._reuse_rows(sampled=bool(columns))
        reused = [key for first, last in _reused_ranges(keys, new, table.rows) for key in range(first, last + 1)] if columns else []
        return RowAllocation(
            rows=table.rows,
            new=new,
            keys=keys,
            next_taken_key=self._next_taken_key(keys, new),
            reused=self._read_values(columns, reused),
            unique_offsets=self._unique_offsets(new),
            root=self._root(new),
        )

    def _rows_by_values(self) -> RowAllocation:
        """The keys are generated values: the run reuses existing rows first."""
        table, columns = self.table, read_columns(self.plan, self.table.name)
        found: dict[int, tuple[Any, ...]] = {}  # index → the values of the existing row that it reuses
        if table.reuse and columns and not self.existing.empty:
            order = table.identity or columns
            if table.reuse_if:
                found = self._fitting_rows(columns, order)
            else:
                statement = f"SELECT {', '.join(map(sql.quote, columns))} FROM {sql.quote_table(table.name)} ORDER BY {', '.join(map(sql.quote, order))}"
                found = dict(enumerate(sql.rows(self.connection, f"{statement} LIMIT {min(table.rows, MAX_SAMPLED_ROWS):d}")))
        rows = [found[index] for index in sorted(found)]
        reused = self._plan_values(columns, rows) if rows else {}
        new = merge(gaps(IndexRange(0, table.rows), [IndexRange(index, index + 1) for index in found]))
        return RowAllocation(rows=table.rows, new=new, reused=reused, unique_offsets=self._unique_offsets(new), root=self._root(new))

    def _root(self, new: tuple[IndexRange, ...]) -> dict[str, Scalar]:
        """The values of the existing row that row 0 references, if it is new and its plan picks one: the first in which none is NULL or above 64 bits."""
        table = self.table
        own = [pick for picks in table.picks.values() for pick in picks if pick.parent == table.name]
        columns = list(dict.fromkeys(pick.column for pick in own if pick.distribution is Distribution.ROOTED))
        if not columns or self.existing.empty or not new or new[0].start:
            return {}
        names = [sql.quote(column) for column in columns]
        integer = {column.name for column in self.schema.columns if column.kind is ColumnType.INTEGER}
        given = " AND ".join(f"{sql.quote(name)} {f'<= {MAX_INTEGER:d}' if name in integer else 'IS NOT NULL'}" for name in columns)
        order = ", ".join(map(sql.quote, table.row_key)) or names[0]
        rows = sql.rows(
            self.connection, f"SELECT {', '.join(names)} FROM {sql.quote_table(table.name)} WHERE {given} ORDER BY {order} LIMIT 1"
        )
        return {column: plan_value(value) for column, value in zip(columns, rows[0], strict=True)} if rows else {}

    def _reuse_rows(self, *, sampled: bool) -> tuple[RowKeys, tuple[IndexRange, ...]]:
        """Reuses existing rows in the order of their keys; if the keys have gaps or are `sampled`, evenly spread ones if there are too many."""
        table, existing = self.table, self.existing
        assert table.key is not None
        if self._are_contiguous(table.key, sampled=sampled):
            reused = min(existing.counted, table.rows)
            segments = [KeySegment(0, reused, existing.first)] if reused else []
        else:
            keys = spread_keys(self.connection, table.name, table.key, existing, min(table.rows, MAX_SAMPLED_ROWS))
            segments = list(RowKeys.of(keys).segments)
            reused = len(keys)
        if reused < table.rows:
            segments.append(KeySegment(reused, table.rows - reused, self._first_key(table.rows - reused)))
        return RowKeys(tuple(segments)), merge([IndexRange(reused, table.rows)])

    def _are_contiguous(self, key: str, *, sampled: bool) -> bool:
        """Whether the reused rows are those with the lowest keys, which have no gaps."""
        table, existing = self.table, self.existing
        if existing.counted <= _counted_rows(table):
            return existing.is_contiguous and (not sampled or existing.counted <= MAX_SAMPLED_ROWS)
        if sampled or table.rows <= MAX_SAMPLED_ROWS:
            return False
        return is_contiguous(self.connection, table.name, key, existing.first, table.rows)

    def _reuse_matching(self) -> tuple[RowKeys, tuple[IndexRange, ...]]:
        """Reuses a row for an index if its `match` columns have the values that the plan gives that index; the lowest keys first."""
        table = self.table
        # sums read children, which come later
        rows = {**{each.name: all_new(each) for each in self.plan.tables}, **self.allocated, table.name: all_new(table)}
        frame = generate(self.plan, table.after_pass(Pass.FIRST), IndexRange(0, table.rows), rows)
        indices_by_values: dict[tuple[Any, ...], list[int]] = {}
        for index, values in enumerate(frame.select(table.match).rows()):
            indices_by_values.setdefault(values, []).append(index)
        return self._with_new_keys(dict(self._matching_keys(indices_by_values)))

    def _reuse_fitting(self) -> tuple[RowKeys, tuple[IndexRange, ...]]:
        """Reuses the rows with the lowest keys that meet the conditions of `reuse_if`."""
        key = [self.table.key or ""]
        reused = {index: values[0] for index, values in self._fitting_rows(key, key).items()}
        return self._with_new_keys(reused)

    def _fitting_rows(self, columns: Sequence[str], order: Sequence[str]) -> dict[int, tuple[Any, ...]]:
        """Index → the values of the existing row that it reuses, in which the columns `order` identify a row."""
        table, kinds = self.table, len(self.table.reuse_if)
        selected = list(dict.fromkeys((*order, *columns)))
        names = ", ".join(map(sql.quote, selected))
        found: dict[int, tuple[Any, ...]] = {}
        taken: set[tuple[Any, ...]] = set()  # a row may meet the conditions of several kinds
        for kind, conditions in enumerate(table.reuse_if):
            indices = range(kind, table.rows, kinds)
            source, values = fitting_rows(table.name, table.key, conditions)
            limit = min(len(indices), MAX_SAMPLED_ROWS) + len(taken)
            rows = sql.rows(
                self.connection, f"SELECT {names} {source} ORDER BY {', '.join(map(sql.quote, order))} LIMIT {limit:d}", *values
            )
            free = [row for row in rows if row[: len(order)] not in taken][:MAX_SAMPLED_ROWS]
            for index, row in zip(indices, free, strict=False):
                taken.add(row[: len(order)])
                found[index] = tuple(row[selected.index(column)] for column in columns)
        return found

    def _with_new_keys(self, reused: Mapping[int, int]) -> tuple[RowKeys, tuple[IndexRange, ...]]:
        """The keys of all rows, and which rows are new. `reused`: index → the key of an existing row."""
        new = [index for index in range(self.table.rows) if index not in reused]
        first = self._first_key(len(new))
        keys = {**reused, **{index: first + n for n, index in enumerate(new)}}
        return RowKeys.of(keys[index] for index in range(self.table.rows)), merge(IndexRange(index, index + 1) for index in new)

    def _matching_keys(self, indices_by_values: Mapping[tuple[Any, ...], list[int]]) -> Iterator[tuple[int, int]]:
        """(index, key of the row that matches it), for the indices that have one."""
        key, name = sql.quote(self.table.key or ""), sql.quote_table(self.table.name)
        condition = " AND ".join(f"{sql.quote(column)} <=> %s" for column in self.table.match)
        groups = list(indices_by_values.items())
        for at in range(0, len(groups), UNITED):
            part = groups[at : at + UNITED]
            selects = (
                f"(SELECT {n:d}, {key} FROM {name} WHERE {condition} AND {key} > 0 ORDER BY {key} LIMIT {len(indices):d})"
                for n, (_, indices) in enumerate(part)
            )
            values = (value for group, _ in part for value in group)
            remaining = [iter(indices) for _, indices in part]
            for n, k in sorted(sql.rows(self.connection, " UNION ALL ".join(selects), *values)):
                yield next(remaining[n]), k

    def _read_values(self, columns: list[str], keys: list[int]) -> dict[str, tuple[Scalar, ...]]:
        """Column → its values in the rows with these keys, in the order of the keys."""
        if not keys or not columns:
            return {}
        key, table = sql.quote(self.table.key or ""), sql.quote_table(self.table.name)
        selected = ", ".join([key, *map(sql.quote, columns)])
        rows = {k: values for k, *values in sql.rows(self.connection, f"SELECT {selected} FROM {table} WHERE {key} IN %s", keys)}
        return self._plan_values(columns, [rows[k] for k in keys])

    def _plan_values(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, tuple[Scalar, ...]]:
        typed = computed_with(self.plan, self.table.name)
        return {column: tuple((typed_value if column in typed else plan_value)(row[n]) for row in rows) for n, column in enumerate(columns)}

    def _first_key(self, rows: int) -> int:
        """The first of this many consecutive keys that are free. They follow the highest existing one, unless too few do."""
        column = self.schema.column(self.table.key or "")
        if self.next_key + rows - 1 <= column.max_key:
            return self.next_key
        keys = Unique(form=UniqueKind.INTEGER, low=1, high=column.max_key)
        if self.existing.empty:
            free = FreeValues(offset=None, longest=column.max_key, above_highest=False)
        else:
            free = free_values(self.connection, self.schema, column.name, keys, IndexRange(0, rows))
        if free.offset is not None:
            return keys.low + free.offset
        number = f"no more than {free.longest:,} consecutive ones are" if free.longest else "none is"
        raise Refused(
            f"{counted(rows, 'row')} of {self.table.name} are too many: {column.name} holds keys up to {column.max_key:,}, of which {number} free",
            self._fitting(free) if free.longest else f"Delete rows, or give {column.name} a larger type",
            table=self.table.name,
        )

    def _fitting(self, free: FreeValues) -> str:
        return f"At most --rows {free.longest} fit" if self.table is self.plan.target else f"At most {free.longest:,} more fit"

    def _next_taken_key(self, keys: RowKeys, new: tuple[IndexRange, ...]) -> int | None:
        """The lowest existing key above the new ones."""
        highest = max((last for part in new for _, last in keys.ranges(part)), default=self.existing.last)
        if highest >= self.existing.last:
            return None
        key = sql.quote(self.table.key or "")
        return int(sql.value(self.connection, f"SELECT MIN({key}) FROM {sql.quote_table(self.table.name)} WHERE {key} > %s", highest))

    def _unique_offsets(self, new: tuple[IndexRange, ...]) -> dict[str, int]:
        """Column → the offset at which its Unique values start, so that no existing row has one of them."""
        if not new:
            return {}
        offsets: dict[str, int] = {}
        indices = IndexRange(new[0].start, new[-1].stop)
        for columns, scattered in self._scattered():
            offset = self._scattered_offset(scattered, indices)
            offsets |= dict.fromkeys(columns, offset)
        for column, generator in self.table.columns.items():
            uniques = [g for g in generator.walk() if isinstance(g, Unique) and g.form not in SCATTERED]
            for unique in uniques:
                offset = self._unique_offset(column, unique, indices, sole=len(uniques) == 1)
                offsets[column] = max(offsets.get(column, 0), offset)
        return {column: offset for column, offset in offsets.items() if offset}

    def _unique_offset(self, column: str, unique: Unique, indices: IndexRange, *, sole: bool) -> int:
        if self.existing.empty and indices.stop <= capacity(unique):
            return 0
        start = next((key.period[0] for key in self.schema.unique_keys if key.period and key.period[1] == column), None)
        if start is not None and isinstance(after := self.table.columns.get(start), After) and after.column == column:
            free = free_ends(self.connection, self.table.name, start, column, unique, indices)
        else:
            free = free_values(self.connection, self.schema, column, unique, indices, sole=sole)
        if free.offset is None:
            raise self._no_free_values(column, indices.rows, free)
        return free.offset

    def _scattered(self) -> Iterator[tuple[list[str], dict[str, tuple[Unique, ...]]]]:
        """The columns whose unique values are in an order of their own, each with all columns of its group: they are about the same rows."""
        groups: dict[str | tuple[str], dict[str, list[Unique]]] = {}
        for column, generator in self.table.columns.items():
            for each in generator.walk():
                if isinstance(each, Unique) and each.form in SCATTERED:
                    groups.setdefault(each.group or (column,), {}).setdefault(column, []).append(each)
        for group, uniques in groups.items():
            members = [
                column
                for column, generator in self.table.columns.items()
                if any(isinstance(each, Provider | Unique) and each.group == group for each in generator.walk())
            ]
            yield [*uniques, *members], {column: tuple(each) for column, each in uniques.items()}

    def _scattered_offset(self, uniques: Mapping[str, tuple[Unique, ...]], indices: IndexRange) -> int:
        if self.existing.empty and all(indices.stop <= capacity(unique) for each in uniques.values() for unique in each):
            return 0
        free = free_scattered(self.connection, self.plan.seed, self.table.name, uniques, indices)
        if free.offset is None:
            raise self._no_free_values(", ".join(uniques), indices.rows, free)
        return free.offset

    def _no_free_values(self, column: str, rows: int, free: FreeValues) -> Refused:
        number = f"only {free.longest:,}" if free.longest else "no"
        left = f"{number} values above the highest existing one" if free.above_highest else f"{number} consecutive free values"
        return Refused(
            f"{counted(rows, 'row')} of {self.table.name} are too many: its UNIQUE column {column} has {left}, and new rows need such values",
            self._fitting(free) if free.longest else f"Change the row with the highest {column}, or {GIVE_VALUES}",
            table=self.table.name,
        )


def _reused_ranges(keys: RowKeys, new: tuple[IndexRange, ...], rows: int) -> Iterator[tuple[int, int]]:
    """The keys of the rows that are not new, as (first, last) pairs."""
    at = 0
    for part in (*new, IndexRange(rows, rows)):
        yield from keys.ranges(IndexRange(at, max(at, part.start)))
        at = part.stop
