"""A run as the ledger records it: its plan, its tables' rows and keys, and its committed batches."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parloader.plans.model import Pass, Plan
from parloader.plans.row_ranges import IndexRange, RowAllocation, gaps

MODELS_PARAMETER = "models"
"""The parameter that names the models (package.module:NAME) whose tables a plan fills."""

IGNORED_PARAMETERS = frozenset({"file", MODELS_PARAMETER})
"""Parameters that tell where a plan came from, not which plan it is."""


@dataclass(frozen=True, kw_only=True)
class TableEntry:
    """A table of a run."""

    name: str
    key: str | None  # the integer key column whose keys the run assigns
    rows: RowAllocation
    counter_before: int | None = None  # AUTO_INCREMENT before the run reserved keys; None: the table has none, or the run reserved none
    counter_after: int | None = None  # AUTO_INCREMENT after that
    types: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict
    )  # see schema/recorded_types.py; empty in ledgers of earlier versions


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run as the ledger records it."""

    run_id: int
    plan: Plan  # complete, as it was when the run began
    started_at: str  # UTC, ISO 8601
    tables: tuple[TableEntry, ...]  # in dependency order
    done: Mapping[str, tuple[IndexRange, ...]]  # pass name (see pass_name) → committed index ranges

    @property
    def target(self) -> str:
        return self.plan.target.name

    @property
    def parameters(self) -> Mapping[str, str]:
        return self.plan.parameters

    @property
    def partitioned(self) -> tuple[TableEntry, ...]:
        """The tables that workers load, in dependency order."""
        return tuple(self.table(table.name) for table in self.plan.partitioned)

    @property
    def work(self) -> tuple[tuple[str, Pass], ...]:
        """The work of the workers: (table, pass) in order."""
        inserted = ((table.name, Pass.FIRST) for table in self.plan.partitioned)
        return (*inserted, *((table.name, Pass.SECOND) for table in self.plan.with_deferred_columns))

    @property
    def total_rows(self) -> int:
        """The rows that workers write in all. A row with deferred columns counts twice."""
        return sum(self.table(table).rows.new_rows for table, _ in self.work)

    @property
    def done_rows(self) -> int:
        """The rows of `total_rows` that are committed."""
        return sum(part.rows for table, of in self.work for part in self.done_by_pass(table, of))

    def done_by_pass(self, table: str, of: Pass) -> tuple[IndexRange, ...]:
        """The index ranges of the table that the pass has committed."""
        return self.done.get(pass_name(table, of), ())

    def gaps(self, table: str, of: Pass = Pass.FIRST) -> tuple[IndexRange, ...]:
        """The index ranges of the table that the pass has yet to commit."""
        return tuple(gap for part in self.table(table).rows.new for gap in gaps(part, self.done_by_pass(table, of)))

    @property
    def complete(self) -> bool:
        return not any(self.gaps(table, of) for table, of in self.work)

    @property
    def rows(self) -> dict[str, RowAllocation]:
        return {entry.name: entry.rows for entry in self.tables}

    @property
    def reused_tables(self) -> frozenset[str]:
        """The tables in which the run creates no row."""
        return frozenset(entry.name for entry in self.tables if not entry.rows.new)

    def table(self, name: str) -> TableEntry:
        """KeyError: the run has no such table."""
        for entry in self.tables:
            if entry.name == name:
                return entry
        raise KeyError(name)  # a StopIteration would only end a map() that calls this

    def key_ranges(self, table: str, of: Pass = Pass.FIRST) -> tuple[tuple[int, int], ...]:
        """The keys of the rows that the pass has written, as (first, last) pairs; none if the run assigns no keys."""
        keys = self.table(table).rows.keys
        return tuple(r for done in self.done_by_pass(table, of) for r in keys.ranges(done)) if keys else ()

    @property
    def requested_tables(self) -> tuple[str, ...]:
        """The tables that the user asked for by name; the target, if by a plan file; of an entire database, those with rows of this run."""
        names = requested_tables(self.plan)
        return tuple(name for name in names if name not in self.reused_tables) if is_of_database(self.plan) else names

    def is_of(self, plan: Plan) -> bool:
        """Whether it is a run of the plan, which need not be complete."""

        def requested(of: Plan) -> tuple[object, ...]:
            parameters = {name: value for name, value in of.parameters.items() if name not in IGNORED_PARAMETERS}
            target = ("", 0) if is_of_database(of) else (of.target.name, "counted" if of.target.counted else of.target.rows)
            return of.name, *target, of.seed, parameters

        return requested(self.plan) == requested(plan)


TABLE_PARAMETER = "table"
"""The parameter that lists the tables given by name, separated by commas. Only a single one may have a comma in its name."""

RULES_PARAMETER = "column_rules"
"""The parameter with the user's rules for columns (plans/documents/rule_document.py)."""

ALL_PARAMETER = "all"
"""The parameter of a plan for all tables of the database."""


def is_of_database(plan: Plan) -> bool:
    """Whether it is a plan for all tables of the database. The schema and the existing rows decide about its target and the rows of its tables."""
    return ALL_PARAMETER in plan.parameters


def requested_tables(plan: Plan) -> tuple[str, ...]:
    """The tables of TABLE_PARAMETER, the target first; all tables, if the plan is for all; the target alone, if it has no such parameter."""
    if is_of_database(plan):
        return tuple(table.name for table in plan.tables)
    text = plan.parameters.get(TABLE_PARAMETER, plan.target.name)
    return (text,) if text == plan.target.name else tuple(text.split(","))


MAX_NAME_CHARACTERS = 64

# Occurs in no table name: neither server allows characters beyond U+FFFF there (MySQL manual "Schema Object Names")
SECOND_PASS_MARK = "\N{MATHEMATICAL MONOSPACE DIGIT TWO}"


def pass_name(table: str, of: Pass) -> str:
    """The table name of a pass's batches in the ledger: unique per table and pass (see also batch_name)."""
    if of is Pass.FIRST:
        return table
    if len(SECOND_PASS_MARK + table) < MAX_NAME_CHARACTERS:
        return SECOND_PASS_MARK + table
    return SECOND_PASS_MARK + _shortened(table, MAX_NAME_CHARACTERS - len(SECOND_PASS_MARK))


def batch_name(name: str) -> str:
    """A name of pass_name as the ledger's batches have it, whose key holds 64 characters; only those of tables of other databases can be longer."""
    return name if len(name) <= MAX_NAME_CHARACTERS else _shortened(name, MAX_NAME_CHARACTERS)


def _shortened(name: str, characters: int) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()[: MAX_NAME_CHARACTERS // 2]
    return name[: characters - len(digest)] + digest
