"""What is known of a table before its rows are counted: which columns get what kind of generator."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parloader.planner.check_cases import CheckCase, allows_any_positive_integer, compared_columns, derived_columns
from parloader.planner.overlapping_keys import ForeignKeyGroup
from parloader.planner.request import NotFillable, PlanningRequest, listed
from parloader.plans.generators import Const, Distribution, Generator, Pick, Sequence, Unique
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnType, ForeignKey, TableSchema, UniqueKey


@dataclass(frozen=True, kw_only=True)
class TableDraft:
    """`given`: the columns that have a generator already. `key`: the column that a run numbers. `units` and `to_itself`: the foreign keys
    that are filled; `in_step`: the names of those units whose rows must follow the table's own numbers. `null`: the columns of foreign keys
    that are not filled. `never_null`: columns that others point to. `everything`: each column is filled, not only those that must be.
    `empty_parents`: parents without a row.
    """

    schema: TableSchema
    given: Mapping[str, Generator]
    key: str | None
    identity: tuple[str, ...]
    groups: tuple[ForeignKeyGroup, ...]
    self_references: tuple[ForeignKey, ...]
    lockstep_groups: frozenset[str]
    null_columns: frozenset[str]
    never_null: frozenset[str]
    cases: tuple[CheckCase, ...]
    fill_all: bool
    empty_parents: frozenset[str]

    @property
    def name(self) -> str:
        return self.schema.name

    @property
    def keys(self) -> tuple[UniqueKey, ...]:
        """The unique keys that are not the plan's own matter."""
        return tuple(key for key in self.schema.unique_keys if key.columns and not set(key.columns) <= self.given.keys())

    def is_doubtful(self, key: UniqueKey) -> bool:
        """Whether parts of the key are not made here, so that it may hold without anything being done for it."""
        return key.expressions or any(column in self.given or self.schema.column(column).generated for column in key.columns)

    def group_of(self, column: str) -> ForeignKeyGroup | None:
        return next((unit for unit in self.groups if column in unit.columns), None)

    def self_reference_of(self, column: str) -> ForeignKey | None:
        """The foreign key to the table itself that the column is of."""
        return next((key for key in self.self_references if column in key.columns), None)

    def is_null(self, column: str) -> bool:
        """Whether the column is NULL in all rows: it is in a foreign key that is not filled, or it is left to a default that is NULL."""
        shape = self.schema.column(column)
        if column in self.null_columns:
            return True
        if column in self.given:
            return self.given[column] == Const(value=None)
        always = all(case.domain(column).null is True for case in self.cases)
        return shape.nullable and (always or (shape.default is None and not shape.generated and not self.is_filled(column)))

    def is_filled(self, column: str) -> bool:
        """Whether the column gets a generator, for whatever reason but that of unique keys."""
        shape = self.schema.column(column)
        if shape.generated or column in self.given or column == self.key:
            return False
        demanded = shape.requires_value or column in self.identity or column in self.never_null
        bound = self.group_of(column) is not None or self.self_reference_of(column) is not None
        return self.fill_all or demanded or bound or (shape.nullable and any(case.requires(column) for case in self.cases))

    def is_open(self, column: str) -> bool:
        """Whether the column can have whatever generator its type allows."""
        taken = column in self.given or column in self.null_columns or column == self.key or self.schema.column(column).generated
        bound = self.group_of(column) is not None or self.self_reference_of(column) is not None
        return not (taken or bound) and column not in derived_columns(self.cases)

    def may_be_null(self, column: str) -> bool:
        """Whether a row can have NULL there."""
        shape = self.schema.column(column)
        fixed = column in self.given or column in self.never_null or shape.generated or column == self.key
        return shape.nullable and not fixed and not any(case.requires(column) for case in self.cases)

    def common_domain(self, column: str) -> Domain | None:
        """What all cases say of the column's values alike; None where they say different things."""
        domains = {replace(case.domain(column), null=None) for case in self.cases if case.domain(column).null is not True}
        if not domains:
            return None
        if len(domains) > 1:
            return None
        return domains.pop()

    def prefix(self, column: str) -> int | None:
        """How many characters of the column count, at least, in the keys that it is part of; None: all."""
        keys = [key for key in self.schema.unique_keys if column in key.columns and key.prefixes]
        counted = [prefix for key in keys if (prefix := key.prefixes[key.columns.index(column)]) is not None]
        return min(counted, default=None)

    def is_distinct(self, column: str) -> bool:
        """Whether the plan itself gives each row another value."""
        generator = self.given.get(column)
        return isinstance(generator, Unique) or (isinstance(generator, Sequence) and generator.count is None and generator.every == 1)


