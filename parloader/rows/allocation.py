"""Which rows a run has of each table: those that are there and are used, those that it makes, and where the values of the latter begin."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.errors import Refused
from parloader.generation.frames import generate
from parloader.plans.generators import Scalar, Unique
from parloader.plans.model import Pass, Plan, Table, all_new
from parloader.plans.row_ranges import ExistingRows, IndexRange, KeySegment, RowAllocation, RowKeys, merge
from parloader.plans.unique import capacity
from parloader.rows import key_reservation
from parloader.schema.model import ColumnType, Schema, TableSchema

# Of a table whose keys are not one range, or of which more than the key is picked, so many rows at most are used: they are kept in the ledger
MAX_SAMPLED_ROWS = 10_000

# Tables are counted up to here, which takes some milliseconds, and beyond only if all their rows can be used: keys of two bytes hold so many
COUNTED_ROWS = 70_000

# Of one statement, so that it stays short
UNITED = 50


@dataclass(frozen=True, kw_only=True)
class _Found:
    """The rows of a table whose integer keys are above 0: `first` and `last` of them. `counted`: how many there are, at most COUNTED_ROWS + 1."""

    counted: int
    first: int
    last: int
    empty: bool

    @property
    def more(self) -> bool:
        """Whether there are more than were counted."""
        return self.counted > COUNTED_ROWS

    def is_contiguous(self, rows: int) -> bool:
        """Whether these rows, all that there are, have one range of keys."""
        return rows > 0 and self.last - self.first + 1 == rows


class ExistingRowCounts(Mapping[str, ExistingRows]):
    """How many rows there are of each table that a plan could use. One of many rows is counted when it is asked for, and only if its rows
    can be used."""

    def __init__(self, connection: Connection, shapes: Schema, not_used: Collection[str]) -> None:
        picked = {(foreign.parent, column) for shape in shapes.values() for foreign in shape.foreign_keys for column in foreign.referenced}
        self._connection = connection
        self._not_used = not_used
        self._keys = {name: _picked_key(shape, {c for table, c in picked if table == name}) for name, shape in shapes.items()}
        self._found = _count_rows(connection, self._keys, self._keys)
        self._there: dict[str, ExistingRows] = {}

    def __getitem__(self, name: str) -> ExistingRows:
        if name not in self._there:
            self._there[name] = self._count(name)
        return self._there[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def _count(self, name: str) -> ExistingRows:
        found, key = self._found[name], self._keys[name]
        if key is None:
            return ExistingRows(rows=min(found.counted, MAX_SAMPLED_ROWS))
        if found.more and name in self._not_used:
            return ExistingRows(rows=COUNTED_ROWS)
        rows = _count_all(self._connection, name, key, found)
        contiguous = found.is_contiguous(rows)
        return ExistingRows(rows=rows if contiguous else min(rows, MAX_SAMPLED_ROWS), contiguous=contiguous)


# Of a table that does not exist yet
NOTHING = _Found(counted=0, first=0, last=0, empty=True)


def count_existing_rows(connection: Connection, plan: Plan, shapes: Schema) -> Mapping[str, ExistingRows]:
    """What is in the tables that the plan could use, one statement for all."""
    return ExistingRowCounts(connection, shapes, {table.name for table in plan.tables if not table.reuse})


def _picked_key(shape: TableSchema, picked: set[str]) -> str | None:
    """The integer column that is the primary key, if nothing else is picked from the table."""
    key = shape.primary_key
    alone = (
        key is not None and len(key.columns) == 1 and picked <= {*key.columns} and shape.column(key.columns[0]).kind is ColumnType.INTEGER
    )
    return key.columns[0] if key and alone else None


def _count_rows(connection: Connection, keys: Mapping[str, str | None], to_count: Collection[str]) -> dict[str, _Found]:
    """What is in these tables, by their integer keys where they have one. The others than those `to_count` have the count 0."""
    selects = []
    for number, (table, key) in enumerate(keys.items()):
        name = sql.quote(table)
        if key is None:
            counted, ends = f"SELECT 1 FROM {name} LIMIT {COUNTED_ROWS + 1:d}", "NULL, NULL"
        else:
            k = sql.quote(key)
            counted = f"SELECT 1 FROM {name} WHERE {k} > 0 LIMIT {COUNTED_ROWS + 1:d}"
            ends = f"(SELECT MIN({k}) FROM {name} WHERE {k} > 0), (SELECT MAX({k}) FROM {name})"
        count = f"(SELECT COUNT(*) FROM ({counted}) some)" if table in to_count else "0"
        selects.append(f"SELECT {number:d}, {count}, {ends}, EXISTS (SELECT 1 FROM {name})")
    names, found = list(keys), {}
    for number, rows, first, last, exists in _united(connection, selects):
        found[names[number]] = _Found(counted=int(rows), first=int(first or 0), last=max(0, int(last or 0)), empty=not exists)
    return found


def _united(connection: Connection, selects: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of these SELECTs, which have no values of their own, in few statements."""
    for at in range(0, len(selects), UNITED):
        yield from sql.rows(connection, " UNION ALL ".join(selects[at : at + UNITED]))


