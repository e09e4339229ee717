"""Which rows a run has of each table: those that are there and are used, those that it makes, and where the values of the latter begin."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.errors import Refused
from parloader.generation.frames import generate
from parloader.plans.generators import Generator, Scalar, Unique, When
from parloader.plans.model import Pass, Plan, Table, all_new
from parloader.plans.row_ranges import ExistingRows, IndexRange, KeySegment, RowAllocation, RowKeys, merge
from parloader.plans.unique import capacity
from parloader.rows import key_reservation
from parloader.schema.model import ColumnType, Schema, TableSchema

# Of a table whose keys are not one range, or of which more than the key is picked, so many rows at most are used: they are kept in the ledger
MAX_SAMPLED_ROWS = 10_000


@dataclass(frozen=True, kw_only=True)
class _Found:
    """The rows of a table whose integer keys are above 0."""

    rows: int
    first: int
    last: int

    @property
    def contiguous(self) -> bool:
        return self.rows > 0 and self.last - self.first + 1 == self.rows


def count_existing_rows(connection: Connection, shapes: Schema) -> dict[str, ExistingRows]:
    """How many rows there are of each table that a plan could use."""
    picked = {(foreign.parent, column) for shape in shapes.values() for foreign in shape.foreign_keys for column in foreign.referenced}
    return {name: _existing_rows(connection, shape, {c for table, c in picked if table == name}) for name, shape in shapes.items()}


def _existing_rows(connection: Connection, shape: TableSchema, picked: set[str]) -> ExistingRows:
    key = shape.primary_key
    if key and len(key.columns) == 1 and picked <= {*key.columns} and shape.column(key.columns[0]).kind is ColumnType.INTEGER:
        found = _found(connection, shape.name, key.columns[0])
        return ExistingRows(rows=found.rows if found.contiguous else min(found.rows, MAX_SAMPLED_ROWS), contiguous=found.contiguous)
    statement = f"SELECT COUNT(*) FROM (SELECT 1 FROM {sql.quote(shape.name)} LIMIT {MAX_SAMPLED_ROWS:d}) some"
    return ExistingRows(rows=int(sql.value(connection, statement)), contiguous=False)


def _found(connection: Connection, table: str, key: str) -> _Found:
    k = sql.quote(key)
    rows, first, last = sql.row(connection, f"SELECT COUNT(*), MIN({k}), MAX({k}) FROM {sql.quote(table)} WHERE {k} > 0")
    return _Found(rows=int(rows), first=int(first or 0), last=int(last or 0))


def allocate(connection: Connection, plan: Plan, key_starts: Mapping[str, int], *, empty: bool) -> dict[str, RowAllocation]:
    """For each table which rows that are there are used and which are to be made. `empty`: there are no tables yet.

    `key_starts`: the first of the keys that are reserved in a table; in others, keys follow the highest one.
    """
    assigned: dict[str, RowAllocation] = {}
    for table in plan.tables:
        if table.key is None:
            rows = _rows_by_values(connection, plan, table)
        else:
            next_key = key_starts.get(table.name) or (1 if empty else key_reservation.highest_key(connection, table.name, table.key) + 1)
            rows = _rows_by_key(connection, plan, table, assigned, next_key, empty=empty)
        assigned[table.name] = rows
    return assigned


def _rows_by_key(
    connection: Connection, plan: Plan, table: Table, assigned: Mapping[str, RowAllocation], next_key: int, *, empty: bool
) -> RowAllocation:
    """Rows of a table whose keys the run assigns: used ones keep theirs, made ones follow from `next_key` on."""
    columns = [column for column in plan.referenced_columns(table.name) if column != table.key]
    if empty or not table.reuse:
        keys, made = RowKeys.contiguous(next_key, table.rows), _whole(table)
    elif table.match:
        keys, made = _reuse_matching(connection, plan, table, assigned, next_key)
    else:
        keys, made = _reuse_lowest_keys(connection, table, next_key, sampled=bool(columns))
    there = [key for first, last in _used_ranges(keys, made, table.rows) for key in range(first, last + 1)] if columns else []
    return RowAllocation(
        rows=table.rows,
        new=made,
        keys=keys,
        reused=_values_of(connection, table, columns, there),
        unique_offsets={} if empty else _offsets(connection, table, made),
    )


def _whole(table: Table) -> tuple[IndexRange, ...]:
    return merge([IndexRange(0, table.rows)])


def _reuse_lowest_keys(connection: Connection, table: Table, next_key: int, *, sampled: bool) -> tuple[RowKeys, tuple[IndexRange, ...]]:
    """The rows that are there first, in the order of their keys; where they are too many to be listed, some of them, evenly."""
    assert table.key is not None
    found = _found(connection, table.name, table.key)
    if found.contiguous and (not sampled or found.rows <= MAX_SAMPLED_ROWS):
        used = min(found.rows, table.rows)
        segments = [KeySegment(0, used, found.first)] if used else []
    else:
        most = min(table.rows, MAX_SAMPLED_ROWS)
        key = sql.quote(table.key)
        each = max(1, found.rows // most) if most else 1
        spread = f"AND MOD(CRC32({key}), {each:d}) = 0" if each > 1 else ""
        statement = f"SELECT {key} FROM {sql.quote(table.name)} WHERE {key} > 0 {spread} ORDER BY {key} LIMIT {most:d}"
        segments = list(RowKeys.of(k for (k,) in sql.rows(connection, statement)).segments)
        used = segments[-1].stop if segments else 0
    if used < table.rows:
        segments.append(KeySegment(used, table.rows - used, next_key))
    return RowKeys(tuple(segments)), merge([IndexRange(used, table.rows)])


def _reuse_matching(
    connection: Connection, plan: Plan, table: Table, assigned: Mapping[str, RowAllocation], next_key: int
) -> tuple[RowKeys, tuple[IndexRange, ...]]:
    """A row is used where it has the values that the plan gives the columns `match`, the lowest keys first."""
    assert table.key is not None
    key, name = sql.quote(table.key), sql.quote(table.name)
    wanted: dict[tuple[Any, ...], list[int]] = {}
    frame = generate(plan, table.after_pass(Pass.FIRST), IndexRange(0, table.rows), {**assigned, table.name: all_new(table)})
    for index, values in enumerate(frame.select(table.match).rows()):
        wanted.setdefault(values, []).append(index)
    condition = " AND ".join(f"{sql.quote(column)} <=> %s" for column in table.match)
    used: dict[int, int] = {}
    for values, indices in wanted.items():
        statement = f"SELECT {key} FROM {name} WHERE {condition} AND {key} > 0 ORDER BY {key} LIMIT %s"
        used |= {index: k for index, (k,) in zip(indices, sql.rows(connection, statement, *values, len(indices)), strict=False)}
    made = [index for index in range(table.rows) if index not in used]
    key_of = {**used, **{index: next_key + n for n, index in enumerate(made)}}
    return RowKeys.of(key_of[index] for index in range(table.rows)), merge(IndexRange(index, index + 1) for index in made)


def _used_ranges(keys: RowKeys, made: tuple[IndexRange, ...], rows: int) -> Iterator[tuple[int, int]]:
    at = 0
    for part in (*made, IndexRange(rows, rows)):
        yield from keys.ranges(IndexRange(at, max(at, part.start)))
        at = part.stop


def _values_of(connection: Connection, table: Table, columns: list[str], keys: list[int]) -> dict[str, tuple[Scalar, ...]]:
    """The columns' values in the rows with these keys, in their order."""
    if not keys or not columns:
        return {}
    shown = ", ".join(map(sql.quote, (table.key or "", *columns)))
    found = sql.rows(connection, f"SELECT {shown} FROM {sql.quote(table.name)} WHERE {sql.quote(table.key or '')} IN %s", keys)
    rows = {key: values for key, *values in found}
    return {column: tuple(key_reservation.plan_value(rows[key][n]) for key in keys) for n, column in enumerate(columns)}


