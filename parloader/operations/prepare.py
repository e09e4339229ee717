"""What a load will do, worked out from the plan and the database before anything is written. `plan` shows it, `seed` does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from parloader.config import SeedConfig
from parloader.database import connect, ledger, migration, schema, sql
from parloader.database.connect import Facts
from parloader.database.ledger import Run
from parloader.database.reflection import Live, reflect
from parloader.database.sql import Connection
from parloader.errors import AnotherRun, Refused, SchemaMismatch, ServerNotSupported
from parloader.loading.batching import WriterName
from parloader.loading.generate import generate, samples
from parloader.plans.model import Keys, Plan, Table
from parloader.plans.partition import Partition, merge
from parloader.plans.script_execution import script_execution


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """The keys of a table's rows; `made`: the index ranges that are to be made, the others are used as they are."""

    keys: Keys
    made: tuple[Partition, ...]

    @property
    def made_rows(self) -> int:
        return sum(p.rows for p in self.made)

    @property
    def made_keys(self) -> tuple[tuple[int, int], ...]:
        """As (first, last) pairs in the order of the index."""
        return tuple(r for part in self.made for r in self.keys.ranges(part))


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """`plan` fits the live schema (which is made first where `creates_tables`). `run` is the one to go on with; None: a new one."""

    plan: Plan
    facts: Facts
    live: Live
    creates_tables: bool
    runs: tuple[Run, ...]
    run: Run | None


def prepare(connection: Connection, config: SeedConfig) -> Prepared:
    """Reads only. Refused, with the reason, where the load cannot be right."""
    facts = connect.facts(connection)
    require_writer(config.writer, facts)
    plan = script_execution(config.rows, config.parameters)
    runs = ledger.runs(connection)
    creates_tables = not runs and migration.unfinished(connection)
    live: Live = {}
    if not creates_tables:
        plan, live = fitted(connection, plan)
    return Prepared(plan=plan, facts=facts, live=live, creates_tables=creates_tables, runs=runs, run=_run_to_go_on_with(runs, plan, config))


def fitted(connection: Connection, plan: Plan) -> tuple[Plan, Live]:
    """The plan as the live schema takes it, and that schema."""
    live = reflect(connection, [table.name for table in plan.tables])
    state = migration.state(connection, live)
    if state is migration.State.BEFORE_V97:
        raise SchemaMismatch(
            "script_execution is as before migration V97: it has no triggering_event_id",
            "Run your migrations, or: parloader schema upgrade",
        )
    return schema.require_fit(plan, live, samples(plan)), live


def require_writer(writer: WriterName, facts: Facts) -> None:
    """ServerNotSupported where the server does not take what the writer sends."""
    if writer is WriterName.LOAD_DATA and not facts.local_infile:
        raise ServerNotSupported(
            "the server has local_infile off, which the writer load-data needs",
            "Turn it on (an administrator: SET GLOBAL local_infile = 1), or use --writer insert",
        )


def turns_note(writer: WriterName, facts: Facts, table: sa.Table, procs: int) -> str:
    """Why load-data's workers would wait for each other; empty where they would not.

    Source: MySQL manual "AUTO_INCREMENT Handling in InnoDB" (MariaDB "AUTO_INCREMENT Handling in InnoDB" likewise): LOAD DATA is a
    "bulk insert", which in the modes 0 and 1 holds the AUTO-INC table lock to the end of the statement, also where every key is given.
    """
    if writer is not WriterName.LOAD_DATA or procs < 2 or facts.autoinc_lock_mode == 2 or table.autoincrement_column is None:
        return ""
    return (
        f"innodb_autoinc_lock_mode is {facts.autoinc_lock_mode}: LOAD DATA locks the whole table, so {procs} workers take turns; "
        "--writer insert does not, nor does load-data on a server that was started with innodb_autoinc_lock_mode=2"
    )


def _run_to_go_on_with(runs: tuple[Run, ...], plan: Plan, config: SeedConfig) -> Run | None:
    there = [run for run in runs if run.target == plan.target.name]
    unfinished = next((run for run in there if not run.complete), None)
    if config.new_run:
        if unfinished:
            raise AnotherRun(
                f"run {unfinished.run_id} ({describe(unfinished)}) is not complete, so --new-run would leave it half done",
                "Finish it (the same command without --new-run), or remove it: parloader clean",
            )
        return None
    same = [run for run in there if run.is_of(plan)]
    if there and not same:
        raise AnotherRun(
            f"{plan.target.name} holds run {there[-1].run_id} already, of {describe(there[-1])}",
            "Remove it (parloader clean), or add this one after it (--new-run)",
        )
    return next((run for run in same if not run.complete), same[-1] if same else None)


def describe(run: Run) -> str:
    return f"{run.rows:,} rows, {', '.join(f'{name}={value}' for name, value in run.parameters.items())}"


def assign_parents(connection: Connection, plan: Plan, *, empty: bool) -> dict[str, Assignment]:
    """For each parent seed, which rows that are there are used and which are to be made. `empty`: there are no tables yet."""
    assignments: dict[str, Assignment] = {}
    for table in plan.parents:
        keys = {name: a.keys for name, a in assignments.items()}
        used = {} if empty else _existing(connection, table, keys)
        next_key = 1 if empty else schema.highest_key(connection, table.name, table.key) + 1
        made = [index for index in range(table.rows) if index not in used]
        key_of = {**used, **{index: next_key + n for n, index in enumerate(made)}}
        assignments[table.name] = Assignment(
            keys=Keys.of(key_of[index] for index in range(table.rows)),
            made=merge(Partition(index, index + 1) for index in made),
        )
    return assignments


def _existing(connection: Connection, table: Table, keys: Mapping[str, Keys]) -> dict[int, int]:
    """Index → key of the rows that are there and fit: where `match` says nothing any row does, the lowest keys first."""
    key, name = sql.quote(table.key), sql.quote(table.name)
    if not table.match:
        found = sql.rows(connection, f"SELECT {key} FROM {name} WHERE {key} > 0 ORDER BY {key} LIMIT %s", table.rows)
        return {index: k for index, (k,) in enumerate(found)}
    wanted: dict[tuple[Any, ...], list[int]] = {}
    frame = generate(table, Partition(0, table.rows), {**keys, table.name: Keys.contiguous(1, table.rows)})
    for index, values in enumerate(frame.select(table.match).rows()):
        wanted.setdefault(values, []).append(index)
    condition = " AND ".join(f"{sql.quote(column)} <=> %s" for column in table.match)
    used: dict[int, int] = {}
    for values, indices in wanted.items():
        statement = f"SELECT {key} FROM {name} WHERE {condition} AND {key} > 0 ORDER BY {key} LIMIT %s"
        used |= {index: k for index, (k,) in zip(indices, sql.rows(connection, statement, *values, len(indices)), strict=False)}
    return used


def require_key_room(plan: Plan, live: Live, key_start: int, parents: Mapping[str, Assignment]) -> None:
    """Refused where keys of the big table (from `key_start` on) or of the parents would go beyond the key column's type."""
    for table in plan.tables:
        largest = schema.largest(live[table.name].columns[table.key])
        made = parents[table.name].made_keys if table.name in parents else ((key_start, key_start + table.rows - 1),)
        if made and made[-1][1] > largest:
            first, last = made[0][0], made[-1][1]
            fits = max(0, largest - first + 1)
            raise Refused(
                f"{last - first + 1:,} rows from key {first:,} on go beyond {table.name}.{table.key}, which holds keys up to {largest:,}",
                f"At most {fits:,} more fit: give the column a larger type" if table.name in parents else f"At most --rows {fits} fit",
            )
