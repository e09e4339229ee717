"""Groups overlapping foreign keys: those that share columns, or whose columns a CHECK compares, must pick matching parent rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from parloader.schema.checks.predicates import Compared
from parloader.schema.model import ForeignKey

KeysOf: TypeAlias = Callable[[str], Sequence[ForeignKey]]
"""Table → its foreign keys that are filled."""


@dataclass(frozen=True, kw_only=True)
class ForeignKeyGroup:
    """Foreign keys that pick parent rows by the same row number."""

    keys: tuple[ForeignKey, ...]
    row_offsets: tuple[int, ...]  # one per key: how many rows further on in its parent it picks
    lockstep_tables: frozenset[str] = frozenset()
    """Tables that must have equally many rows, all new: their rows of the same number agree in the shared columns. Empty for a single parent."""

    @property
    def name(self) -> str:
        return self.keys[0].name

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(column for key in self.keys for column in key.columns)

    @property
    def parents(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key.parent for key in self.keys))

    @property
    def max_offset(self) -> int:
        """The number of extra rows that a parent must have."""
        return max(self.row_offsets)

    def deciding_key(self, column: str) -> tuple[ForeignKey, int, str]:
        """The foreign key that provides the column's value, its row offset, and the parent column it reads.

        It is the one with the most columns. But if a longer one has all columns of another, it is that other one: a parent that no column
        picks from would not be created.
        """
        candidates = [(key, offset) for key, offset in zip(self.keys, self.row_offsets, strict=True) if column in key.columns]
        within = [candidate for candidate in candidates if self._is_within_longer(candidate[0])]
        key, offset = min(within, key=_width) if within else max(candidates, key=_width)
        return key, offset, key.referenced[key.columns.index(column)]

    def _is_within_longer(self, key: ForeignKey) -> bool:
        return any(set(key.columns) < set(other.columns) and key.parent != other.parent for other in self.keys)


def _width(candidate: tuple[ForeignKey, int]) -> int:
    return len(candidate[0].columns)


class OverlapUnsatisfiable(Exception):
    """Foreign keys share columns, and no row is certain to satisfy all of them."""

    def __init__(self, keys: tuple[ForeignKey, ...]) -> None:
        super().__init__(keys)
        self.keys = keys


def foreign_key_groups(keys: Sequence[ForeignKey], keys_of: KeysOf, compared: Iterable[Compared] = ()) -> tuple[ForeignKeyGroup, ...]:
    """Groups the foreign keys of a table that are filled; `keys` has none that references the table itself.

    OverlapUnsatisfiable names the keys that cannot all be filled.
    """
    deciding = [key for n, key in enumerate(keys) if not any(_is_implied_by(key, n, other, m, keys_of) for m, other in enumerate(keys))]
    groups = [_group(group, keys_of) for group in _group_overlapping(deciding)]
    return _merge_compared(groups, compared)


def _is_implied_by(key: ForeignKey, n: int, other: ForeignKey, m: int, keys_of: KeysOf) -> bool:
    """Whether `key` holds because `other` does. If each implies the other, the first one is kept."""
    if n == m or not implied(key, other, keys_of):
        return False
    return m < n or not implied(other, key, keys_of)


def implied(key: ForeignKey, other: ForeignKey, keys_of: KeysOf, depth: int = 16) -> bool:
    """Whether every row that satisfies `other` also satisfies `key`, because the parent row of `other` does."""
    if not set(key.columns) <= set(other.columns) or depth == 0:
        return False
    columns = tuple(other.referenced[other.columns.index(column)] for column in key.columns)
    if (other.parent, columns) == (key.parent, key.referenced):
        return True
    inherited = ForeignKey(name=key.name, columns=columns, parent=key.parent, referenced=key.referenced)
    return any(implied(inherited, next_key, keys_of, depth - 1) for next_key in keys_of(other.parent) if next_key.parent != other.parent)


def _group_overlapping(keys: Sequence[ForeignKey]) -> list[tuple[ForeignKey, ...]]:
    """Groups foreign keys that share columns, directly or through others."""
    groups: list[tuple[ForeignKey, ...]] = []
    for key in keys:
        touching = [group for group in groups if any(set(key.columns) & set(other.columns) for other in group)]
        groups = [group for group in groups if group not in touching]
        groups.append((*(other for group in touching for other in group), key))
    return groups


def _group(keys: tuple[ForeignKey, ...], keys_of: KeysOf) -> ForeignKeyGroup:
    shared = {column for n, key in enumerate(keys) for other in keys[:n] for column in set(key.columns) & set(other.columns)}
    sources = {column: [(k.parent, k.referenced[k.columns.index(column)]) for k in keys if column in k.columns] for column in shared}
    offsets = (0,) * len(keys)
    if all(len(set(nodes)) == 1 for nodes in sources.values()) and len({key.parent for key in keys}) == 1:
        return ForeignKeyGroup(keys=keys, row_offsets=offsets)
    aligned: set[str] = {key.parent for key in keys}
    for nodes in sources.values():
        aligned |= _tables_before_common([_ancestry(node, keys_of) for node in nodes], keys)
    return ForeignKeyGroup(keys=keys, row_offsets=offsets, lockstep_tables=frozenset(aligned))


def _ancestry(node: tuple[str, str], keys_of: KeysOf) -> list[tuple[str, str]]:
    """The chain of (table, column) from which a column's value comes: the parent's column, its parent's, and so on."""
    nodes = [node]
    while True:
        table, column = nodes[-1]
        keys = [key for key in keys_of(table) if column in key.columns and key.parent != table]
        if not keys:
            return nodes
        key = max(keys, key=lambda k: len(k.columns))
        next_key = (key.parent, key.referenced[key.columns.index(column)])
        if next_key in nodes:
            return nodes
        nodes.append(next_key)