def _count_all(connection: Connection, table: str, key: str, found: _Found) -> int:
    if not found.more:
        return found.counted
    return int(sql.value(connection, f"SELECT COUNT(*) FROM {sql.quote(table)} WHERE {sql.quote(key)} > 0"))


def allocate(connection: Connection, plan: Plan, key_starts: Mapping[str, int], *, empty: bool) -> dict[str, RowAllocation]:
    """For each table which rows that are there are used and which are to be made. `empty`: there are no tables yet.

    `key_starts`: the first of the keys that are reserved in a table; in others, keys follow the highest one.
    """
    used = {table.name for table in plan.tables if table.reuse and not table.match and table.key is not None}
    found = {} if empty else _count_rows(connection, {table.name: table.key for table in plan.tables}, used)
    assigned: dict[str, RowAllocation] = {}
    for table in plan.tables:
        there = found.get(table.name, NOTHING)
        if table.key is None:
            rows = _rows_by_values(connection, plan, table, there)
        else:
            rows = _rows_by_key(connection, plan, table, assigned, there, key_starts.get(table.name) or there.last + 1)
        assigned[table.name] = rows
    return assigned


def _rows_by_key(
    connection: Connection, plan: Plan, table: Table, assigned: Mapping[str, RowAllocation], there: _Found, next_key: int
) -> RowAllocation:
    """Rows of a table whose keys the run assigns: used ones keep theirs, made ones follow from `next_key` on."""
    columns = [column for column in plan.referenced_columns(table.name) if column != table.key]
    if there.empty or not table.reuse:
        keys, made = RowKeys.contiguous(next_key, table.rows), _whole(table)
    elif table.match:
        keys, made = _reuse_matching(connection, plan, table, assigned, next_key)
    else:
        keys, made = _reuse_lowest_keys(connection, table, there, next_key, sampled=bool(columns))
    used = [key for first, last in _used_ranges(keys, made, table.rows) for key in range(first, last + 1)] if columns else []
    return RowAllocation(
        rows=table.rows,
        new=made,
        keys=keys,
        reused=_values_of(connection, table, columns, used),
        unique_offsets=_offsets(connection, table, made, there),
    )


def _whole(table: Table) -> tuple[IndexRange, ...]:
    return merge([IndexRange(0, table.rows)])


def _reuse_lowest_keys(
    connection: Connection, table: Table, there: _Found, next_key: int, *, sampled: bool
) -> tuple[RowKeys, tuple[IndexRange, ...]]:
    """The rows that are there first, in the order of their keys; where they are too many to be listed, some of them, evenly."""
    assert table.key is not None
    rows = _count_all(connection, table.name, table.key, there)
    if there.is_contiguous(rows) and (not sampled or rows <= MAX_SAMPLED_ROWS):
        used = min(rows, table.rows)
        segments = [KeySegment(0, used, there.first)] if used else []
    else:
        most = min(table.rows, MAX_SAMPLED_ROWS)
        key = sql.quote(table.key)
        each = max(1, rows // most) if most else 1
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
    groups = list(wanted.items())
    for at in range(0, len(groups), UNITED):
        part = groups[at : at + UNITED]
        selects = (
            f"(SELECT {n:d}, {key} FROM {name} WHERE {condition} AND {key} > 0 ORDER BY {key} LIMIT {len(i):d})"
            for n, (_, i) in enumerate(part)
        )
        left = [iter(indices) for _, indices in part]
        for n, k in sorted(sql.rows(connection, " UNION ALL ".join(selects), *(value for values, _ in part for value in values))):
            used[next(left[n])] = k
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


def _rows_by_values(connection: Connection, plan: Plan, table: Table, there: _Found) -> RowAllocation:
    """Rows of a table whose keys are values of its generators: those that are there first."""
    columns = plan.referenced_columns(table.name)
    used: dict[str, tuple[Scalar, ...]] = {}
    count = 0
    if table.reuse and columns and not there.empty:
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
    return RowAllocation(rows=table.rows, new=made, reused=used, unique_offsets=_offsets(connection, table, made, there))


def _offsets(connection: Connection, table: Table, made: tuple[IndexRange, ...], there: _Found) -> dict[str, int]:
    """Where the values of the Unique columns begin, so that no row that is there has one of them."""
    if not made:
        return {}
    found: dict[str, int] = {}
    all_made = IndexRange(made[0].start, made[-1].stop)
    for column, generator in table.columns.items():
        for unique in (g for g in generator.walk() if isinstance(g, Unique)):
            found[column] = max(found.get(column, 0), _offset(connection, table, column, unique, all_made, there))
    return {column: offset for column, offset in found.items() if offset}


def _offset(connection: Connection, table: Table, column: str, unique: Unique, made: IndexRange, there: _Found) -> int:
    holds = capacity(unique)
    if there.empty and made.stop <= holds:
        return 0
    offset = key_reservation.first_free_offset(connection, table.name, column, unique, made)
    if offset is None:
        room = holds - key_reservation.count_distinct(connection, table.name, column)
        raise Refused(
            f"{made.rows:,} rows need as many new values of {table.name}.{column}, which holds {holds:,} in all, and some are taken",
            f"At most {max(0, room)} more fit",
        )
    return offset


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
