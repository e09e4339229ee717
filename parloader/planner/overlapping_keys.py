"""Foreign keys that have columns in common, or are compared with one another, and so must pick together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from parloader.schema.checks.predicates import Compared
from parloader.schema.model import ForeignKey

KeysOf: TypeAlias = Callable[[str], Sequence[ForeignKey]]
"""The foreign keys of a table that are filled."""


@dataclass(frozen=True, kw_only=True)
class ForeignKeyGroup:
    """Foreign keys that pick rows of one number: each a row `shifts` further on in its parent.

    `aligned`: tables that must have equally many rows, all new, of which those of one number agree in the columns that are shared;
    none where the keys have a single parent.
    """

    keys: tuple[ForeignKey, ...]
    row_offsets: tuple[int, ...]
    lockstep_tables: frozenset[str] = frozenset()

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
        """How many rows more than it has numbers a parent must have."""
        return max(self.row_offsets)

    def deciding_key(self, column: str) -> tuple[ForeignKey, int, str]:
        """The key that decides the column, its shift, and which column of its parent it is."""
        key, shift = max(
            ((key, shift) for key, shift in zip(self.keys, self.row_offsets, strict=True) if column in key.columns),
            key=lambda found: len(found[0].columns),
        )
        return key, shift, key.referenced[key.columns.index(column)]


class OverlapUnsatisfiable(Exception):
    """The foreign keys have columns in common, and it cannot be seen to that all of them find a parent."""

    def __init__(self, keys: tuple[ForeignKey, ...]) -> None:
        super().__init__(keys)
        self.keys = keys


def foreign_key_groups(keys: Sequence[ForeignKey], keys_of: KeysOf, compared: Iterable[Compared] = ()) -> tuple[ForeignKeyGroup, ...]:
    """The units of a table whose foreign keys `keys` (none to the table itself) are filled. Clash says which cannot all be."""
    deciding = [key for n, key in enumerate(keys) if not any(_is_implied_by(key, n, other, m, keys_of) for m, other in enumerate(keys))]
    found = [_group(group, keys_of) for group in _group_overlapping(deciding)]
    return _compared_together(found, compared)


def _is_implied_by(key: ForeignKey, n: int, other: ForeignKey, m: int, keys_of: KeysOf) -> bool:
    """Whether `other` sees to it that `key` finds its parent; of two that do so for each other the first one stays."""
    if n == m or not implied(key, other, keys_of):
        return False
    return m < n or not implied(other, key, keys_of)


def implied(key: ForeignKey, other: ForeignKey, keys_of: KeysOf, depth: int = 16) -> bool:
    """Whether a row that meets `other` also meets `key`, because the parent's row does."""
    if not set(key.columns) <= set(other.columns) or depth == 0:
        return False
    columns = tuple(other.referenced[other.columns.index(column)] for column in key.columns)
    if (other.parent, columns) == (key.parent, key.referenced):
        return True
    inherited = ForeignKey(name=key.name, columns=columns, parent=key.parent, referenced=key.referenced)
    return any(implied(inherited, further, keys_of, depth - 1) for further in keys_of(other.parent) if further.parent != other.parent)


def _group_overlapping(keys: Sequence[ForeignKey]) -> list[tuple[ForeignKey, ...]]:
    """Those that have columns in common, directly or through others."""
    groups: list[tuple[ForeignKey, ...]] = []
    for key in keys:
        touching = [group for group in groups if any(set(key.columns) & set(other.columns) for other in group)]
        groups = [group for group in groups if group not in touching]
        groups.append((*(other for group in touching for other in group), key))
    return groups


def _group(keys: tuple[ForeignKey, ...], keys_of: KeysOf) -> ForeignKeyGroup:
    shared = {column for n, key in enumerate(keys) for other in keys[:n] for column in set(key.columns) & set(other.columns)}
    sources = {column: [(k.parent, k.referenced[k.columns.index(column)]) for k in keys if column in k.columns] for column in shared}
    shifts = (0,) * len(keys)
    if all(len(set(nodes)) == 1 for nodes in sources.values()) and len({key.parent for key in keys}) == 1:
        return ForeignKeyGroup(keys=keys, row_offsets=shifts)
    aligned: set[str] = {key.parent for key in keys}
    for nodes in sources.values():
        aligned |= _tables_before_common([_ancestry(node, keys_of) for node in nodes], keys)
    return ForeignKeyGroup(keys=keys, row_offsets=shifts, lockstep_tables=frozenset(aligned))


def _ancestry(node: tuple[str, str], keys_of: KeysOf) -> list[tuple[str, str]]:
    """Where a column's value comes from: the parent's column, its parent's, and so on."""
    nodes = [node]
    while True:
        table, column = nodes[-1]
        keys = [key for key in keys_of(table) if column in key.columns and key.parent != table]
        if not keys:
            return nodes
        key = max(keys, key=lambda k: len(k.columns))
        further = (key.parent, key.referenced[key.columns.index(column)])
        if further in nodes:
            return nodes
        nodes.append(further)


def _tables_before_common(chains: list[list[tuple[str, str]]], keys: tuple[ForeignKey, ...]) -> set[str]:
    """The tables before the first column that all chains come to. Clash: there is none."""
    common = next((node for node in chains[0] if all(node in chain for chain in chains)), None)
    if common is None:
        raise OverlapUnsatisfiable(keys)
    return {table for chain in chains for table, _ in chain[: chain.index(common)]}


def lockstep_foreign_keys(unit: ForeignKeyGroup, keys_of: KeysOf) -> Iterator[tuple[str, str]]:
    """(table, foreign key) of the aligned tables by which the shared columns get their values: each row picks the one of its own number."""
    waiting = [(key.parent, frozenset(key.referenced)) for key in unit.keys]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        at = waiting.pop()
        table, columns = at
        if at in seen or table not in unit.lockstep_tables:
            continue
        seen.add(at)
        for key in keys_of(table):
            if columns.intersection(key.columns) and key.parent != table:
                yield table, key.name
                waiting.append((key.parent, frozenset(key.referenced)))


def _compared_together(found: list[ForeignKeyGroup], compared: Iterable[Compared]) -> tuple[ForeignKeyGroup, ...]:
    """A column that must be less than, or other than, another one picks the row before it; equal ones pick the same row."""
    together = list(found)
    for comparison in compared:
        left = next((u for u in together if _is_single(u, comparison.left)), None)
        right = next((u for u in together if _is_single(u, comparison.right)), None)
        if left and right and left is not right and _referenced(left) == _referenced(right):
            shift = 0 if comparison.operator == "=" else 1
            together = [unit for unit in together if unit not in (left, right)]
            together.append(ForeignKeyGroup(keys=left.keys + right.keys, row_offsets=(0, shift)))
    return tuple(together)


def _is_single(unit: ForeignKeyGroup, column: str) -> bool:
    return len(unit.keys) == 1 and unit.keys[0].columns == (column,)


def _referenced(unit: ForeignKeyGroup) -> tuple[str, tuple[str, ...]]:
    return unit.keys[0].parent, unit.keys[0].referenced