def _tables_before_common(chains: list[list[tuple[str, str]]], keys: tuple[ForeignKey, ...]) -> set[str]:
    """The tables before the first column that all chains reach. OverlapUnsatisfiable: there is no such column."""
    common = next((node for node in chains[0] if all(node in chain for chain in chains)), None)
    if common is None:
        raise OverlapUnsatisfiable(keys)
    return {table for chain in chains for table, _ in chain[: chain.index(common)]}


def lockstep_foreign_keys(group: ForeignKeyGroup, keys_of: KeysOf) -> Iterator[tuple[str, str]]:
    """Yields (table, foreign key) for the keys that carry the shared columns in the lockstep tables: row i of each must pick row i."""
    waiting = [(key.parent, frozenset(key.referenced)) for key in group.keys]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        current = waiting.pop()
        table, columns = current
        if current in seen or table not in group.lockstep_tables:
            continue
        seen.add(current)
        for key in keys_of(table):
            if columns.intersection(key.columns) and key.parent != table:
                yield table, key.name
                waiting.append((key.parent, frozenset(key.referenced)))


def _merge_compared(groups: list[ForeignKeyGroup], compared: Iterable[Compared]) -> tuple[ForeignKeyGroup, ...]:
    """Merges single-column foreign keys to the same parent that a CHECK compares.

    If the columns must be equal, both pick the same row; otherwise the second picks the row after the first one's.
    """
    merged = list(groups)
    for comparison in compared:
        left = next((g for g in merged if _is_single(g, comparison.left)), None)
        right = next((g for g in merged if _is_single(g, comparison.right)), None)
        if left and right and left is not right and _referenced(left) == _referenced(right):
            offset = 0 if comparison.operator == "=" else 1
            merged = [group for group in merged if group not in (left, right)]
            merged.append(ForeignKeyGroup(keys=left.keys + right.keys, row_offsets=(0, offset)))
    return tuple(merged)


def _is_single(group: ForeignKeyGroup, column: str) -> bool:
    return len(group.keys) == 1 and group.keys[0].columns == (column,)


def _referenced(group: ForeignKeyGroup) -> tuple[str, tuple[str, ...]]:
    return group.keys[0].parent, group.keys[0].referenced
