"""What the triggers of a plan's tables do to other rows while the preflight writes its sample: rows that they add, and values that they change."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from shlex import quote

from parloader.database import introspection, privileges
from parloader.database.driver import Connection
from parloader.database.stored_programs import read_programs
from parloader.errors import PrivilegeMissing, Refused
from parloader.ledger.run import Run
from parloader.planner.request import ENGINE, listed
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import RowAllocation
from parloader.quantities import counted, numbered
from parloader.rows.row_snapshots import RowSnapshot, snapshot
from parloader.schema.model import Schema, TableSchema

# The statements of a load that fire triggers
FIRING = ("INSERT", "UPDATE")


class TriggerWatch:
    """Compares the tables that the plan's triggers name before and after the sample. Without triggers it sends no statement.

    Create it before the transaction's first row is written.
    """

    def __init__(self, connection: Connection, plan: Plan, schema: Schema, runs: tuple[Run, ...]) -> None:
        """`runs`: those in the ledger, whose rows the triggers may change."""
        self._connection = connection
        self.runs = runs
        self._plan = plan
        self._triggers = tuple(
            (table.name, trigger.name) for table in plan.tables for trigger in schema[table.name].triggers if trigger.event in FIRING
        )
        self._named = self._tables_named()  # (table, trigger) → the tables that the trigger may write
        self.tables = introspection.base_tables(self._read_tables(schema))
        """The tables that the triggers may write."""
        self._before: dict[str, RowSnapshot] = {}
        self.changed: dict[str, frozenset[str]] = {}
        """The columns of existing rows that triggers have changed, by table; see `findings`."""

    def begin(self) -> None:
        """Takes the snapshots to compare with, before the transaction writes its first row."""
        self._before = {name: snapshot(self._connection, table) for name, table in self.tables.items()}

    def _tables_named(self) -> dict[tuple[str, str], frozenset[str]]:
        if not self._triggers:
            return {}
        programs = read_programs(self._connection, [table for table, _ in self._triggers])
        return {(table, name): programs.tables_named(table, name, programs.tables) - {table} for table, name in self._triggers}

    @cached_property
    def _listing(self) -> introspection.ListedTable:
        return introspection.list_tables(self._connection)

    def _read_tables(self, schema: Schema) -> Schema:
        names = {name for named in self._named.values() for name in named}
        others = names - schema.keys()
        read: dict[str, TableSchema] = {}
        for name in sorted(others):
            with suppress(PrivilegeMissing):  # a trigger has the privileges of its definer
                read |= introspection.read_tables(self._connection, [name], self._listing)
        return {name: table for name, table in {**schema, **read}.items() if name in names}

    @property
    def fires(self) -> bool:
        """Whether the load fires triggers."""
        return bool(self._triggers)

    def of_table(self, table: str) -> str:
        """The table's own triggers, in words. Empty: it has none."""
        return _triggers_text(self._own(table))

    def causes(self, table: str) -> str:
        """The triggers that may change rows of the table, in words: its own, and those that name it. Empty: there is none."""
        return _triggers_text([*self._own(table), *self._others(table)])

    def _own(self, table: str) -> list[str]:
        return [f"{name} of {of}" for of, name in self._triggers if of == table]

    def _others(self, table: str) -> list[str]:
        return [f"{name} of {of}" for (of, name), named in self._named.items() if table in named]

    def require_no_added_rows(self, table: Table, rows: Mapping[str, RowAllocation], written: int = 0) -> None:
        """Refused: a trigger has added rows to the table, although the plan generates rows of it. `written`: how many of these exist."""
        if table.name not in self._before or not rows[table.name].new:
            return
        if added := self._added(table, rows, snapshot(self._connection, self.tables[table.name]), written):
            firing = [of for (of, _), named in self._named.items() if table.name in named]
            raise Refused(
                f"{counted(added, 'row')} of {table.name} appeared while a sample of {listed(dict.fromkeys(firing))} was written: "
                f"{_triggers_text(self._others(table.name))} inserts them, and the plan generates rows of {table.name} as well; nothing was committed",
                f"Load {firing[0]} instead (parloader seed --table {quote(firing[0])}): its trigger creates the rows of {table.name}. "
                "Or drop the trigger for the duration of the load",
                table=table.name,
            )

    def _added(self, table: Table | None, rows: Mapping[str, RowAllocation], now: RowSnapshot, written: int) -> int:
        """How many rows were added besides the generated ones, which are known by their keys or, without such keys, only by their number."""
        keys = now.added_since(self._before[now.table.name])
        key = now.table.row_key
        if written and table is not None and table.key is not None and key is not None and key.columns == (table.key,):
            return sum(not any(first <= found <= last for first, last in rows[table.name].new_keys) for (found,) in keys)
        return max(0, len(keys) - written)

    def findings(self, rows: Mapping[str, RowAllocation], written: Mapping[str, int]) -> tuple[str, ...]:
        """What the triggers did to rows that the plan does not generate, as notes. `written`: table → the rows that were written to it.

        Refused: as in require_no_added_rows.
        """
        planned = {table.name: table for table in self._plan.tables}
        notes = []
        for name, before in self._before.items():
            now, table = snapshot(self._connection, self.tables[name]), planned.get(name)
            added, changed = self._added(table, rows, now, written.get(name, 0)), now.changed_since(before)
            if added and table is not None:
                self.require_no_added_rows(table, rows, written.get(name, 0))
            trigger, engine = _triggers_text(self._others(name)), _engine(now)
            if added:
                notes.append(
                    f"{trigger} inserts rows into {name}{engine}; verify does not check them, and clean deletes only those that reference "
                    "generated rows, with --with-trigger-rows"
                )
            if changed:
                self.changed[name] = frozenset(changed)
                numbers = [run.run_id for run in self.runs if run.done.get(name)]
                creator = f"{numbered('run', numbers)} created" if numbers else "parloader did not create"
                them = "this column" if len(changed) == 1 else "these columns"
                effects = f"verify does not compare {them}, and clean does not undo that" if numbers else "clean does not undo that"
                notes.append(f"{trigger} changes {listed(changed)} in rows of {name} that {creator}{engine}; {effects}")
            if now.removed_since(before):
                notes.append(f"{trigger} deletes rows of {name} that parloader did not create{engine}; clean does not bring them back")
        return tuple(notes)


def hint_at_triggers(schema: Schema) -> str:
    """The triggers of these tables as a possible cause of changed rows, as a sentence. Empty: there is none."""
    triggers = [f"{trigger.name} of {name}" for name, table in schema.items() for trigger in table.triggers if trigger.event in FIRING]
    return (
        f"Perhaps {_triggers_text(triggers)} changed them: the sample before a load does not show what a trigger does for other rows"
        if triggers
        else ""
    )


def hint_at_hidden_triggers(connection: Connection) -> str:
    """Another likely cause of a refusal, as the continuation of its next step. Empty: the account can see all triggers."""
    statement = privileges.grant_to_see_triggers(connection)
    cause = "Or a trigger that this account cannot read has done it; to let parloader take triggers into account"
    return f". {cause}: {statement}" if statement else ""


def _engine(now: RowSnapshot) -> str:
    """A warning about a table whose rows no rollback removes."""
    engine = now.table.engine
    return "" if engine.lower() == ENGINE.lower() else f", whose engine {engine} keeps them even if the load's transaction is rolled back"


def _triggers_text(triggers: list[str]) -> str:
    names = list(dict.fromkeys(triggers))
    return f"the trigger {names[0]}" if len(names) == 1 else f"one of the triggers {listed(names)}" if names else ""
