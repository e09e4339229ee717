"""Table drafts: what is known about a generated table before its rows are counted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parloader.inference.unique_by_case import unique_by_case
from parloader.planner.check_cases import CheckCase, allows_any_positive_integer, compared_columns, derived_columns
from parloader.planner.overlapping_keys import ForeignKeyGroup
from parloader.planner.request import NotFillable, PlanningRequest, listed
from parloader.plans.generators import Const, Distribution, Generator, Pick, Sequence, Unique
from parloader.plans.unique import capacity
from parloader.quantities import counted
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema, ColumnType, ForeignKey, TableSchema, UniqueKey


@dataclass(frozen=True, kw_only=True)
class TableDraft:
    """A table to be filled, with the kind of generator that each column gets."""

    schema: TableSchema
    given: Mapping[str, Generator]  # columns with a generator from the plan
    key: str | None  # the column whose keys the run assigns
    identity: tuple[str, ...]  # the columns by which a row is found again if `key` is None
    groups: tuple[ForeignKeyGroup, ...]  # the filled foreign keys to other tables
    self_references: tuple[ForeignKey, ...]  # the filled foreign keys to the table itself
    rooted: tuple[ForeignKey, ...]  # those of them that cannot be NULL
    lockstep_groups: frozenset[str]  # the names of the groups in which row i must pick parent row i
    null_columns: frozenset[str]  # columns that are NULL because their foreign key is not filled
    never_null: frozenset[str]  # columns that other tables reference
    null_keys: frozenset[str]  # the names of unique keys of expressions of which the cases make one NULL
    cases: tuple[CheckCase, ...]
    alternatives: tuple[CheckCase, ...]  # all ways in which a row satisfies the CHECKs, of which `cases` are some
    kinds: int  # of rows, to which the cases belong in turn (CheckCases.kinds)
    unanalysed: frozenset[str]  # columns of CHECKs that are only tested on a sample
    fill_all: bool  # fill each column, not only those that an INSERT needs
    new_parents: frozenset[str]  # parents of which no existing row is used
    distinct_columns: frozenset[str] = frozenset()  # columns in which other tables need all rows to differ

    @property
    def name(self) -> str:
        return self.schema.name

    @property
    def keys(self) -> tuple[UniqueKey, ...]:
        """The unique keys to solve, without those of which the plan gives every column."""
        wanted = (key for key in self.schema.unique_keys if key.expressions or not set(key.columns) <= self.given.keys())
        return tuple(key for key in wanted if key.name not in self.null_keys)

    def has_expressions(self, key: UniqueKey) -> bool:
        """Whether the key has functional key parts or generated columns."""
        return bool(key.expressions) or any(self.schema.column(column).expression for column in key.columns)

    def is_doubtful(self, key: UniqueKey) -> bool:
        """Whether parts of the key are expressions, generated columns or given columns, so that it may hold by itself."""
        return bool(key.expressions) or any(column in self.given or self.schema.column(column).generated for column in key.columns)

    def group_of(self, column: str) -> ForeignKeyGroup | None:
        return next((group for group in self.groups if column in group.columns), None)

    def self_reference_of(self, column: str) -> ForeignKey | None:
        """The foreign key to the table itself that contains the column."""
        return next((key for key in self.self_references if column in key.columns), None)

    @property
    def shared_columns(self) -> frozenset[str]:
        """The columns that have one value in all rows, because a row and the row of this table that it references agree in them."""
        return frozenset[str]().union(*(key.shared for key in self.self_references))

    def is_null(self, column: str) -> bool:
        """Whether the column is NULL in all rows: its foreign key is not filled, or its default NULL is used."""
        table_schema = self.schema.column(column)
        if column in self.null_columns:
            return True
        if column in self.given:
            return self.given[column] == Const(value=None)
        always = all(case.domain(column).null is True for case in self.cases)
        return table_schema.nullable and (
            always or (table_schema.default is None and not table_schema.generated and not self.is_filled(column))
        )

    def is_filled(self, column: str) -> bool:
        """Whether the column gets a generator for a reason other than unique keys."""
        table_schema = self.schema.column(column)
        if table_schema.generated or column in self.given or column == self.key:
            return False
        required = table_schema.requires_value or column in self.identity or column in self.never_null
        bound = self.group_of(column) is not None or self.self_reference_of(column) is not None
        return self.fill_all or required or bound or (table_schema.nullable and any(case.requires(column) for case in self.cases))

    def is_open(self, column: str) -> bool:
        """Whether the column may get any generator that its type allows."""
        taken = column in self.given or column in self.null_columns or column == self.key or self.schema.column(column).generated
        bound = self.group_of(column) is not None or self.self_reference_of(column) is not None
        return not (taken or bound) and column not in derived_columns(self.cases)

    def may_be_null(self, column: str) -> bool:
        """Whether the column may be NULL in a row."""
        table_schema = self.schema.column(column)
        fixed = column in self.given or column in self.never_null or table_schema.generated or column == self.key
        return table_schema.nullable and not fixed and not any(case.requires(column) for case in self.cases)

    def common_domain(self, column: str) -> Domain | None:
        """The column's domain, if all cases agree on it; None if they differ."""
        domains = {replace(case.domain(column), null=None) for case in self.cases if case.domain(column).null is not True}
        if not domains:
            return None
        if len(domains) > 1:
            return None
        return domains.pop()

    def has_one_value(self, column: str) -> bool:
        """Whether the CHECKs allow one value of the column only, such as the discriminator of a subtype."""
        domain = self.common_domain(column)
        return domain is not None and domain.values is not None and len(domain.values) == 1

    def unique(self, column: str) -> tuple[Unique, ...] | None:
        """For each case a generator of distinct values for the column. None: parloader knows none."""
        by_case = [None if case.domain(column).null is True else replace(case.domain(column), null=None) for case in self.cases]
        some = next((domain for domain in by_case if domain is not None), None)
        if some is None:
            return None
        return unique_by_case(self.schema.column(column), tuple(domain or some for domain in by_case), self.prefix(column))

    def distinct_values(self, column: str) -> int:
        """How many rows can differ in the column, whichever values its unique keys give to others; 0: parloader knows none."""
        uniques = self.unique(column) if self.is_open(column) and self.schema.row_key else None
        return min(map(capacity, uniques)) if uniques else 0

    def prefix(self, column: str) -> int | None:
        """The shortest prefix, in characters, with which the column is part of a unique key. None: the keys use all of it."""
        keys = [key for key in self.schema.unique_keys if column in key.columns and key.prefixes]
        counted = [prefix for key in keys if (prefix := key.prefixes[key.columns.index(column)]) is not None]
        return min(counted, default=None)

    def is_distinct(self, column: str) -> bool:
        """Whether the plan's own generator differs in each row."""
        generator = self.given.get(column)
        return isinstance(generator, Unique) or (isinstance(generator, Sequence) and generator.count is None and generator.every == 1)