def integer_key(shape: TableSchema) -> str | None:
    """The column that alone is the primary key, where it is an integer."""
    key = shape.primary_key
    if key is None or len(key.columns) != 1 or key.expressions:
        return None
    column = shape.column(key.columns[0])
    return column.name if column.kind is ColumnType.INTEGER and not column.generated else None


def assignable_key(shape: TableSchema, cases: tuple[CheckCase, ...], given: Mapping[str, Generator]) -> str | None:
    """The column whose numbers a run can assign: an integer primary key of its own that nothing restricts."""
    name = integer_key(shape)
    if name is None or name in given or any(name in foreign.columns for foreign in shape.foreign_keys):
        return None
    restricted = any(not allows_any_positive_integer(case.domain(name)) or name in compared_columns(case) for case in cases)
    return None if restricted else name


def row_key_columns(shape: TableSchema, key: str | None) -> tuple[str, ...]:
    """The columns by which a row is found again where no run numbers it."""
    found = shape.row_key
    return found.columns if key is None and found else ()


def columns_left_null(
    shape: TableSchema, filled: tuple[ForeignKey, ...], given: Mapping[str, Generator], never_null: frozenset[str]
) -> frozenset[str]:
    """For each foreign key that is not filled a column that is NULL instead. CannotBeMade where there is none."""
    bound = {column for key in filled for column in key.columns}
    null: set[str] = set()
    for key in shape.foreign_keys:
        columns = [shape.column(column) for column in key.columns]
        if key in filled or any(c.generated or c.name in given for c in columns):
            continue
        possible = [c.name for c in columns if c.nullable and c.name not in bound and c.name not in never_null]
        if not possible:
            raise NotFillable(
                shape.name,
                f"its foreign key {key.name} cannot be filled, and its columns {listed(key.columns)} are needed by others",
                "Give these columns in a plan file",
            )
        null.add(possible[-1])
    return frozenset(null)


def complete_partial_keys(question: PlanningRequest, shape: TableSchema) -> dict[str, Generator]:
    """What the plan gives, and the rest of the foreign keys of which it gives a part: the same row's other columns."""
    given = {name: g for name, g in question.given(shape.name).items() if any(c.name == name for c in shape.columns)}
    for key in shape.foreign_keys:
        lacking = [column for column in key.columns if column not in given]
        if not lacking or len(lacking) == len(key.columns):
            continue
        pick = next((given[column] for column in key.columns if column in given), None)
        for column in lacking:
            if isinstance(pick, Pick) and pick.parent == key.parent and _picks_alike(pick):
                given[column] = replace(pick, column=key.referenced[key.columns.index(column)])
            elif shape.column(column).nullable:
                given[column] = Const(value=None)
            else:
                raise NotFillable(
                    shape.name,
                    f"the plan gives a part of the foreign key {key.name} only: {column} lacks",
                    f"Give {listed(key.columns)} as picks of {key.parent} with the same group",
                )
    return given


def _picks_alike(pick: Pick) -> bool:
    """Whether another column with the same pick has the same row."""
    return pick.group is not None or pick.index is not None or pick.distribution is Distribution.CYCLE
