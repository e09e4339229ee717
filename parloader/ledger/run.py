"""parloader's own tables in the target database: which runs there are, which key each row has, which batches are committed.

parloader_run     one row a run: the plan, as it was worked out when the run began, so that its rows can be made again whatever becomes of the schema
parloader_table   one row a run and table: which of its rows are made and which were there, their keys, and the AUTO_INCREMENT counter before;
                  those of a run that has ended stay until the counters are put back
parloader_batch   one row a committed batch, written in the same transaction as the batch's rows: these rows are ours, no others are;
                  those of a second pass, in which columns of these rows are set, under a name of their own (plans/passes.py)
parloader_control who is at work (database/control.py)
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from parloader.plans.model import Pass, Plan
from parloader.plans.row_ranges import IndexRange, RowAllocation, gaps

IGNORED_PARAMETERS = frozenset({"file"})
"""Parameters of a plan that do not say which plan it is, but where it came from."""


@dataclass(frozen=True, kw_only=True)
class TableEntry:
    """A table of a run. The counters: its AUTO_INCREMENT before and after the run took keys; None where it took none, or has none."""

    name: str
    key: str | None
    rows: RowAllocation
    counter_before: int | None = None
    counter_after: int | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run as the ledger has it: `plan` as it was worked out, `tables` in dependency order, `done` the committed index ranges by the name of
    the pass (plans/passes.py)."""

    run_id: int
    plan: Plan
    started_at: str
    tables: tuple[TableEntry, ...]
    done: Mapping[str, tuple[IndexRange, ...]]

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
        """What workers do: (table, pass), in this order."""
        inserted = ((table.name, Pass.FIRST) for table in self.plan.partitioned)
        return (*inserted, *((table.name, Pass.SECOND) for table in self.plan.with_deferred_columns))

    @property
    def total_rows(self) -> int:
        """What workers have to write in all: a row twice where columns of it are set later."""
        return sum(self.table(table).rows.new_rows for table, _ in self.work)

    @property
    def done_rows(self) -> int:
        """What of it is done."""
        return sum(p.rows for table, of in self.work for p in self.done_by_pass(table, of))

    def done_by_pass(self, table: str, of: Pass) -> tuple[IndexRange, ...]:
        """The rows of the table that the pass has committed."""
        return self.done.get(pass_name(table, of), ())

    def gaps(self, table: str, of: Pass = Pass.FIRST) -> tuple[IndexRange, ...]:
        """What the pass has still to do of the table."""
        return tuple(gap for part in self.table(table).rows.new for gap in gaps(part, self.done_by_pass(table, of)))

    @property
    def complete(self) -> bool:
        return not any(self.gaps(table, of) for table, of in self.work)

    @property
    def rows(self) -> dict[str, RowAllocation]:
        return {entry.name: entry.rows for entry in self.tables}

    @property
    def reused_tables(self) -> frozenset[str]:
        """The tables of which it makes no row."""
        return frozenset(entry.name for entry in self.tables if not entry.rows.new)

    def table(self, name: str) -> TableEntry:
        return next(entry for entry in self.tables if entry.name == name)

    def key_ranges(self, table: str, of: Pass = Pass.FIRST) -> tuple[tuple[int, int], ...]:
        """The keys of the rows of `table` that the pass has written, as (first, last) pairs; none where the run assigns no keys."""
        keys = self.table(table).rows.keys
        return tuple(r for done in self.done_by_pass(table, of) for r in keys.ranges(done)) if keys else ()

    def is_of(self, plan: Plan) -> bool:
        """Whether it is a run of the plan, which may not be worked out yet."""

        def asked(of: Plan) -> tuple[object, ...]:
            parameters = {name: value for name, value in of.parameters.items() if name not in IGNORED_PARAMETERS}
            return of.name, of.target.name, of.target.rows, of.seed, parameters

        return asked(self.plan) == asked(plan)


MAX_NAME_CHARACTERS = 64

# No name of a table has it: neither server takes characters beyond U+FFFF in one (MySQL manual "Schema Object Names")
SECOND_PASS_MARK = "\N{MATHEMATICAL MONOSPACE DIGIT TWO}"


def pass_name(table: str, of: Pass) -> str:
    """What the ledger calls the batches of the pass: a name of its own for each table and pass, of 64 characters at most."""
    if of is Pass.FIRST:
        return table
    if len(SECOND_PASS_MARK + table) < MAX_NAME_CHARACTERS:
        return SECOND_PASS_MARK + table
    digest = hashlib.sha256(table.encode()).hexdigest()[: MAX_NAME_CHARACTERS // 2]
    return SECOND_PASS_MARK + table[: MAX_NAME_CHARACTERS - len(SECOND_PASS_MARK + digest)] + digest