def integer_key(table_schema: TableSchema) -> str | None:
    """The column of a primary key that is a single integer column."""
    key = table_schema.primary_key
    if key is None or len(key.columns) != 1 or key.expressions:
        return None
    column = table_schema.column(key.columns[0])
    return column.name if column.kind is ColumnType.INTEGER and not column.generated else None


def assignable_key(table_schema: TableSchema, cases: tuple[CheckCase, ...], given: Mapping[str, Generator]) -> str | None:
    """The column whose keys a run can assign: an integer primary key that no foreign key or CHECK restricts."""
    name = integer_key(table_schema)
    if name is None or name in given or any(name in foreign.columns for foreign in table_schema.foreign_keys):
        return None
    restricted = any(not allows_any_positive_integer(case.domain(name)) or name in compared_columns(case) for case in cases)
    return None if restricted else name


def full_key(request: PlanningRequest, table: str, key: ColumnSchema) -> str:
    """Why a key that the run assigns has too few values."""
    existing = request.existing_rows(table)
    used = f", of which {existing:,} {'is' if existing == 1 else 'are'} used already" if existing else ""
    above = " above 0" if key.min_value < 0 else ""
    return f"{table}.{key.name} holds only {counted(key.max_key, 'value')}{above}{used}"


def row_key_columns(table_schema: TableSchema, key: str | None) -> tuple[str, ...]:
    """The columns by which a row is found again if the run does not assign its key."""
    found = table_schema.row_key
    return found.columns if key is None and found else ()


def columns_left_null(
    table_schema: TableSchema, filled: tuple[ForeignKey, ...], given: Mapping[str, Generator], never_null: frozenset[str]
) -> frozenset[str]:
    """Chooses a column to leave NULL in each foreign key that is not filled. NotFillable: none of its columns may be NULL."""
    bound = {column for key in filled for column in key.columns}
    null: set[str] = set()
    for key in table_schema.foreign_keys:
        columns = [table_schema.column(column) for column in key.columns]
        if key in filled or any(c.generated or c.name in given for c in columns):
            continue
        possible = [c.name for c in columns if c.nullable and c.name not in bound and c.name not in never_null]
        if not possible:
            raise NotFillable(
                table_schema.name,
                f"its foreign key {key.name} cannot be filled, and its columns {listed(key.columns)} cannot be NULL or are used by other foreign keys",
                "Give these columns a generator in a plan file",
            )
        null.add(possible[-1])
    return frozenset(null)


def complete_partial_keys(request: PlanningRequest, table_schema: TableSchema) -> dict[str, Generator]:
    """The plan's generators, completed for foreign keys of which it gives a part: the other columns pick from the same parent row."""
    given = {name: g for name, g in request.given(table_schema.name).items() if any(c.name == name for c in table_schema.columns)}
    for key in table_schema.foreign_keys:
        lacking = [column for column in key.columns if column not in given]
        if not lacking or len(lacking) == len(key.columns):
            continue
        pick = next((given[column] for column in key.columns if column in given), None)
        for column in lacking:
            if isinstance(pick, Pick) and pick.parent == key.parent and _picks_alike(pick):
                given[column] = replace(pick, column=key.referenced[key.columns.index(column)])
            elif table_schema.column(column).nullable:
                given[column] = Const(value=None)
            else:
                raise NotFillable(
                    table_schema.name,
                    f"the plan gives only a part of the foreign key {key.name}: {column} is missing",
                    f"Give {listed(key.columns)} as picks of {key.parent} with the same group",
                )
    return given


def _picks_alike(pick: Pick) -> bool:
    """Whether another column with the same pick reads the same parent row."""
    return pick.group is not None or pick.index is not None or pick.distribution is Distribution.CYCLE
