"""What a clean will delete, and the reasons why it must not, except edited rows: comparison.py looks for these."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from parloader.builtin.tables import CreatedTables, created_tables, foresee_created_tables
from parloader.config import CleanConfig
from parloader.database import introspection
from parloader.database.driver import Connection
from parloader.database.purge import purge_postponed
from parloader.database.session import measured, server_info
from parloader.database.target import Target
from parloader.database.visibility import Reference, References
from parloader.errors import ParloaderError, SchemaMismatch
from parloader.generation.frames import with_child_starts
from parloader.ledger import recorded_batches, store
from parloader.ledger.run import Run, pass_name
from parloader.plans.model import Pass, Table
from parloader.quantities import counted
from parloader.rows import key_reservation
from parloader.rows.clean_command import CleanCommand
from parloader.rows.deletion import Deletion
from parloader.rows.outside_references import read_references, require_no_outside_references
from parloader.rows.ownership import (
    SHOWN_KEYS,
    OwnedRows,
    as_loaded,
    children_first,
    count_remaining_rows,
    is_keyless,
    require_no_shared_rows,
    require_unique_keys,
    some,
)
from parloader.rows.self_referencing import SelfReferences
from parloader.rows.server_text import row_text
from parloader.rows.trigger_rows import not_undone, trigger_references
from parloader.rows.writers import DeferredUpdate, deferred_update
from parloader.runs.permission import require_tables_not_forbidden
from parloader.runs.selection import require_spelling, select_runs
from parloader.schema.model import Schema, TableSchema, TableType

# Fewer rows than this are deleted before InnoDB purges many of them
MIN_POSTPONED_ROWS = 50_000

# Until it is purged, a deleted row takes up to 200 bytes of the undo log, which never shrinks if it lies in the system tablespace
MAX_POSTPONED_ROWS = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Removal:
    """What a clean will delete."""

    target: Target
    """as measured"""
    runs: tuple[Run, ...]
    kept_runs: tuple[Run, ...]
    """the other runs of the ledger"""
    schema: Schema
    """those of the runs' tables that exist"""
    definitions: Mapping[str, str]
    """those of the tables of `schema`"""
    references: References
    """the foreign keys that reference rows of the runs"""
    trigger_references: tuple[Reference, ...]
    """those from tables that triggers fill, if their rows are deleted as well"""
    not_undone: Mapping[str, tuple[str, ...]]
    """the tables in which clean does not undo what triggers may have changed → these triggers"""
    max_text_bytes: int
    """the longest text that the server can join (max_allowed_packet)"""
    compared: bool
    """whether rows must have the generated values when they are deleted"""
    command: CleanCommand
    """what the messages say to repeat"""
    postpones_purge: bool
    """whether InnoDB purges the deleted rows only after the clean; most are in tables that are dropped then, so it need not purge them at all"""

    @property
    def rows_by_table(self) -> tuple[tuple[str, int], ...]:
        """(table, rows), children first, of the tables that exist."""
        rows: dict[str, int] = {}
        for run, name in children_first(self.runs):
            if name not in self.schema:
                continue
            rows[name] = rows.get(name, 0) + sum(p.rows for p in run.done[name])
        return tuple(rows.items())

    @property
    def notes(self) -> Iterator[str]:
        """Which generated rows clean may leave behind, as far as it is known before."""
        for run, name in children_first(self.runs):
            if name not in self.schema:
                gone = f"its {counted(sum(part.rows for part in run.done[name]), 'generated row')} count as gone"
                yield f"{name} no longer exists: {gone}; if it was renamed, they are still there"
            elif self.command.edited_too and is_keyless(self.schema[name], run):
                yield f"{name} has no key: generated rows that were edited cannot be told from others there, and stay"

    @property
    def with_history(self) -> tuple[str, ...]:
        """The system-versioned tables, whose history keeps the deleted rows."""
        return tuple(name for name, _ in self.rows_by_table if self.schema[name].table_type is TableType.SYSTEM_VERSIONED)

    def update(self, run: Run, name: str) -> DeferredUpdate:
        """The second pass of the run in a table, which is undone."""
        return deferred_update(run.plan.table(name), as_loaded(self.schema[name], run))

    def deletion(self, run: Run, name: str) -> Deletion:
        """How the run's rows of a table are deleted."""
        table, live = run.plan.table(name), as_loaded(self.schema[name], run)
        columns = table.checked if self.compared or is_keyless(live, run) else table.row_key
        return Deletion(
            plan=run.plan,
            name=name,
            rows=with_child_starts(run.plan, run.rows),
            view=row_text(live, columns, table.key, table.identity),
            compared=self.compared,
            references=self.references.to(name),
            own=self._self_references(live, table),
            max_text_bytes=self.max_text_bytes,
            definition=self.definitions[name],
            command=self.command,
        )

    def _self_references(self, live: TableSchema, table: Table) -> SelfReferences:
        """The foreign keys of the table to itself."""
        fixed = any(trigger.event == "UPDATE" for trigger in live.triggers) or (table.key is None and not live.is_unique(table.identity))
        return SelfReferences(
            table=live.name,
            references=tuple(reference for reference in self.references.to(live.name) if reference.within_table),
            movable=frozenset() if fixed else frozenset(live.column_names) - {*table.row_key},
            nullable=frozenset(column.name for column in live.columns if column.nullable),
            searched=self.references.to(live.name),
            all_seen=self.references.complete and not self.references.hidden,
        )


