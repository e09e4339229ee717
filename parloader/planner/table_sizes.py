"""Sizes: how many rows tables have compared with each other, by their names, columns and foreign keys.

Lookups and tenants have a few rows, however large the others are. All other tables have a weight: rows for each row of a table that hangs on
no other. A customer has weight 1, its orders 4, the items of these 12: so 5,000 customers have 20,000 orders with 60,000 items.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from math import ceil

from parloader.inference.table_kinds import TableKind, table_kind, words
from parloader.schema.model import ForeignKey, Schema

# Rows for each row of the parent on which a table hangs most
ROWS_PER_PARENT: Mapping[TableKind, Fraction] = {
    TableKind.FEW: Fraction(2),
    TableKind.ENTITY: Fraction(4),
    TableKind.LINE: Fraction(3),
    TableKind.LOG: Fraction(8),
    TableKind.ONE: Fraction(5, 4),
    TableKind.TWO: Fraction(3, 2),
    TableKind.JUNCTION: Fraction(3),
    TableKind.DETAIL: Fraction(1),
}

# The weight of a table that hangs on no other
ROOT_WEIGHT: Mapping[TableKind, Fraction] = {TableKind.FEW: Fraction(1, 10)}

# A chain of many tables would multiply to billions: from this weight on, tables get only a few more rows than their parent, …
MAX_STEEP_WEIGHT = Fraction(100)

FLAT_RATIO = Fraction(3, 2)

# … and from this one on, as many
MAX_WEIGHT = Fraction(5_000)

LOOKUP_ROWS = (6, 30)

TENANT_ROWS = (5, 15)

# Lookups with a usual number of rows, by the last word of their names
USUAL_ROWS = {
    **dict.fromkeys(("category", "topic", "tag", "brand", "skill", "diagnosis", "procedure", "port", "location"), 40),
    **dict.fromkeys(("country", "language", "locale", "timezone", "permission", "unit"), 25),
    **dict.fromkeys(("currency", "region", "department", "specialty", "speciality", "genre", "feature"), 12),
    **dict.fromkeys(("role", "status", "state", "type", "stage", "group", "carrier", "channel", "method", "class", "reason"), 7),
    **dict.fromkeys(("plan", "priority", "tier", "level", "severity", "gender"), 5),
}

# A table is a tenant if keys of several columns divide at least this many others by its rows
MIN_DIVIDED = 2

# A table without which another one has no rows gets at most this many for it …
MAX_PARENTS = 100_000

# … and the documents of which a table has the lines, this many
MAX_DOCUMENTS = 5_000_000

# No table gets more rows than this many times the largest one that has a requested number of rows
MAX_TIMES_REQUESTED = 50


@dataclass(frozen=True, kw_only=True)
class TableSizes:
    """How many rows the tables of a schema have compared with each other. Deterministic: the same schema gives the same sizes."""

    schema: Schema
    _weights: dict[str, Fraction | None] = field(default_factory=dict)  # known so far; None while it is being worked out
    _main_parents: dict[str, str | None] = field(default_factory=dict)

    @cached_property
    def kinds(self) -> Mapping[str, TableKind]:
        return {name: self._kind(name) for name in self.schema}

    def fixed(self, name: str) -> int | None:
        """The number of rows of a lookup or a tenant; None: the table has a weight."""
        match self.kinds.get(name, TableKind.ENTITY):
            case TableKind.LOOKUP:
                return USUAL_ROWS.get(_last_word(name)) or _between(LOOKUP_ROWS, name)
            case TableKind.TENANT:
                return _between(TENANT_ROWS, name)
        return None

    def weight(self, name: str) -> Fraction:
        """Rows of the table for each row of a table of weight 1."""
        known = self._weights.get(name, Fraction(0))
        if known:
            return known
        kind = self.kinds.get(name, TableKind.ENTITY)
        if name in self._weights:  # in a cycle
            return ROOT_WEIGHT.get(kind, Fraction(1))
        self._weights[name] = None
        main = self.main_parent(name)
        weight = ROOT_WEIGHT.get(kind, Fraction(1)) if main is None else self.weight(main) * ROWS_PER_PARENT[kind]
        if main is not None and weight > MAX_STEEP_WEIGHT:
            above = self.weight(main)
            weight = min(weight, max(MAX_STEEP_WEIGHT, above * FLAT_RATIO), max(MAX_WEIGHT, above))
        self._weights[name] = weight
        return weight

    def main_parent(self, name: str) -> str | None:
        """The table on whose rows most of its rows depend: of the foreign keys that are never NULL, the one to the table of the most rows."""
        if name not in self._main_parents:
            self._main_parents[name] = self._main_parent(name)
        return self._main_parents[name]

    def _main_parent(self, name: str) -> str | None:
        table = self.schema[name]
        keys = [key for key in table.foreign_keys if not key.within(name) and key.parent in self.schema and self.fixed(key.parent) is None]
        required = [key for key in keys if not any(table.column(column).nullable for column in key.columns)]
        required = required or [key for key in keys if not self._hangs_on(key.parent, name)]
        if not required or self.fixed(name) is not None:
            return None
        kind = self.kinds[name]
        if kind is TableKind.LINE and (document := self._document(name, required)):
            return document.parent
        if kind is TableKind.DETAIL:
            unique = [key for key in required if table.is_unique(key.columns)]
            required = unique or required
        return max(required, key=lambda key: self.weight(key.parent)).parent

    def _hangs_on(self, table: str, other: str) -> bool:
        """Whether the table references the other one, directly or through others."""
        found, waiting = {table}, [table]
        while waiting:
            above = {key.parent for key in self.schema[waiting.pop()].foreign_keys if key.parent in self.schema} - found
            found |= above
            waiting += sorted(above)
        return other in found

    def _document(self, name: str, keys: Iterable[ForeignKey]) -> ForeignKey | None:
        """The foreign key of lines to their document: it is part of a unique key, or the tables' names begin alike."""
        table, own = self.schema[name], words(name)
        for key in keys:
            numbered = [unique for unique in table.unique_keys if set(key.columns) < set(unique.columns)]
            if numbered or words(key.parent)[:1] == own[:1]:
                return key
        return None

    def _kind(self, name: str) -> TableKind:
        kind, table = table_kind(self.schema[name]), self.schema[name]
        if kind in (TableKind.ENTITY, TableKind.FEW) and self._divides_others(name):
            return TableKind.TENANT
        if kind in (TableKind.LOOKUP, TableKind.TENANT):
            required = [key for key in table.foreign_keys if not any(table.column(column).nullable for column in key.columns)]
            above = {key.parent for key in required if not key.within(name) and key.parent in self.schema}
            if any(table_kind(self.schema[parent]) not in (TableKind.LOOKUP, TableKind.TENANT) for parent in above):
                return TableKind.TWO
        if kind is TableKind.ONE and not any(self._is_document(key.parent) for key in table.foreign_keys):
            return TableKind.ENTITY
        return kind

    def _divides_others(self, name: str) -> bool:
        """Whether keys of several columns keep the rows of the table apart: (company_id, department_id), (company_id, employee_id)."""
        above = (key.parent for key in self.schema[name].foreign_keys if key.parent in self.schema and not key.within(name))
        if any(table_kind(self.schema[parent]) not in (TableKind.LOOKUP, TableKind.TENANT) for parent in above):
            return False
        return len(self._divided.get(name, ())) >= MIN_DIVIDED

    @cached_property
    def _divided(self) -> Mapping[str, set[str]]:
        """Table → those whose rows are referenced by a key of several columns, of which one leads to the table in the end."""
        found: dict[str, set[str]] = {}
        for table in self.schema.values():
            for key in table.foreign_keys:
                if len(key.columns) > 1 and key.parent in self.schema:
                    for column in key.referenced:
                        found.setdefault(self._origin(key.parent, column), set()).add(key.parent)
        return {name: divided - {name} for name, divided in found.items()}

    def _origin(self, name: str, column: str) -> str:
        """The table from which the values of a column come."""
        seen: set[tuple[str, str]] = set()
        while (name, column) not in seen:
            seen.add((name, column))
            for key in self.schema[name].foreign_keys:
                if column in key.columns and key.parent in self.schema and not key.within(name):
                    name, column = key.parent, key.referenced[key.columns.index(column)]
                    break
        return name

    def _is_document(self, name: str) -> bool:
        """Whether rows of the table are made for rows of others, as orders are for customers."""
        if name not in self.schema or table_kind(self.schema[name]) not in (TableKind.ENTITY, TableKind.ONE):
            return False
        above = {key.parent for key in self.schema[name].foreign_keys if not key.within(name) and key.parent in self.schema}
        return any(table_kind(self.schema[parent]) not in (TableKind.LOOKUP, TableKind.TENANT) for parent in above)

    def parents_for(self, parent: str, child: str, rows: int) -> int:
        """How many rows of the parent so many rows of its child suggest: at least 1, and no more than the child has."""
        fixed = self.fixed(parent)
        if fixed is None:
            weight = self.weight(child) if self.fixed(child) is None else Fraction(4)
            most = MAX_DOCUMENTS if self.kinds.get(child) is TableKind.LINE and self.main_parent(child) == parent else MAX_PARENTS
            ratio = min(Fraction(1), self.weight(parent) / weight)
            if ratio == 1 and weight > MAX_STEEP_WEIGHT:  # deep in a chain, where weights no longer differ
                ratio = 1 / ROWS_PER_PARENT.get(self.kinds.get(child, TableKind.ENTITY), Fraction(1))
            fixed = min(most, ceil(rows * ratio))
        return max(1, min(fixed, rows))

    def reason(self, name: str) -> str:
        """Why the table has its size, for a note."""
        match self.kinds.get(name):
            case TableKind.LOOKUP:
                return "a lookup table"
            case TableKind.TENANT:
                return "a few, to which other rows belong"
        main = self.main_parent(name)
        if main is None:
            return "in proportion to the other tables"
        ratio = self.weight(name) / self.weight(main)
        return f"{round(float(ratio), 2):g} for each row of {main}"

    def of_database(self, names: Iterable[str], requested: Mapping[str, int], largest: int) -> dict[str, int]:
        """The rows of all these tables: as `requested`, and the others in proportion; without a request, the largest one has `largest`."""
        tables = [name for name in names if self.fixed(name) is None]
        scales = {
            name: Fraction(rows) / self.weight(name) for name, rows in requested.items() if name in self.schema and self.fixed(name) is None
        }
        limit = max(requested.values(), default=largest) * (MAX_TIMES_REQUESTED if scales else 1)
        usual = max(scales.values(), default=Fraction(limit) / max((self.weight(name) for name in tables), default=Fraction(1)))
        for name in scales.copy():  # tables on which a requested one depends
            above = self.main_parent(name)
            while above is not None and above not in scales:
                scales[above] = scales[name]
                above = self.main_parent(above)

        def scale(name: str, below: tuple[str, ...] = ()) -> Fraction:
            main = self.main_parent(name)
            if name not in scales:
                scales[name] = usual if main is None or main in below else scale(main, (*below, name))
            return scales[name]

        sizes = {name: max(1, min(limit, round(self.weight(name) * scale(name)))) for name in tables}
        fixed = {name: rows for name in names if (rows := self.fixed(name)) is not None}
        return {**sizes, **fixed, **{name: rows for name, rows in requested.items() if name in sizes or name in fixed}}


def _last_word(name: str) -> str:
    return words(name)[-1] if words(name) else ""


def _between(ends: tuple[int, int], name: str) -> int:
    """A number that depends on the name alone."""
    low, high = ends
    return low + int.from_bytes(sha256(name.encode()).digest()[:4], "big") % (high - low + 1)
