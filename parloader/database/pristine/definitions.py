"""Tables, triggers, views, routines and events as the statements that create them, and bringing them back."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from parloader.database import sql
from parloader.database.driver import Connection, DriverError

# In this order they are created: triggers and events last, since they use the others
KINDS = ("FUNCTION", "PROCEDURE", "PACKAGE", "PACKAGE BODY", "VIEW", "TRIGGER", "EVENT")

PACKAGES = ("PACKAGE", "PACKAGE BODY")

LISTED = {
    "TRIGGER": """SELECT trigger_name, event_object_table, event_manipulation, collation_connection FROM information_schema.triggers
        WHERE trigger_schema = DATABASE() ORDER BY event_object_table, action_timing, event_manipulation, action_order""",
    "VIEW": "SELECT table_name, NULL, NULL, collation_connection FROM information_schema.views WHERE table_schema = DATABASE() ORDER BY 1",
    **{
        kind: f"""SELECT routine_name, NULL, NULL, collation_connection FROM information_schema.routines
        WHERE routine_schema = DATABASE() AND routine_type = '{kind}' ORDER BY 1"""
        for kind in ("FUNCTION", "PROCEDURE", *PACKAGES)
    },
    "EVENT": "SELECT event_name, NULL, NULL, collation_connection FROM information_schema.events WHERE event_schema = DATABASE() ORDER BY 1",
}

# What SHOW CREATE … returns: the columns of the sql_mode and of the statement
SHOWN = {**dict.fromkeys(KINDS, (1, 2)), "VIEW": (None, 1), "EVENT": (1, 3)}


@dataclass(frozen=True, kw_only=True)
class Program:
    """A trigger, view, routine or event."""

    kind: str  # one of KINDS
    name: str
    statement: str  # that creates it
    sql_mode: str | None  # under which the statement is read
    collation: str  # of its literals
    table: str | None  # of a trigger
    event: str | None  # of a trigger: INSERT, UPDATE or DELETE


def programs(connection: Connection) -> tuple[Program, ...]:
    """All of the connection's database, in the order in which they can be created."""
    found = []
    for kind in KINDS:
        for name, table, event, collation in sql.rows(connection, LISTED[kind]):
            shown = sql.row(connection, f"SHOW CREATE {kind} {sql.quote(name)}")
            mode, statement = SHOWN[kind]
            found.append(
                Program(
                    kind=kind,
                    name=name,
                    statement=shown[statement],
                    sql_mode=None if mode is None else shown[mode],
                    collation=collation,
                    table=table,
                    event=event,
                )
            )
    return tuple(found)


def drop(connection: Connection, programs: Iterable[Program]) -> None:
    mode = sql.value(connection, "SELECT @@SESSION.sql_mode")
    try:
        for program in programs:
            if program.kind in PACKAGES:  # MariaDB 10.11 knows the word in this mode only
                sql.execute(connection, "SET SESSION sql_mode = ORACLE")
            sql.execute(connection, f"DROP {program.kind} IF EXISTS {sql.quote(program.name)}")
    finally:
        sql.execute(connection, "SET SESSION sql_mode = %s", mode)


def create(connection: Connection, programs: Iterable[Program]) -> None:
    """Creates them; views that use each other in an order that works. Raises the driver's error of one that cannot be created."""
    mode, collation = sql.row(connection, "SELECT @@SESSION.sql_mode, @@SESSION.collation_connection")
    waiting = list(programs)
    try:
        while waiting:
            failed: list[tuple[Program, DriverError]] = []
            for program in waiting:
                try:
                    _create(connection, program, mode)
                except DriverError as error:
                    failed.append((program, error))
            if len(failed) == len(waiting):
                raise failed[0][1]
            waiting = [program for program, _ in failed]
    finally:
        sql.execute(connection, "SET SESSION sql_mode = %s, collation_connection = %s", mode, collation)


def _create(connection: Connection, program: Program, mode: str) -> None:
    wanted = mode if program.sql_mode is None else program.sql_mode
    sql.execute(connection, "SET SESSION sql_mode = %s, collation_connection = %s", wanted, program.collation)
    connection.query(program.statement)


def restore_programs(connection: Connection, wanted: Collection[Program]) -> tuple[str, ...]:
    """Drops and creates what differs from the wanted; returns what that was, as "view names". All triggers of a table keep their order."""
    existing = programs(connection)
    if existing == tuple(wanted):
        return ()
    kept = set(existing) & set(wanted)
    kept -= {program for program in kept if program.table and _order(existing, kept, program) != _order(wanted, kept, program)}
    packages = {program.name for program in {*existing, *wanted} - kept if program.kind == "PACKAGE"}
    kept -= {program for program in kept if program.kind == "PACKAGE BODY" and program.name in packages}  # which DROP PACKAGE drops
    changed = [program for program in (*existing, *wanted) if program not in kept]
    tables = {program.table for program in changed if program.table}
    drop(connection, [p for p in existing if p not in kept or p.table in tables])
    create(connection, [p for p in wanted if p not in kept or p.table in tables])
    return tuple(sorted({f"{program.kind.lower()} {program.name}" for program in changed}))


def _order(programs: Iterable[Program], among: Collection[Program], trigger: Program) -> list[str]:
    """The names of the triggers of this one's table, as far as they are `among` these, in the order in which they run."""
    return [program.name for program in programs if program in among and program.table == trigger.table]