def _rows_by_values(connection: Connection, plan: Plan, table: Table) -> RowAllocation:
    """Rows of a table whose keys are values of its generators: those that are there first."""
    columns = plan.referenced_columns(table.name)
    used: dict[str, tuple[Scalar, ...]] = {}
    count = 0
    if table.reuse and columns:
        order = ", ".join(map(sql.quote, table.identity or columns))
        shown = ", ".join(map(sql.quote, columns))
        found = sql.rows(
            connection, f"SELECT {shown} FROM {sql.quote(table.name)} ORDER BY {order} LIMIT {min(table.rows, MAX_SAMPLED_ROWS):d}"
        )
        count = len(found)
        used = (
            {column: tuple(key_reservation.plan_value(values[n]) for values in found) for n, column in enumerate(columns)} if found else {}
        )
    made = merge([IndexRange(count, table.rows)])
    return RowAllocation(rows=table.rows, new=made, reused=used, unique_offsets=_offsets(connection, table, made))


def _offsets(connection: Connection, table: Table, made: tuple[IndexRange, ...]) -> dict[str, int]:
    """Where the values of the Unique columns begin, so that no row that is there has one of them."""
    if not made:
        return {}
    found: dict[str, int] = {}
    for column, generator in table.columns.items():
        for unique in _uniques(generator):
            found[column] = max(found.get(column, 0), _offset(connection, table, column, unique, IndexRange(made[0].start, made[-1].stop)))
    return {column: offset for column, offset in found.items() if offset}


def _offset(connection: Connection, table: Table, column: str, unique: Unique, made: IndexRange) -> int:
    holds = capacity(unique)
    offset = key_reservation.first_free_offset(connection, table.name, column, unique, made)
    if offset is None:
        room = holds - key_reservation.count_distinct(connection, table.name, column)
        raise Refused(
            f"{made.rows:,} rows need as many new values of {table.name}.{column}, which holds {holds:,} in all, and some are taken",
            f"At most {max(0, room)} more fit",
        )
    return offset


def _uniques(generator: Generator) -> Iterator[Unique]:
    if isinstance(generator, Unique):
        yield generator
    elif isinstance(generator, When):
        yield from _uniques(generator.then)
        yield from _uniques(generator.otherwise)


def require_key_capacity(plan: Plan, live: Schema, rows: Mapping[str, RowAllocation]) -> None:
    """Refused where keys would go beyond the key column's type."""
    for table in plan.tables:
        made = rows[table.name].new_keys
        if not made or table.key is None:
            continue
        largest = live[table.name].column(table.key).max_key
        first, last = made[0][0], made[-1][1]
        if last > largest:
            fits = max(0, largest - first + 1)
            raise Refused(
                f"{last - first + 1:,} rows from key {first:,} on go beyond {table.name}.{table.key}, which holds keys up to {largest:,}",
                f"At most --rows {fits} fit" if table is plan.target else f"At most {fits:,} more fit: give the column a larger type",
            )