def prepare_removal(connection: Connection, config: CleanConfig) -> Removal:
    """Reads the ledger and the schema. ForeignRows, UnseenReferences: see outside_references.py. Refused: a run does not exist. Forbidden: another
    database that has rows of the runs must not be written to.
    """
    runs = store.runs(connection)
    selected = select_runs(runs, config.runs)
    kept = tuple(run for run in runs if run not in selected)
    schema = _existing_tables(connection, selected)
    require_tables_not_forbidden(connection, config.target, [name for _, name in children_first(selected)])
    definitions = {name: introspection.definition(connection, name) for name in schema}  # now that the account may read all of them
    require_unique_keys(connection, selected, schema)
    references = read_references(connection, selected, config.command)
    require_no_shared_rows(connection, selected, kept, schema, config.command)
    by_triggers: tuple[Reference, ...] = ()
    if config.with_trigger_rows:
        by_triggers = trigger_references(connection, schema, kept, references, config.command)
    remaining = replace(references, readable=tuple(reference for reference in references.readable if reference not in by_triggers))
    require_no_outside_references(connection, selected, kept, schema, remaining, config.command)
    return Removal(
        target=measured(config.target, connection),
        runs=selected,
        kept_runs=kept,
        schema=schema,
        definitions=definitions,
        references=references,
        trigger_references=by_triggers,
        not_undone=not_undone(connection, selected, schema, {reference.child for reference in by_triggers}),
        max_text_bytes=server_info(connection).max_allowed_packet_bytes,
        compared=not config.edited_too and not _changes_own_rows(schema),
        command=config.command,
        postpones_purge=not kept and _can_postpone_purge(connection, selected),
    )


def foresee_created(connection: Connection, removal: Removal, trigger_rows: Mapping[str, int]) -> CreatedTables:
    """What will become of the tables that parloader created. `trigger_rows`: the rows of triggers that are deleted, by table."""
    if removal.kept_runs:
        return CreatedTables()

    def has_other_rows(name: str) -> bool:
        generated = OwnedRows(name, tuple((run, Pass.FIRST) for run in removal.runs if run.done.get(name)))
        return generated.count_other_rows(connection) > trigger_rows.get(name, 0)

    return foresee_created_tables(connection, has_other_rows)


def postponed_purge(target: Target, removal: Removal) -> AbstractContextManager[None]:
    """Keeps InnoDB from purging deleted rows while the block runs, if `removal.postpones_purge`."""
    return purge_postponed(target) if removal.postpones_purge else nullcontext()


def _can_postpone_purge(connection: Connection, runs: tuple[Run, ...]) -> bool:
    """Whether all rows of these runs are few enough, and many of them lie in tables that parloader created."""
    rows = Counter[str]()
    for run, name in children_first(runs):
        rows[name] += sum(part.rows for part in run.done[name])
    if not MIN_POSTPONED_ROWS <= rows.total() <= MAX_POSTPONED_ROWS:
        return False
    return sum(rows[name] for name in created_tables(connection)) >= MIN_POSTPONED_ROWS


def _existing_tables(connection: Connection, runs: tuple[Run, ...]) -> Schema:
    """Those of the runs' tables that exist.

    PrivilegeMissing: the account may not read one of them, so whether it exists is unknown. SchemaMismatch: see require_spelling; or
    one with generated rows is no longer an ordinary table, so the rows are still somewhere.
    """
    listing = introspection.list_tables(connection)
    require_spelling(runs, listing)
    found = introspection.read_tables(connection, dict.fromkeys(table.name for run in runs for table in run.plan.tables), listing)
    schema = introspection.base_tables(found)
    types = {name: str(table.table_type) for name, table in found.items()} | {
        name: each.table_type for name, each in listing.tables.items()
    }
    for _, name in children_first(runs):
        if name in types and name not in schema:
            raise SchemaMismatch(
                f"{name} is no longer an ordinary table ({types[name].lower()}), so parloader cannot delete the rows that it created there",
                f"Make {name} an ordinary table with these rows again; or rename or drop it if the rows are gone. Nothing was deleted",
            )
    return schema


def require_nothing_left(connection: Connection, removal: Removal, run: Run) -> None:
    """ParloaderError names the first table that has rows of the run left, in the ledger's batches or in the table itself."""
    schema, kept = removal.schema, f"run {run.run_id} is kept in the ledger"
    for name, of_pass in run.work:
        recorded = recorded_batches.recorded_rows(connection, run.run_id, pass_name(name, of_pass)) if name in schema else 0
        if recorded:
            raise ParloaderError(
                f"the ledger still lists {counted(recorded, 'row')} of {name} that clean did not delete; {kept}",
                f"Repeat {removal.command}",
            )
    for entry in reversed(run.tables):
        if entry.name not in schema or not entry.rows.new:
            continue
        count, keys = count_remaining_rows(connection, run, entry.name, SHOWN_KEYS + 1)
        if count:
            key = "/".join(run.plan.table(entry.name).row_key)
            raise ParloaderError(
                f"{counted(count, 'row')} of {entry.name} left under keys of run {run.run_id} ({key} {some(keys)}); {kept}",
                "They were added while clean ran, or the ledger does not list them. Delete them, or give them other keys if they are yours; "
                f"then repeat {removal.command}",
            )


def _changes_own_rows(schema: Schema) -> bool:
    """Whether a trigger runs when rows are deleted or the second pass is undone: what it changes is no edit by others."""
    return any(trigger.event in ("UPDATE", "DELETE") for table in schema.values() for trigger in table.triggers)


def reset_counters(connection: Connection) -> None:
    """Resets AUTO_INCREMENT to its value before the first run, unless rows were added after the last one."""
    counters = store.counters(connection)
    for table, now in key_reservation.key_counters(connection, counters.keys()).items():
        before, after = counters[table]
        if now == after:
            key_reservation.set_key_counter(connection, table, before)
